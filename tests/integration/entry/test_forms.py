"""Forms: the whole form in one go with what it is compared with, filling from last year, the workbook; scopes and problems."""

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.office import ACTUAL, BUDGET26, PACKAGE, Office, opened

from bihuan.features.access.model import system
from bihuan.features.modelling import commands as modelling
from bihuan.kernel.errors import ProblemsFound


@pytest.fixture(scope="module")
def office(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(database_url, Path(tmp_path_factory.mktemp("data"))) as made:
        yield made


def ask(office: Office, org: str = "A", **more: Any) -> dict[str, Any]:
    return {"version": office.versions["2027预算"], "form": "部门费用", "org": org, **more}


def beside(view: dict[str, Any], column: str, account: str) -> Any:
    (found,) = (c for c in view["beside"] if c["code"] == column)
    at = [r["members"]["科目"] for r in view["slice"]["rows"]].index(account)
    return found["cells"][at]["v"]


# --- the form ----------------------------------------------------------------------------------------------------------


def test_the_anonymous_a_stranger_and_who_sees_another_part(office: Office) -> None:
    for path in ("/forms/view", "/forms/fill", "/forms/export"):
        body = ask(office, **({"factor": "1"} if path.endswith("fill") else {}))
        assert office.call(None, "POST", path, body).status_code == 401
        assert office.call("sun", "POST", path, body).status_code == 403
    assert office.call(None, "GET", "/forms", model="office").status_code == 401
    assert office.call("sun", "GET", "/forms", model="office").status_code == 403
    assert office.ok("bo", "POST", "/forms/view", ask(office, "A"))["slice"]["rows"] == []
    above = office.ok("bo", "POST", "/forms/view", ask(office, "G"))
    assert beside(above, "本年预计", "费用") == "70.00"  # only its own 7 a month, to October
    assert all(c["p"] for column in above["beside"] for c in column["cells"] if c["v"] is not None)


def test_a_form_answers_its_year_with_what_it_is_compared_with(office: Office) -> None:
    view = office.ok("li", "POST", "/forms/view", ask(office))
    codes = [c["code"] for c in view["slice"]["columns"]]
    assert (view["year"], codes[:4], codes[-2:]) == (
        2027,
        ["2027-01", "2027-02", "2027-03", "2027Q1"],
        ["2027Q4", "2027"],
    )
    assert [(c["title"], c["note"]) for c in view["beside"]] == [
        ("2025实际", ""),
        ("2026预计", "10实+2预"),
        ("同比", ""),
    ]
    domestic = sum(Decimal(ACTUAL[o, "国内"]) * 10 + Decimal(BUDGET26[o, "国内"]) * 2 for o in ("A1", "A2"))
    assert Decimal(beside(view, "本年预计", "国内")) == domestic == 1364
    assert Decimal(beside(view, "本年预计", "费用")) == domestic + 40 * 10  # nothing planned abroad after October
    assert Decimal(beside(view, "上年实际", "差旅费")) == 3 * 12 * 50
    rows = {r["name"]: r for r in view["slice"]["rows"]}
    assert (rows["费用合计"]["level"], rows["国内差旅"]["level"]) == (0, 2)


def test_the_query_of_a_form_serves_its_previews(office: Office) -> None:
    view = office.ok("li", "POST", "/forms/view", ask(office, "A1"))
    edit = {"cube": "费用", "item": "金额", "members": {"org": "A1", "科目": "海外"}, "period": "2027-02"}
    body = {"query": view["query"], "edits": [{**edit, "before": None, "after": "5.5"}]}
    tried = office.ok("li", "POST", "/plan/preview", body)["slice"]
    year = [c["code"] for c in tried["columns"]].index("2027")
    total = tried["cells"][[r["name"] for r in tried["rows"]].index("费用合计")][year]["v"]
    assert Decimal(total) == 110 * 12 + Decimal("5.5")


def test_of_this_years_form_only_the_columns_that_lie_on_the_calendar_are_shown(office: Office) -> None:
    view = office.ok("li", "POST", "/forms/view", {**ask(office), "version": office.versions["2026预算"]})
    assert (view["year"], [c["title"] for c in view["beside"]]) == (2026, ["2025预计", "同比"])
    assert view["beside"][0]["note"] == ""  # all of 2025 is actual


def test_prices_follow_their_own_rule_in_the_estimate(office: Office) -> None:
    from bihuan.engine.formula.bound import ItemRef

    volume, price = ItemRef("销售", "销量"), ItemRef("销售", "单价")
    for month, (sold, at) in {"2026-01": ("10", "2"), "2026-02": ("30", "4")}.items():
        office.enter("实际", {("B", "P1", month): sold}, volume)
        office.enter("实际", {("B", "P1", month): at}, price)
    view = office.ok("bo", "POST", "/forms/view", {**ask(office, "B"), "form": "销售"})
    (column,) = view["beside"]
    shown = {
        (r["item"], r["members"]["产品"]): c["v"] for r, c in zip(view["slice"]["rows"], column["cells"], strict=True)
    }
    assert {k: None if v is None else Decimal(v) for k, v in shown.items() if k[1] == "P1"} == {
        ("销量", "P1"): 40,
        ("单价", "P1"): Decimal("3.5"),  # 140 / 40, not a sum and not a mean of prices
        ("收入", "P1"): 140,
    }


def test_the_list_names_the_forms_one_may_read(office: Office) -> None:
    found = office.ok("li", "GET", "/forms", model="office")
    assert [(f["code"], f["factor"]) for f in found] == [("部门费用", "1.05"), ("销售", None)]
    assert office.call("li", "GET", "/forms", model="nothing").status_code == 404
    assert office.call("li", "POST", "/forms/view", {**ask(office), "form": "没有"}).json()["code"] == "no_such_form"


# --- filling -----------------------------------------------------------------------------------------------------------


def cells(office: Office, login: str, org: str) -> list[Any]:
    view = office.ok(login, "POST", "/forms/view", ask(office, org))
    return [[(c["v"], c["s"]) for c in line] for line in view["slice"]["cells"]]


def test_filling_says_first_what_it_would_do_and_skips_computed_and_filled_cells(office: Office) -> None:
    before = cells(office, "li", "A1")
    dry = office.ok("li", "POST", "/forms/fill", ask(office, "A1", factor="1.1"))
    assert (dry["cells"], dry["source"]) == (10, "2026年预计")  # 海外 to October; 国内 holds something already
    assert {s["reason"]: s["cells"] for s in dry["skipped"]} == {"已经填了数": 12, "来源是空的": 2}
    assert cells(office, "li", "A1") == before
    done = office.ok("li", "POST", "/forms/fill", ask(office, "A1", factor="1.1", dry=False))
    assert done["cells"] == 10
    view = office.ok("li", "POST", "/forms/view", ask(office, "A1"))
    row = [r["name"] for r in view["slice"]["rows"]].index("海外差旅")
    assert Decimal(view["slice"]["cells"][row][0]["v"]) == 44
    undone = office.ok("li", "POST", "/plan/undo", {"version": done["version"], "seq": done["seq"]})
    assert undone["seq"] == done["seq"] + 1
    assert cells(office, "li", "A1") == before


@settings(max_examples=12, deadline=None)
@given(factor=st.decimals("0.01", "9", places=3), over=st.booleans(), org=st.sampled_from(["A", "A1", "A2"]))
def test_filling_then_undoing_changes_nothing(office: Office, factor: Decimal, over: bool, org: str) -> None:
    before = cells(office, "li", "A")
    dry = office.ok("li", "POST", "/forms/fill", ask(office, org, factor=str(factor), over=over))
    done = office.ok("li", "POST", "/forms/fill", ask(office, org, factor=str(factor), over=over, dry=False))
    assert (done["cells"], done["skipped"]) == (dry["cells"], dry["skipped"])
    if done["cells"]:
        office.ok("li", "POST", "/plan/undo", {"version": done["version"], "seq": done["seq"]})
    assert cells(office, "li", "A") == before


def test_formula_rows_and_what_one_may_not_write_are_left_alone(office: Office) -> None:
    office.enter("实际", {("A2", "工资", "2026-03"): "77"})
    dry = office.ok("li", "POST", "/forms/fill", ask(office, "A2", factor="2", over=True))
    assert {"由公式计算": 12}.items() <= {s["reason"]: s["cells"] for s in dry["skipped"]}.items()
    refused = office.ok("bo", "POST", "/forms/fill", ask(office, "A1", factor="2", over=True))
    assert refused["cells"] == 0
    assert {s["reason"] for s in refused["skipped"]} == {"不在您的权限范围内", "来源是空的"}
    assert office.call("wang", "POST", "/forms/fill", ask(office, factor="1")).status_code == 403
    for factor in ("0", "-1", "1e9", "x"):
        assert office.call("li", "POST", "/forms/fill", ask(office, factor=factor)).status_code == 422, factor


# --- the workbook ------------------------------------------------------------------------------------------------------


def read(office: Office, login: str, **more: Any) -> list[list[Any]]:
    answer = office.call(login, "POST", "/forms/export", ask(office, **more))
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    return [[c.value for c in line] for line in sheet.iter_rows()]


def test_the_workbook_holds_what_the_grid_shows(office: Office) -> None:
    lines = read(office, "li", org="A1", unit="thousand")
    assert lines[0][0] == "部门费用预算"
    assert lines[1][0].endswith("单位：千元")
    head = lines[2]
    assert head[:4] == ["项目", "2025实际", "2026预计 10实+2预", "同比"]
    view = office.ok("li", "POST", "/forms/view", ask(office, "A1"))
    assert head[4:] == [c["name"] for c in view["slice"]["columns"]]
    for line, row, values in zip(lines[3:], view["slice"]["rows"], view["slice"]["cells"], strict=True):
        assert line[0] == row["name"]
        shown = [None if c["v"] is None else float(Decimal(c["v"]) / 1000) for c in values]
        assert line[4:] == shown
    total = lines[3]
    assert total[3] == pytest.approx((total[-1] - total[2]) / total[2])


def test_closed_rows_stay_out_and_a_partial_total_is_marked(office: Office) -> None:
    names = [line[0] for line in read(office, "li", org="A1", closed=["金额|差旅费"])]
    assert "差旅费" in names
    assert "国内差旅" not in names
    assert any(str(line[0]).startswith("带 *") for line in read(office, "bo", org="G"))


def test_text_that_looks_like_a_formula_stays_text() -> None:
    from bihuan.features.entry.forms.export import Heading, workbook
    from bihuan.features.planning.wire import CellOut, ColumnOut, ItemOut, QueryOut, RowOut

    evil = '=HYPERLINK("http://x","y")'
    item = ItemOut(code="i", name="-2", unit="元", decimals=2, scale=2, formula=False)
    column = ColumnOut(code="2027", name="@x", kind="year", parent=None, plan=True)
    row = RowOut(key="i|m", item="i", members={}, name=evil, level=0, parent=None, leaf=True)
    cell = CellOut(v="-3", s="VALUE", e=True, r=None, p=False)
    answer = QueryOut(
        version=1, seq=1, revision=1, items=[item], columns=[column], rows=[row], cells=[[cell]], reasons={}
    )
    made = workbook(answer, Heading("+1", "元", "yuan", ["=1+1"]))
    sheet = openpyxl.load_workbook(io.BytesIO(made)).active
    assert sheet is not None
    found = {c.value: c for line in sheet.iter_rows() for c in line if c.value is not None}
    assert found.keys() == {"+1", "=1+1 · 单位：元", "项目", "@x", evil, -3}
    assert all(c.data_type == "s" and c.quotePrefix for v, c in found.items() if str(v)[0] in "=+-@" and v != -3)


# --- the text ----------------------------------------------------------------------------------------------------------


def test_a_package_with_bad_forms_is_not_applied_and_every_problem_is_told(office: Office) -> None:
    bad = (
        "form: 坏\ncube: 费用\nitems: [金额, 数量]\nrows: {dim: 产品, was: 1}\ncompare:\n  - {code: a, version: 去年}\n"
        "  - {code: a, change_from: b}\nfill: {from: c, factor: x}\nother: 1\n"
    )
    files = {**PACKAGE, "forms/坏.yaml": bad, "forms/空.yaml": "form: 空\ncube: 无\n"}
    with pytest.raises(ProblemsFound) as found, office.container.database.writing() as uow:
        modelling.apply(uow, system(), files, from_revision=1)
    codes = {p.code for p in found.value.problems}
    assert codes >= {"unknown_item", "unknown_dimension", "unknown_key", "unknown_version", "duplicate_compare",
                     "unknown_compare", "bad_value", "unknown_cube"}  # fmt: skip
    assert {p.file for p in found.value.problems} == {"forms/坏.yaml", "forms/空.yaml"}
    assert all(p.line for p in found.value.problems)


def test_one_more_form_as_text_only_is_there_after_an_apply(office: Office) -> None:
    more = "form: 差旅\ntitle: 差旅专表\ncube: 费用\nitems: [金额]\nrows: {dim: 科目, root: 差旅费}\norgs: [B]\n"
    with office.container.database.writing() as uow:
        modelling.apply(uow, system(), {**PACKAGE, "forms/90差旅.yaml": more}, from_revision=1)
    assert ("差旅", ["B"]) in [(f["code"], f["orgs"]) for f in office.ok("li", "GET", "/forms", model="office")]
    view = office.ok("li", "POST", "/forms/view", {**ask(office), "form": "差旅"})
    assert [r["name"] for r in view["slice"]["rows"]] == ["差旅费", "国内差旅", "海外差旅"]
