"""The same formulas on every calendar: running sums, years, a fiscal year from April, weeks of 4-4-5, thirteen periods."""

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.models import write
from tests.naive import Naive, of_package

from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.sheet import Sheet
from bihuan.features.modelling.answers import sheets_of
from bihuan.features.modelling.package import Package, read_package
from bihuan.kernel.state import State

CUBE = """\
cube: 表
title: 表
dims: [period]
items:
  x: {unit: 件}
  累: {unit: 件, time: last}
  季累: {unit: 件, time: last}
  上: {unit: 件, time: none}
  去年: {unit: 件, time: none}
  期: {unit: "1", time: none}
  末: {unit: "1", time: none}
formulas: |
  累 = YTD(x)
  季累 = QTDX
  上 = PREV(x)
  去年 = YEAR_AGO(x)
  期 = PERIODNO() + PERIODS() / 100
  末 = IF(YEAREND(), 1, 0)
"""


@lru_cache
def two_years(calendar: str) -> tuple[Package, Naive, Sheet]:
    """x is 1 in the first period of the axis, 2 in the second, and so on."""
    with TemporaryDirectory() as folder:
        package = _read(Path(folder), calendar)
    return package, of_package(package), sheets_of(package)["预算"]


def _read(folder: Path, calendar: str) -> Package:
    quarters = "period13" not in calendar and "base: year" not in calendar
    cube = CUBE.replace("QTDX", "QTD(x)" if quarters else "x")
    texts = {"model.yaml": f'name: m\ncalendar: {calendar}\nunits: {{件: ""}}\n', "cubes/1.yaml": cube}
    codes = read_package(write(folder, texts)).model.calendar.codes
    data = "item," + ",".join(codes) + "\nx," + ",".join(str(n + 1) for n in range(len(codes))) + "\n"
    return read_package(write(folder, {"data/表.csv": data}))


def read(calendar: str, item: str, period: str) -> object:
    """One cell, the same from both evaluators; None = blank."""
    package, naive, sheet = two_years(calendar)
    ref, key = ItemRef("表", item), package.model.calendar.find(period)
    assert key is not None, period
    state, value = naive.read(ref, (), key)
    values, states = sheet.read(ref, rows=[[]], periods=[key])  # type: ignore[arg-type]
    assert int(states[0, 0]) == state
    assert value is None or float(values[0, 0]) == pytest.approx(float(value))
    return float(value) if state == State.VALUE else None


MONTHS = "{base: month, start: 2026-01, end: 2027-12}"
APRIL = "{base: month, start: 2026-04, end: 2028-03, fiscal_start: 4}"
THIRTEEN = "{base: period13, start: 2026P01, end: 2027P13}"
WEEKS = "{base: week445, start: 2026W01, end: 2027W52}"
QUARTERS = "{base: quarter, start: 2026Q1, end: 2027Q4}"
YEARS = "{base: year, start: 2026, end: 2027}"


@pytest.mark.parametrize(
    ("calendar", "item", "period", "wanted"),
    [
        (MONTHS, "x", "2026", 78),  # 1 + 2 + … + 12
        (MONTHS, "x", "2026Q2", 15),  # 4 + 5 + 6
        (MONTHS, "x", "2027H1", 93),  # 13 + … + 18
        (MONTHS, "累", "2026-03", 6),
        (MONTHS, "累", "2027-02", 27),  # 13 + 14: the year starts anew
        (MONTHS, "季累", "2026-05", 9),
        (MONTHS, "上", "2027-01", 12),
        (MONTHS, "去年", "2027-03", 3),
        (MONTHS, "去年", "2026-03", None),
        (MONTHS, "期", "2027-02", 2.12),
        (MONTHS, "末", "2026-12", 1),
        (APRIL, "x", "2027", 78),  # April 2026 to March 2027
        (APRIL, "x", "2027Q4", 33),  # January to March: 10 + 11 + 12
        (APRIL, "累", "2027-03", 78),
        (APRIL, "累", "2027-04", 13),
        (APRIL, "去年", "2027-04", 1),
        (APRIL, "期", "2026-12", 9.12),
        (APRIL, "末", "2026-12", 0),
        (APRIL, "末", "2027-03", 1),
        (THIRTEEN, "x", "2026", 91),
        (THIRTEEN, "累", "2027P02", 29),  # 14 + 15
        (THIRTEEN, "去年", "2027P13", 13),
        (THIRTEEN, "期", "2026P13", 13.13),
        (WEEKS, "x", "2026M03", 55),  # weeks 9 to 13
        (WEEKS, "x", "2026Q1", 91),
        (WEEKS, "季累", "2026W14", 14),
        (WEEKS, "去年", "2027W01", 1),
        (WEEKS, "期", "2026W52", 52.52),
        (QUARTERS, "x", "2026", 10),
        (QUARTERS, "季累", "2026Q3", 3),
        (QUARTERS, "上", "2027Q1", 4),
        (YEARS, "x", "2026", 1),
        (YEARS, "累", "2027", 2),
        (YEARS, "去年", "2027", 1),
        (YEARS, "期", "2027", 1.01),
    ],
)
def test_a_cell_on_a_calendar(calendar: str, item: str, period: str, wanted: float | None) -> None:
    assert read(calendar, item, period) == (None if wanted is None else pytest.approx(wanted))
