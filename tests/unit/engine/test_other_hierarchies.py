"""Groups that stand in another hierarchy only are totalled by it, in formulas and where answers are checked; worked out by hand."""

from pathlib import Path

from tests.models import files, write
from tests.sheets import cells, dimension, entered, model, ref

from bihuan.engine.definition import CalendarDefinition, DimensionDefinition, EdgeDefinition, MemberDefinition
from bihuan.engine.sheet import Sheet
from bihuan.features.modelling.answers import answers
from bihuan.features.modelling.package import read_package

# management: G = N (n1, n2) + S (s1); law: L1 owns n1 and half of s1, L2 owns n2
LAW = (("n1", "L1", 1.0), ("s1", "L1", 0.5), ("n2", "L2", 1.0))
YEAR = CalendarDefinition("quarter", "2026Q1", "2026Q4")
COST = {("n1",): [30, 10, None, 1], ("n2",): [70, 30, 5, 1], ("s1",): [100, 0, 5, 2]}
ACTUAL = {("n1",): [33, 9, 0, 1], ("n2",): [70, 30, 5, None], ("s1",): [80, 0, 5, 2]}


def org() -> DimensionDefinition:
    main = dimension("org", {"G": ["N", "S"], "N": ["n1", "n2"], "S": ["s1"]})
    law = tuple(EdgeDefinition(child, parent, weight) for child, parent, weight in LAW)
    members = (*main.members, MemberDefinition("L1", "L1", {}), MemberDefinition("L2", "L2", {}))
    return DimensionDefinition("org", "org", members, {"": main.trees[""], "law": law})


def sheet_of(formulas: str, **items: dict[str, object]) -> Sheet:
    made = model((org(),), {"cost": {"unit": "元", "scale": 2}, **items}, formulas, YEAR)
    other = Sheet.build(made, {ref("cost"): entered(made, ref("cost"), ACTUAL)})
    return Sheet.build(made, {ref("cost"): entered(made, ref("cost"), COST)}, others={"实际": other})


def test_a_formula_that_names_a_group_of_another_hierarchy_reads_its_total_there() -> None:
    sheet = sheet_of("one = cost[org: L1]\ntwo = cost[org: N]", one={"dims": ("period",)}, two={"dims": ("period",)})
    assert cells(sheet, "one") == [80, 10, 2.5, 2]
    assert cells(sheet, "two") == [100, 40, 5, 2]


def test_a_line_for_a_group_of_another_hierarchy_takes_the_leaves_below_it_there() -> None:
    sheet = sheet_of("twice[org: L2] = cost * 2\ntwice = cost", twice={"unit": "元", "scale": 2})
    assert [cells(sheet, "twice", leaf)[0] for leaf in ("n1", "n2", "s1")] == [30, 140, 100]
    chosen = sheet_of('only = IF(org = "L2", cost)', only={"unit": "元", "scale": 2})
    assert [cells(chosen, "only", leaf)[0] for leaf in ("n1", "n2", "s1")] == [None, 70, None]


def test_a_total_by_formula_that_reads_another_version_reads_it_along_the_same_hierarchy() -> None:
    ratio = {"unit": "%", "total": "formula", "time": "formula"}
    sheet = sheet_of("rate = cost[版本: 实际] / cost", rate=ratio)
    assert cells(sheet, "rate", "N") == [1.03, 39 / 40, 1, 0.5]
    assert cells(sheet, "rate", "L1", tree={"org": "law"}) == [73 / 80, 0.9, 1, 1]
    assert cells(sheet, "rate", "L1", grain="year", tree={"org": "law"}) == [86.5 / 94.5]


def test_answers_of_a_group_of_another_hierarchy_are_checked_along_it(tmp_path: Path) -> None:
    texts = files("收入 = 成本 * 2")
    texts["dimensions/产品.csv"] = "code,name,parent\n全部,全部,\nA,甲,全部\nB,乙,全部\n线上,线上,\n"
    texts["dimensions/产品.渠道.csv"] = "code,parent,weight\nA,线上,\nB,线上,0.5\n"
    texts["data/表.csv"] = "item,产品,2026Q1,2026Q2\n成本,A,10,1\n成本,B,30,\n"
    texts["expect/表.csv"] = "item,产品,2026Q1,2026Q2,2026Q3,2026\n收入,线上,50,2,BLANK,52\n收入,全部,80,2,,82\n"
    results = answers(read_package(write(tmp_path, texts)))
    assert [(one.kind, one.agrees) for one in results] == [("computed", True)] * 7
