"""Checks: 强制 stops a submission with its cells, 核实 passes with a reason that the reviewer reads, 提示 only tells."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.office import PACKAGE, Office, opened

from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.model import system
from bihuan.features.entry.texts import read_texts
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling import queries as models
from bihuan.kernel.errors import ProblemsFound

TARGET = ItemRef("目标", "目标")


@pytest.fixture(scope="module")
def office(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(database_url, Path(tmp_path_factory.mktemp("data"))) as made:
        yield made


def look(office: Office, login: str = "li", unit: str = "A", edits: Any = None) -> dict[str, Any]:
    path = f"/plan-units/{office.units[unit]}/checks"
    return office.ok(login, "GET", path) if edits is None else office.ok(login, "POST", path, {"edits": edits})


def found(answer: dict[str, Any]) -> dict[str, str]:
    return {f["key"]: f["message"] for f in answer["findings"]}


def edit(account: str, period: str, after: str | None, before: str | None = None, org: str = "A1") -> dict[str, Any]:
    return {
        "cube": "费用", "item": "金额", "members": {"org": org, "科目": account}, "period": period,
        "before": before, "after": after,
    }  # fmt: skip


def test_the_anonymous_a_stranger_and_another_department_see_no_checks(office: Office) -> None:
    path = f"/plan-units/{office.units['A']}/checks"
    assert office.call(None, "GET", path).status_code == 401
    assert office.call("sun", "GET", path).status_code == 403
    for method, body in (("GET", None), ("POST", {"edits": []})):
        assert office.call("bo", method, path, body).json()["code"] == "no_such_unit"


def test_checks_hold_on_what_is_saved_and_are_tried_on_what_is_not(office: Office) -> None:
    # 2027: 国内 1320, 会议 60. Estimate 2026: 差旅费 1364 + 400
    assert look(office)["findings"] == []
    assert look(office)["passed"] == look(office)["count"] == 4
    tried = look(office, edits=[edit("海外", "2027-02", "-5"), edit("海外", "2027-03", "900")])
    assert found(tried) == {
        "不为负|海外|2027-02": "海外差旅 2027-02 填了 (5)",
        "增幅|差旅费|2027": "差旅费 +25.6%，请写理由",  # (1320 + 895) / 1764 - 1
    }
    negative = tried["findings"][0]
    assert (negative["kind"], negative["cell"]["period"]) == ("mandatory", "2027-02")
    assert negative["cell"]["members"] == {"org": "A", "科目": "海外"}
    assert look(office)["findings"] == []  # nothing was written


def test_a_check_without_its_condition_does_not_run_and_with_a_target_it_compares(office: Office) -> None:
    office.enter("2027预算", {("A1", "国内", "2027"): "1000"}, TARGET)
    assert found(look(office)) == {"不超目标||2027": "1,380 元 ＞ 目标 1,000 元，超 380 元"}
    assert found(look(office, unit="B", login="bo")) == {}
    assert found(look(office, edits=[edit("国内", "2027-01", None, "110"), edit("国内", "2027-02", "-160", "110")]))[
        "不为负|国内|2027-02"
    ]


def test_a_failed_mandatory_check_stops_the_submission_and_tells_the_cell(office: Office) -> None:
    path = f"/plan-units/{office.units['A']}/submission"
    refused = office.call("li", "POST", path, {"comment": "交"})
    assert (refused.status_code, refused.json()["code"]) == (422, "checks_failed")
    (failure,) = refused.json()["facts"]["failures"]
    assert failure["cell"] == {
        "cube": "费用", "item": "金额", "members": {"org": "A", "科目": "费用"}, "period": "2027",
    }  # fmt: skip
    assert office.ok("li", "GET", f"/plan-units/{office.units['A']}")["status"] == "preparing"
    office.enter("2027预算", {("A1", "国内", "2027"): "9000"}, TARGET)


def test_what_asks_for_a_reason_passes_with_one_that_is_kept_for_the_reviewer(office: Office) -> None:
    path = f"/plan-units/{office.units['A']}/submission"
    office.enter("2027预算", {("A1", "海外", "2027-05"): "2000.5", ("A2", "会议", "2027-05"): "1000"})
    asked = [f for f in look(office)["findings"] if f["kind"] == "verify"]
    assert [f["key"] for f in asked] == ["增幅|差旅费|2027"]  # 会议: nothing last year, nothing to compare
    assert [f["message"] for f in look(office)["findings"] if f["kind"] == "hint"] == ["会议费不少"]
    for given in ({}, {"增幅|差旅费|2027": "  "}, {"别的": "x"}):
        refused = office.call("li", "POST", path, {"reasons": given})
        assert refused.json()["code"] == "reasons_required", given
        assert [f["key"] for f in refused.json()["facts"]["failures"]] == ["增幅|差旅费|2027"]
    said = {"增幅|差旅费|2027": "海外展会两次", "不超目标||2027": "不需要的不留"}
    assert office.ok("li", "POST", path, {"reasons": said, "comment": "请审"})["status"] == "running"
    (kept,) = look(office, "wang")["reasons"]
    assert (kept["reason"], kept["author"], kept["message"]) == ("海外展会两次", "李明", asked[0]["message"])
    assert look(office, "wang")["submission"] == 1


def test_numbers_one_may_not_read_are_not_told(office: Office) -> None:
    """A reviewer who may read the unit but not the target sees that the check fails, not by how much."""
    from bihuan.features.access import commands as access

    with office.container.database.writing() as uow:
        access.define_role(
            uow,
            system(),
            code="half",
            name="half",
            grants=[{"action": "entry.read"}, {"action": "plan.read", "limits": {"item": ["费用!金额"]}}],
        )
        access.add_user(uow, system(), login="half", name="半", password=None)
        access.assign_roles(uow, system(), login="half", assignments=[{"role": "half"}])
    office.enter("2027预算", {("A1", "国内", "2027"): "10"}, TARGET)
    messages = {f["check"]: (f["message"], f["cell"]) for f in look(office, "half")["findings"]}
    assert messages["不超目标"][0] == "（含你看不到的数）"
    assert "请写理由" in messages["增幅"][0]


# --- the text ----------------------------------------------------------------------------------------------------------


def compiled(office: Office) -> Any:
    with office.container.database.reading() as reader:
        return models.compiled(reader, "office")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("holds: |\n      金额[科目: 无] > 0", "unknown_member"),
        ("holds: |\n      无此指标 > 0", "unknown_name"),
        ("holds: |\n      金额[科目: 费用]", "type"),
        ("holds: |\n      金额[科目: 费用] > 人数", "unit"),
        ("holds: |\n      金额 > 0", "extra_dimension"),
        ("holds: |\n      金额[科目: 费用] > 0\n    where: (", "syntax"),
        ("holds: |\n      金额[科目: 费用] > 0\n    message: '{无}'", "unknown_name"),
        ("holds: |\n      金额[科目: 费用] > 0\n    kind: 必须", "bad_value"),
        ("holds: |\n      金额[科目: 费用] > 0\n    per: 周", "unknown_grain"),
        ("holds: |\n      金额[科目: 费用] > 0\n    rows: {dim: 项目}", "unknown_dimension"),
        ("holds: |\n      金额[科目: 费用] > 0\n    rows: {dim: 科目, take: 一半}", "bad_value"),
        ("holds: |\n      金额[科目: 费用] > 0\n    orgs: [Z]", "unknown_member"),
        ("holds: |\n      金额[科目: 费用] > 0\n    wheer: 1", "unknown_key"),
        ("holds: |\n      金额[科目: 费用, 版本: 明年] > 0", "unknown_version"),
    ],
)
def test_a_check_that_cannot_be_meant_is_a_problem_with_its_place(office: Office, line: str, code: str) -> None:
    kind = "" if "kind" in line else "    kind: 强制\n"
    text = f"checks:\n  - code: c\n    cube: 费用\n{kind}    {line}\n"
    with pytest.raises(ProblemsFound) as problems:
        read_texts(compiled(office), {"checks/a.yaml": text})
    assert [p.code for p in problems.value.problems] == [code]
    assert (problems.value.problems[0].file, problems.value.problems[0].line > 1) == ("checks/a.yaml", True)


def test_all_problems_of_forms_and_checks_come_at_once(office: Office) -> None:
    files = {
        "checks/a.yaml": "checks:\n  - {code: a, kind: 强制, cube: 费用, holds: x > 0}\n  - {code: b}\n",
        "forms/b.yaml": "form: f\ncube: 无\n",
    }
    with pytest.raises(ProblemsFound) as problems:
        read_texts(compiled(office), files)
    assert {p.file for p in problems.value.problems} == set(files)
    assert len(problems.value.problems) >= 4


def test_one_more_check_as_text_only_acts_after_an_apply(office: Office) -> None:
    more = (
        "checks:\n  - code: 会议要有\n    kind: 强制\n    cube: 费用\n    per: quarter\n    orgs: [B]\n"
        "    holds: '金额[科目: 会议] > 0'\n    message: '{期间} 没有会议费'\n"
    )
    assert found(look(office, "bo", "B")) == {}
    with office.container.database.writing() as uow:
        modelling.apply(uow, system(), {**PACKAGE, "checks/90.yaml": more}, from_revision=1)
    office.enter("2027预算", {("B", "会议", f"2027-{m:02d}"): "1" for m in (1, 5)})
    assert found(look(office, "bo", "B")) == {
        "会议要有||2027Q3": "2027Q3 没有会议费",
        "会议要有||2027Q4": "2027Q4 没有会议费",
    }
    assert "会议要有" not in {f["check"] for f in look(office, "wang", "A")["findings"]}
