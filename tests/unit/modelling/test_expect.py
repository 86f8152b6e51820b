"""What counts as passed: computed and equal. Inputs, constants and repeats of one input are given."""

from pathlib import Path

import pytest
from tests.models import files, write

from bihuan.cli import main
from bihuan.features.modelling.answers import answers
from bihuan.features.modelling.expect import report
from bihuan.features.modelling.package import read_package

DATA = "item,产品,2025Q4,2026Q1,2026Q2\n销量,A,,10,20\n单价,A,,3,\n余额,A,7,,\n销量,B,,1,\n"


def results(folder: Path, expected: str, formulas: str = "收入 = 销量 * 单价") -> list[tuple[str, bool]]:
    texts = files(formulas)
    texts |= {"data/表.csv": DATA, "expect/表.csv": expected}
    return [(one.kind, one.agrees) for one in answers(read_package(write(folder, texts)))]


@pytest.mark.parametrize(
    ("line", "kind", "agrees"),
    [
        ("收入,A,30,,", "computed", True),
        ("收入,A,30.0,,", "computed", True),
        ("收入,A,31,,", "computed", False),
        ("收入,A,30.000001,,", "computed", False),
        ("收入,A,BLANK,,", "computed", False),
        ("收入,A,,BLANK,", "computed", True),  # 20 pieces without a price
        ("收入,A,,0,", "computed", False),  # blank is not zero
        ("收入,A,DIV_BY_ZERO,,", "computed", False),
        ("收入,全部,30,,", "computed", True),
        ("收入,A,,,30", "computed", True),
        ("销量,A,10,,", "given", True),
        ("销量,A,11,,", "given", False),
        ("销量,A,,,30", "computed", True),  # the sum of two inputs
        ("销量,全部,11,,", "computed", True),
        ("销量,全部,,20,", "given", True),  # only one of its leaves holds anything
        ("销量,B,,,1", "given", True),
    ],
)
def test_an_expected_cell_is_computed_or_given(tmp_path: Path, line: str, kind: str, agrees: bool) -> None:
    assert results(tmp_path, f"item,产品,2026Q1,2026Q2,2026\n{line}\n") == [(kind, agrees)]


TEXT_ITEMS = "评语: {type: text}\n截止: {type: date}\n超额: {type: boolean}"
TEXT_FORMULAS = """收入 = 销量 * 单价
评语 = IF(收入 > 20, "高", "低")
截止 = EDATE("2026-01-31", 1)
超额 = 收入 > 20"""


@pytest.mark.parametrize(
    ("line", "agrees"),
    [
        ("评语,A,高,", True),
        ("评语,A,低,", False),
        ("评语,A,BLANK,", False),
        ("评语,A,,低", True),  # no price in the second quarter: blank, which compares as 0
        ("评语,B,BLANK,", True),  # B never has a price: no row
        ("超额,A,TRUE,", True),
        ("超额,A,,true", False),
    ],
)
def test_texts_and_conditions_are_checked_like_numbers(tmp_path: Path, line: str, agrees: bool) -> None:
    texts = files(TEXT_FORMULAS, TEXT_ITEMS) | {"data/表.csv": DATA}
    texts["expect/表.csv"] = f"item,产品,2026Q1,2026Q2\n{line}\n"
    assert [one.agrees for one in answers(read_package(write(tmp_path, texts)))] == [agrees]


def test_a_date_is_checked_and_shown(tmp_path: Path) -> None:
    texts = files(TEXT_FORMULAS, TEXT_ITEMS) | {"data/表.csv": DATA}
    texts["expect/表.csv"] = "item,产品,2026Q1,2026Q2\n截止,A,2026-02-28,2026-03-01\n"
    package = read_package(write(tmp_path, texts))
    results = answers(package)
    assert [one.agrees for one in results] == [True, False]
    assert "算出 2026-02-28，应为 2026-03-01" in report(package.model, results)[0]


def test_a_formula_that_refers_to_nothing_is_given(tmp_path: Path) -> None:
    assert results(tmp_path, "item,产品,2026Q1\n收入,A,5\n", "收入 = 2 + 3") == [("given", True)]


def test_a_tolerance_allows_that_much(tmp_path: Path) -> None:
    head = "item,产品,2026Q1,tolerance\n"
    assert results(tmp_path, head + "收入,A,30.5,0.5\n收入,A,30.51,0.5\n") == [("computed", True), ("computed", False)]


@pytest.mark.parametrize(("said", "agrees"), [("0.7674418605", True), ("0.7674418", False), ("0.767441860465", True)])
def test_a_ratio_may_be_written_to_ten_digits(tmp_path: Path, said: str, agrees: bool) -> None:
    texts = files("收入 = 0\n费率 = 99 / 129 + 0 * 销量 / 销量") | {"data/表.csv": DATA}
    texts["expect/表.csv"] = f"item,产品,2026Q1\n费率,A,{said}\n"
    assert [one.agrees for one in answers(read_package(write(tmp_path, texts)))] == [agrees]


def test_the_report_speaks_in_the_items_own_unit(tmp_path: Path) -> None:
    texts = files("收入 = 销量 * 单价\n千收 = 收入", "千收: {unit: 千元}") | {"data/表.csv": DATA}
    texts["expect/表.csv"] = "item,产品,2026Q1\n千收,A,0.031\n"
    package = read_package(write(tmp_path, texts))
    assert report(package.model, answers(package))[0].endswith("算出 0.03，应为 0.031")


def test_the_report_lists_failures_and_ends_with_the_count(tmp_path: Path) -> None:
    texts = files("收入 = 销量 * 单价")
    texts |= {
        "data/表.csv": DATA,
        "expect/表.csv": "item,产品,2026Q1,2026Q2\n收入,A,31,\n销量,A,10,20\n收入,B,BLANK,\n",
    }
    package = read_package(write(tmp_path, texts))
    lines = report(package.model, answers(package))
    assert lines == [
        "expect/表.csv:2:3: 表!收入[产品: A, 期间: 2026Q1]：算出 30，应为 31",
        "computed: 1 equal, 1 different",
        "given: 2 equal, 0 different",
        "1 passed, 1 failed",
    ]


def test_the_command_line_says_passed_and_failed_and_exits_accordingly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = files("收入 = 销量 * 单价") | {"data/表.csv": DATA, "expect/表.csv": "item,产品,2026Q1\n收入,A,30\n"}
    write(tmp_path, texts)
    assert main(["model", "check", str(tmp_path)]) == 0
    assert main(["model", "test", str(tmp_path)]) == 0
    assert capsys.readouterr().out.endswith("1 passed, 0 failed\n")
    write(tmp_path, {"expect/表.csv": "item,产品,2026Q1\n收入,A,31\n"})
    assert main(["model", "test", str(tmp_path)]) == 1
    assert capsys.readouterr().out.endswith("0 passed, 1 failed\n")
    write(tmp_path, {"data/表.csv": "item,产品,2026Q9\n"})
    assert main(["model", "check", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "data/表.csv:1:3: 列“2026Q9”不是维度，也不是时间轴上的期间" in out
    assert main(["model", "test", str(tmp_path)]) == 1
