"""Hints about a package: each kind where it is meant, none where nothing is wrong."""

from pathlib import Path

import pytest
from tests.models import files, package, write

from bihuan.cli.model import line
from bihuan.features.modelling import lint as linting
from bihuan.features.modelling.lint import hints
from bihuan.features.modelling.package import Package, read_package
from bihuan.kernel.errors import Problem

FINE = "收入 = 销量 * 单价\n成本 = 收入 * 税率 + 上限"
RATES = "item,value\n税率,10%\n上限,5\n"


def of_folder(found: Package) -> list[Problem]:
    """As `bihuan model lint` judges it: what ``data/`` has is filled."""
    return hints(found.model, {cell.item for cell in found.data})


def said(found: Package) -> list[tuple[str, str]]:
    return [(one.code, one.found) for one in of_folder(found)]


def test_a_package_in_which_everything_is_used_has_no_hint(tmp_path: Path) -> None:
    assert said(package(tmp_path, FINE, 参数=RATES)) == []


def test_a_parameter_that_nothing_reads_and_one_that_nobody_filled(tmp_path: Path) -> None:
    found = package(tmp_path, "成本 = 收入 * 税率")
    assert said(found) == [("never_filled", "税率"), ("unused_parameter", "上限")]
    first = of_folder(found)[0]
    assert (first.file, first.line > 0, "data/参数.csv" in line(first)) == ("cubes/2.yaml", True, True)


def test_lines_that_an_earlier_one_leaves_nothing_for(tmp_path: Path) -> None:
    lines = [
        "收入[产品: A] = 成本",
        "收入[产品: B] = 成本",
        "收入[产品: A] = 余额",  # the first line has these cells
        "收入 = 销量 * 单价",
        "收入[产品: B] = 余额",  # the line before has all
        "目标 = 上限 * 税率",
    ]
    found = package(tmp_path, "\n".join(lines), "目标: {unit: 元, dims: []}", 参数=RATES)
    told = [one for one in of_folder(found) if one.code == "unreachable"]
    assert [one.found for one in told] == ["收入[产品: A] = 余额", "收入[产品: B] = 余额"]
    text = (found.folder / told[0].file).read_text(encoding="utf-8").splitlines()
    assert [text[one.line - 1].strip().partition("  #")[0] for one in told] == [one.found for one in told]


def test_a_line_that_compiler_and_hints_both_find_is_said_once(tmp_path: Path) -> None:
    found = package(tmp_path, f"{FINE}\n成本 = 收入", 参数=RATES)
    assert [one.code for one in found.model.lints if one.code == "never_matches"] == ["never_matches"]
    codes = [one.code for one in hints(found.model, None)]
    assert (codes.count("unreachable"), codes.count("never_matches")) == (1, 0)


def test_what_nobody_counted_is_not_said_to_be_unfilled(tmp_path: Path) -> None:
    found = package(tmp_path, FINE)
    assert [one.code for one in hints(found.model, None)] == []
    assert [one.found for one in hints(found.model, ())] == ["税率", "上限"]


def test_a_dimension_without_items(tmp_path: Path) -> None:
    text = files(FINE)
    write(tmp_path, {**text, "dimensions/渠道.csv": "code,name\n线上,线上\n", "data/参数.csv": RATES})
    assert said(read_package(tmp_path)) == [("unused_dimension", "渠道")]


def test_an_aggregate_over_very_many_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """2 products x 3 departments x 6 quarters = 36 cells."""
    found = package(tmp_path, f"{FINE}\n总额 = SUM(成本 + 部门数 OVER 产品, 部门)", 参数=RATES)
    monkeypatch.setattr(linting, "MANY_CELLS", 35)
    assert [code for code, _ in said(found)] == ["slow"]
    assert "36 个单元格" in of_folder(found)[0].message
    monkeypatch.setattr(linting, "MANY_CELLS", 36)
    assert said(found) == []


@pytest.mark.parametrize("name", ["m-company", "jerrys-ice-cream", "big-bad-bikes", "starter"])
def test_the_shipped_packages_hold_nothing_that_nobody_uses(name: str) -> None:
    assert said(read_package(Path(__file__).parents[3] / "models" / name)) == []
