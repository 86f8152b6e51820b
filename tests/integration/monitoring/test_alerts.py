"""Alerts are text: they act when the package is applied, hold as one row, are cut by scope, and open cases with an owner."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal as D

import pytest

from bihuan.features.access.model import system
from bihuan.features.modelling import commands as modelling
from bihuan.features.monitoring import alert_reading, alerting, queries
from bihuan.features.monitoring.alerting import Evaluated
from bihuan.features.monitoring.model import Place
from bihuan.features.monitoring.people import nearest
from bihuan.kernel.errors import Forbidden, ProblemsFound

from .conftest import ITEM, PACKAGE, Firm

# nothing in the code knows of this alert
FAST = """\
- alert: 花得快
  title: "{org} 执行率 {执行率}，时间进度 {时间进度}"
  item: 费用!金额
  at: {org: [1], 科目: [费用]}
  span: year
  when: 执行率 > 时间进度 + 2% AND 执行 >= 1000
- alert: 用不完
  title: "{org} 剩 {剩余期数} 期"
  item: 费用!金额
  at: {org: [乙一], 科目: 0}
  span: month
  when: 执行 < 预算 * 10%
  severity: info
"""


def evaluate(firm: Firm) -> Evaluated:
    with firm.database.writing() as uow:
        return alerting.evaluate(uow, system(), model="firm")


def apply(firm: Firm, files: Mapping[str, str]) -> None:
    with firm.database.writing() as uow:
        revision = uow.row("modelling.model", code="firm")
        assert revision is not None
        modelling.apply(uow, system(), files, from_revision=revision["revision"])


def holding(firm: Firm, login: str = "admin", *, resolved: bool = False) -> dict[str, str]:
    """Code and place -> title, as a person sees them."""
    with firm.database.reading() as reader:
        rows = alert_reading.alerts(reader, firm.person(login), model="firm", open_only=not resolved)
    return {f"{r['code']} {'/'.join(r['members'].values())}": r["title"] for r in rows}


def test_nothing_is_wrong_while_nothing_is_spent(firm: Firm) -> None:
    assert evaluate(firm) == Evaluated(0, 0, 0, ())


def test_an_overrun_becomes_one_alert_and_one_case_of_its_owner(firm: Firm) -> None:
    firm.spend("记-1", "甲一", "差旅", "2026-02", "38500.00")  # of 36,000 to March
    firm.spend("记-2", "甲二", "差旅", "2026-02", "36900.00")  # beyond, but by less than 1,000
    first = evaluate(firm)
    assert (first.raised, first.still, first.resolved, len(first.cases)) == (1, 0, 0, 1)
    assert holding(firm) == {"超预算 甲一/差旅": "甲一部 差旅费 到 2026-03 多花 2,500.00"}
    again = evaluate(firm)
    assert (again.raised, again.still, again.cases) == (0, 1, ())
    with firm.database.reading() as reader:
        case = queries.case(reader, firm.person("jia1"), case_id=first.cases[0])
    assert (case.kind, case.amount, case.owner, case.holders) == ("alert", D("2500.00"), "jia1", ("jia1",))
    assert (case.due_at - case.opened_at).days == 10


def test_the_figures_of_the_last_look_are_shown(firm: Firm) -> None:
    firm.spend("记-3", "甲一", "差旅", "2026-03", "100.00")
    evaluate(firm)
    assert holding(firm) == {"超预算 甲一/差旅": "甲一部 差旅费 到 2026-03 多花 2,600.00"}


def test_an_alert_is_seen_by_those_who_see_all_of_its_place(firm: Firm) -> None:
    assert holding(firm, "jia1").keys() == {"超预算 甲一/差旅"}
    assert holding(firm, "jiahead").keys() == {"超预算 甲一/差旅"}
    assert holding(firm, "jia2") == holding(firm, "yihead") == {}


def test_one_more_alert_as_text_only_acts(firm: Firm) -> None:
    apply(firm, {**PACKAGE, "alerts/进度.yaml": FAST})
    firm.spend("记-4", "甲一", "会议", "2026-03", "180000.00")  # with 75,500 of 甲 that is 29 % of its year
    evaluate(firm)
    found = holding(firm)
    assert found["花得快 甲/费用"] == "甲事业部 执行率 29.6%，时间进度 25.0%"
    assert found["用不完 乙一/费用"] == "乙一部 剩 9 期"
    assert "花得快 甲/费用" not in holding(firm, "jia1"), "the division's total is not a department's to see"
    assert "花得快 甲/费用" in holding(firm, "jiahead")


def test_what_no_longer_holds_is_resolved_and_begins_anew_as_another(firm: Firm) -> None:
    firm.spend("记-5", "甲一", "差旅", "2026-03", "-5000.00")  # red letter
    done = evaluate(firm)
    assert done.resolved == 1
    assert "超预算 甲一/差旅" not in holding(firm)
    assert "超预算 甲一/差旅" in holding(firm, resolved=True)
    firm.spend("记-6", "甲一", "差旅", "2026-03", "5000.00")
    assert evaluate(firm).raised == 1
    with firm.database.reading() as reader:
        rows = [
            r for r in reader.rows("monitoring.alerts", model="firm", open=False, count=100) if r["code"] == "超预算"
        ]
    ours = [r for r in rows if r["members"] == {"org": "甲一", "科目": "差旅"}]
    assert [r["resolved_at"] is None for r in ours] == [True, False]
    assert len({r["case_id"] for r in ours}) == 1, "its case is still open: it is the same deviation"


def test_a_month_is_looked_at_again_after_it_has_passed(firm: Firm) -> None:
    firm.today(date(2026, 4, 30))
    evaluate(firm)
    with firm.database.reading() as reader:
        months = {r["period"] for r in reader.rows("monitoring.alerts_open", model="firm") if r["code"] == "用不完"}
    assert months == {"2026-03", "2026-04"}
    firm.spend("记-7", "乙一", "会议", "2026-03", "9000.00")  # posted late
    evaluate(firm)
    with firm.database.reading() as reader:
        months = {r["period"] for r in reader.rows("monitoring.alerts_open", model="firm") if r["code"] == "用不完"}
    assert months == {"2026-04"}
    firm.today(date(2026, 3, 31))


def test_an_alert_whose_text_is_gone_is_resolved(firm: Firm) -> None:
    apply(firm, PACKAGE)
    evaluate(firm)
    assert {key.split()[0] for key in holding(firm)} <= {"超预算"}


BAD = """\
- alert: 坏一
  title: "{部门} 超了"
  item: 费用!没有
  when: 执行 > 3
