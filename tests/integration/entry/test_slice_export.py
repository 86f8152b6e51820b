"""A slice as a workbook: what the query answers, and no more; and the query without its empty rows."""

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.office import Office, opened


@pytest.fixture(scope="module")
def office(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(database_url, Path(tmp_path_factory.mktemp("data"))) as made:
        yield made


def asked(office: Office, org: str, **more: Any) -> dict[str, Any]:
    at = {"version": office.versions["2027预算"], "cube": "费用", "items": ["金额"], "rows": {"dim": "科目"}}
    return {**at, "fixed": {"org": org}, "columns": ["2027Q1", "2027"], **more}


def lines(office: Office, login: str, query: dict[str, Any], **more: Any) -> list[list[Any]]:
    answer = office.call(login, "POST", "/plan/export", {"query": query, **more})
    assert answer.status_code == 200, answer.text
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    return [[c.value for c in line] for line in sheet.iter_rows()]


def test_the_anonymous_and_who_may_read_no_plan_get_nothing(office: Office) -> None:
    body = {"query": asked(office, "A")}
    assert office.call(None, "POST", "/plan/export", body).status_code == 401
    assert office.call("sun", "POST", "/plan/export", body).status_code == 403


def test_who_sees_another_part_gets_no_row_and_not_even_the_name(office: Office) -> None:
    found = lines(office, "bo", asked(office, "A"))
    assert len(found) == 3  # two lines of heading and the names of the columns
    assert not any("甲部" in str(value) for line in found for value in line)
    above = lines(office, "bo", asked(office, "G", version=office.versions["实际"], columns=["2026"]))
    assert any(str(line[0]).startswith("带 *") for line in above)  # a part of the company is said to be one
    assert [line[1] for line in above[3:] if line[0] == "会议费"] == [70]  # 7 a month, to October


def test_the_workbook_holds_what_the_query_answers(office: Office) -> None:
    query = asked(office, "A")
    found = lines(office, "li", query, unit="thousand")
    assert found[0][0] == "费用预算"
    assert found[1][0].startswith("甲部 · ")
    assert found[1][0].endswith("单位：千元")
    assert found[2][1:] == ["2027Q1", "2027"]
    shown = office.ok("li", "POST", "/plan/query", query)
    wanted = [
        [row["name"], *(None if c["v"] is None else float(Decimal(c["v"]) / 1000) for c in cells)]
        for row, cells in zip(shown["rows"], shown["cells"], strict=True)
    ]
    assert [line[: len(wanted[0])] for line in found[3:]] == wanted
    # A1 plans 110 a month of 国内, A2 5 a month of 会议: 12 × 115 = 1,380 in the year
    assert found[3][2] == 1.38


def test_rows_that_hold_nothing_are_left_out_with_what_is_below_them(office: Office) -> None:
    whole = [row["key"] for row in office.ok("li", "POST", "/plan/query", asked(office, "A"))["rows"]]
    kept = [row["key"] for row in office.ok("li", "POST", "/plan/query", asked(office, "A", filled=True))["rows"]]
    assert kept == ["金额|费用", "金额|差旅费", "金额|国内", "金额|会议"]
    assert set(whole) - set(kept) == {"金额|人工", "金额|工资", "金额|海外"}
    names = [line[0] for line in lines(office, "li", asked(office, "A", filled=True), closed=["金额|差旅费"])][3:]
    assert names == ["费用合计", "差旅费", "会议费"]


def test_an_unknown_member_or_cube_is_refused_and_said(office: Office) -> None:
    for wrong in ({"cube": "没有"}, {"fixed": {"org": "没有"}}):
        answer = office.call("li", "POST", "/plan/export", {"query": asked(office, "A", **wrong)})
        assert answer.status_code == 404, answer.text