- alert: 坏二
  title: "{不存在} 超了"
  item: 费用!金额
  at: {org: [丙], 产品: leaf}
  span: 周
  severity: 红
  when: 执行 > 预算 + 人数
  case: {due_days: 0, owner: 张三}
  color: red
- alert: 坏三
  item: 费用!金额
  when: 执行率 + 1
- alert: 坏四
  item: 费用!金额
  when: 执行 > AVERAGE(执行 OVER 行)
"""


FAULTS = (
    "费用!没有", "{不存在}", "at org: 丙", "产品", "span: 周", "severity: 红", "人数", "due_days: 0", "owner", "color", "坏三 when",
    "坏四 when",
)  # fmt: skip


def test_a_package_with_bad_alerts_is_refused_with_every_problem_at_once(firm: Firm) -> None:
    with pytest.raises(ProblemsFound) as refused:
        apply(firm, {**PACKAGE, "alerts/坏.yaml": BAD})
    said = [str(p) for p in refused.value.problems]
    for part in (
        "费用!没有",
        "{不存在}",
        "at org: 丙",
        "产品",
        "span: 周",
        "severity: 红",
        "人数",
        "due_days: 0",
        "owner",
        "color",
        "坏三 when",
        "坏四 when",
    ):
        assert any(part in line for line in said), (part, said)
    assert all(line.startswith("alerts/坏.yaml") for line in said)


def test_who_may_not_open_cases_may_not_evaluate(firm: Firm) -> None:
    with pytest.raises(Forbidden), firm.database.writing() as uow:
        alerting.evaluate(uow, firm.person("jia1"), model="firm")


def test_the_owner_is_who_covers_the_place_most_narrowly(firm: Firm) -> None:
    with firm.database.reading() as reader:
        assert nearest(
            reader, "monitoring.explain", "firm", Place(ITEM, {"org": "甲一", "科目": "差旅"}, "2026-03")
        ) == ["jia1"]
        everybody = nearest(reader, "monitoring.explain", "firm", Place(ITEM, {"org": "乙", "科目": "差旅"}, "2026-03"))
        assert set(everybody) == {"admin", "cfo"}
