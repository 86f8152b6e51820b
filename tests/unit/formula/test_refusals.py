"""What the language refuses, each with its message: names, types, units, dimensions, levels, cycles, properties of items."""

from pathlib import Path

import pytest
from tests.models import files, package, write

from bihuan.kernel.errors import Problem, ProblemsFound


def problems(folder: Path, formulas: str, items: str = "") -> list[Problem]:
    with pytest.raises(ProblemsFound) as found:
        package(folder, formulas, items)
    return list(found.value.problems)


@pytest.mark.parametrize(
    ("formula", "code", "says"),
    [
        # names
        ("收入 = 销量 * 单家", "unknown_name", "单价"),
        ("收人 = 销量 * 单价", "unknown_name", "收入"),
        ("收入 = 运费", "unknown_name", "别表!运费"),
        ("收入 = 别表!运废", "unknown_name", "运费"),
        ("收入 = 别的!运费", "unknown_cube", "别的"),
        ("收入 = SUN(成本, 余额)", "unknown_function", "SUM"),
        ("收入 = sum(成本)", "unknown_function", "SUM"),
        ("收入 = VLOOKUP(成本, 1)", "unknown_function", "指标[维度: 维度.属性]"),
        ("收入 = SumProduct(成本, 1)", "unknown_function", "SUM(a * b OVER 维度)"),
        ("收入 = 求和(成本)", "unknown_function", "SUM"),
        ("收入 = 胡写一气()", "unknown_function", "formulas.md"),
        ("收入 = A1 * B2", "unknown_name", "不写单元格地址"),
        ("收入 = IF(成本 > 0, 成本, NULL)", "unknown_name", "不写那一支"),
        ("收入 = IF(产品.类别 = 热销, 成本)", "unknown_name", '文本要加引号："热销"'),
        ("收入 = IF(产品 = A, 成本)", "unknown_name", '成员要加引号："A"'),
        ("收入 = IF(成本 = 热销, 成本)", "unknown_name", "没有叫“热销”"),
        ("收入 = 成本[期间: 上季]", "unknown_period", "写 PREV(成本)"),
        ("收入 = 成本[期间: 上年同期]", "unknown_period", "写 YEAR_AGO(成本)"),
        ("收入[期间: 2026年第1季度] = 成本", "unknown_period", "是不是“2026Q1”"),
        ("收入 = 天长地久", "unknown_name", "有 销量、单价、收入"),
        ("收入 = 成本[版本: 滚动]", "unknown_version", "有 预算、实际"),
        ("收入 = 成本[期间: 2026年第1季度]", "unknown_period", "是不是“2026Q1”"),
        ('收入 = IF(期间 > "2026年第1季度", 成本)', "unknown_period", "是不是“2026Q1”"),
        ("收入 = 成本[产晶: A]", "unknown_dimension", "产品"),
        ("收入 = 成本[产品: C]", "unknown_member", "产品"),
        ("收入[产品: C] = 成本", "unknown_member", "产品"),
        ("收入[部门: 一部] = 成本", "unknown_dimension", "没有维度“部门”"),
        ("收入 = 成本[产品: A, 产品: B]", "pinned_twice", "固定了两次"),
        ("收入 = 成本[期间: first, 期间: last]", "pinned_twice", "期间固定了两次"),
        ("收入 = 税率[期间: first] * 成本", "no_period", "税率"),
        ("收入 = 成本[期间: 2030Q1]", "unknown_period", "2030Q1"),
        ("收入 = 成本[版本: 决算]", "unknown_version", "决算"),
        ('收入 = IF(版本 = "预算", 成本)', "no_version", "版本"),
        ('收入 = IF(产品.颜色 = "红", 成本)', "unknown_property", "颜色"),
        ('收入 = IF(产品 = "丙", 成本)', "unknown_member", "丙"),
        ("收入 = 产品[产品: A]", "syntax", "是维度"),
        # money
        ("收入 = NPV(0.1, 成本 OVER 产品)", "arguments", "沿期间算"),
        ("收入 = NPV(0.1, 成本)", "arguments", "NPV(率, x OVER 期间)"),
        ("收入 = IRR(成本 OVER 期间 WHERE 成本 > 0)", "arguments", "IRR"),
        ("收入 = NPV(成本, 成本 OVER 期间)", "unit", "不能有单位"),
        ("收入 = NPV(0.1, 税率 OVER 期间)", "not_over", "不随“期间”变化"),
        ("收入 = PMT(成本, 3, 成本)", "unit", "不能有单位"),
        ("收入 = PMT(0.1, 3)", "arguments", "PMT(率, 期数, 现值, 终值, 期初)"),
        ("收入 = SLN(成本, 销量, 3)", "unit", "单位不一致"),
        ("收入 = COUNTIFS(成本, 产品.类别 OVER 产品)", "arguments", "COUNTIFS(x, 属性1, 值1"),
        # types
        ("收入 = 备注", "type", "文本变成数写 VALUE"),
        ("收入 = IF(成本, 成本)", "type", "写成比较，如 x > 0"),
        ("收入 = 成本 = 0", "type", "IF(条件, 1, 0)"),
        ('收入 = IF(成本 > 0, "盈", 成本)', "type", "数、文本"),
        ("收入 = 成本 + 费率", "unit", "1 是没有单位"),
        ("收入 = 费率", "unit", "乘一个有单位的量"),
        ("收入 = 成本 * 销量", "unit", "unit 改成"),
        ("收入 = 成本 + 备注", "type", "文本"),
        ("收入 = IF(成本, 1, 2)", "type", "条件"),
        ("收入 = 成本 > 0", "type", "条件"),
        ("收入 = IF(备注 = 1, 成本)", "type", "同类"),
        ('收入 = IF(备注 > "a" AND 产品 > "A", 成本)', "type", "是否相等"),
        ('收入 = IF(成本 > 0, 成本, "无")', "type", "类型不一样"),
        ('收入 = IF(到期 > "明天", 成本)', "type", "不是日期"),
        ("收入 = IF(期间 > 3, 成本)", "type", "同类"),
        ("收入 = IF(期间 + 期间 > 期间, 成本)", "type", "期间只能相减"),
        ("收入 = -备注", "type", "文本"),
        ("备注 = 成本", "type", "文本"),
        # units
        ("收入 = 成本 * 人数", "unit", "人*元"),
        ("收入 = 成本 + 人数", "unit", "元 和 人"),
        ("收入 = 单价", "unit", "元/件"),
        ("收入 = MAX(成本, 销量)", "unit", "元 和 件"),
        ("收入 = IF(成本 > 销量, 1, 2)", "unit", "元 和 件"),
        ("收入 = IF(TRUE, 成本, 销量)", "unit", "元 和 件"),
        ("收入 = SWITCH(1, 1, 成本, 销量)", "unit", "元 和 件"),
        ("收入 = CEILING(成本, 销量)", "unit", "元 和 件"),
        ("收入 = PREV(成本, 销量)", "unit", "元 和 件"),
        ("收入 = ROUND(成本, 销量)", "unit", "件"),
        ("收入 = 成本 ^ 费率", "unit", "整数"),
        ("收入 = 费率 ^ 成本", "unit", "指数不能有单位"),
        ("收入 = EXP(成本)", "unit", "不能有单位"),
        # dimensions and levels
        ("总额 = 成本", "extra_dimension", "SUM(… OVER 产品)"),
        ("收入 = 部门数", "extra_dimension", "部门"),
        ('总额 = IF(产品 = "A", 1)', "extra_dimension", "产品"),
        ("总额 = SUM(成本 OVER 部门)", "extra_dimension", "产品"),
        ("总额 = SUM(总额 OVER 产品)", "not_over", "不随“产品”变化"),
        ("收入 = 全年", "flow_per_period", "全年 / PERIODS()"),
        ("收入 = 全年 * 0.3", "flow_per_period", "time: last"),
        ("收入 = 4 / PERIODS() * 全年", "flow_per_period", "按年的发生额"),
        ("税率 = 收入", "unknown_name", "税率"),
        ("收入 = YTD(费率) * 成本", "ratio_summed", "比率"),
        ("收入 = LAG(成本, 销量)", "whole_number", "整数"),
        ("收入 = LAG(成本, 1.5)", "whole_number", "整数"),
        ("收入 = ROLLING(成本, 0)", "whole_number", "整数"),
        ("全年 = IF(期间 = 期间, 1)", "no_period", "PERIODNO()"),
        # arguments
        ("收入 = ROUND()", "arguments", "ROUND(x, d)"),
        ("收入 = ROUND(成本, 1, 2)", "arguments", "3 个参数"),
        ("收入 = IF(TRUE, 成本, 成本, 成本)", "arguments", "IF(条件, 真, 假)"),
        ("收入 = IFS(TRUE, 成本, FALSE)", "arguments", "成对"),
        ("收入 = ROUND(成本 OVER 产品)", "arguments", "不能写 OVER"),
        ("收入 = SUM(成本 WHERE TRUE)", "arguments", "OVER"),
        ("总额 = SUM(成本, 余额 OVER 产品)", "arguments", "一个"),
        ('总额 = SUMIFS(成本, 产品.类别, "热销")', "arguments", "OVER"),
        ("总额 = SUM(成本 OVER 产品, 产品)", "arguments", "重复"),
        ("部门数 = SHARE(总额 OVER 部门)", "arguments", "依据"),
        ("部门数 = SHARE(部门数 BY 部门.面积 OVER 部门)", "not_over", "总额不能随"),
        # totals that nobody may guess
        ("合成 = 收入 + 余额", "time_unstated", "time:"),
        # cycles
        ("收入 = 收入", "cycle", "表!收入 → 表!收入"),
        ("收入 = 成本\n成本 = 收入", "cycle", "表!成本 → 表!收入 → 表!成本"),
        ("收入 = PREV(成本)\n成本 = NEXT(收入)", "cycle", "既要以前的期，又要以后的期"),
        ("收入 = 成本 + CLOSING(收入)", "cycle", "全年"),
        ("收入 = 年末余额\n年末余额 = 收入", "cycle", "(year)"),
        ("收入 = 成本 + 收入[期间: year]", "cycle", "(year)"),
        ("总额 = SUM(总额 OVER 期间)", "cycle", "全年"),
        ("收入 = 收入[版本: 实际] + 成本", "cycle", "版本 实际"),
    ],
)
def test_a_wrong_formula_is_refused_with_its_reason(tmp_path: Path, formula: str, code: str, says: str) -> None:
    found = problems(tmp_path, formula, "合成: {unit: 元}")
    assert found[0].code == code
    assert says in f"{found[0].message} {found[0].found} {found[0].expected}"
    assert found[0].file == "cubes/1.yaml"


def test_a_condition_on_a_value_that_no_member_has_is_pointed_out(tmp_path: Path) -> None:
    text = '收入 = IF(产品.类别 = "热消", 成本, 0)\n总额 = SUMIFS(成本, 产品.类别, "热销" OVER 产品)'
    found = [one for one in package(tmp_path, text).model.lints if one.code == "no_such_value"]
    assert [(one.line, one.found) for one in found] == [(found[0].line, "热消")]
    assert "是不是“热销”" in found[0].message


def test_a_sum_of_one_thing_is_pointed_out(tmp_path: Path) -> None:
    text = "收入 = 成本 / MAX(成本) * 总额\n总额 = SUM(成本 OVER 产品) + SUM(总数, 0)"
    found = package(tmp_path, text, "总数: {unit: 元, dims: [period]}").model.lints
    assert [(one.code, one.found) for one in found if one.code == "fold_of_one"] == [("fold_of_one", "MAX")]


def test_a_parameter_cannot_read_what_has_periods(tmp_path: Path) -> None:
    found = problems(tmp_path, "定额 = 总额", "定额: {unit: 元, dims: []}")
    assert found[0].code == "no_period"
    assert "SUM(… OVER 期间)" in found[0].message


def test_a_name_found_in_two_used_cubes_is_ambiguous(tmp_path: Path) -> None:
    texts = files("收入 = 重名 * 单价")
    texts["cubes/1.yaml"] = texts["cubes/1.yaml"].replace("uses: [参数]", "uses: [参数, 别表]")
    for name in ("cubes/2.yaml", "cubes/3.yaml"):
        texts[name] = texts[name] + "  重名: {unit: 件}\n"
    from bihuan.features.modelling.package import read_package

    with pytest.raises(ProblemsFound) as found:
        read_package(write(tmp_path, texts))
    assert [p.code for p in found.value.problems] == ["ambiguous_name"]
    assert "参数!重名、别表!重名" in found.value.problems[0].message


def test_a_self_cycle_suggests_the_item_of_the_same_name_elsewhere(tmp_path: Path) -> None:
    texts = files("销量 = 销量")
    texts["cubes/1.yaml"] = texts["cubes/1.yaml"].replace("uses: [参数]", "uses: [参数, 别表]")
    from bihuan.features.modelling.package import read_package

    with pytest.raises(ProblemsFound) as found:
        read_package(write(tmp_path, texts))
    assert "别表!销量" in found.value.problems[0].message


@pytest.mark.parametrize(
    ("item", "code", "says"),
    [
        ("甲: {unit: 员}", "bad_unit", "员"),
        ("甲: {unit: 元, dims: [period, 产晶]}", "unknown_dimension", "产品"),
        ("甲: {unit: 元, dims: [period, 城市]}", "extra_dimension", "城市"),
        ("甲: {unit: 元, dims: ['period:旬']}", "unknown_grain", "旬"),
        ("甲: {unit: 元, dims: [产品, 产品]}", "duplicate_dimension", "两次"),
        ("甲: {unit: 元, scale: 5}", "bad_scale", "0 到 4"),
        ("甲: {unit: 元, scale: 2, round: 3}", "bad_scale", "round"),
        ("甲: {type: text, time: sum}", "bad_total", "不是数"),
        ("甲: {type: text, scale: 2}", "bad_scale", "不是数"),
        ("甲: {unit: 元, time: formula}", "no_formula", "输入"),
        ("甲: {unit: 元, time: 收入 / }", "syntax", "没有写完"),
        ("甲: {unit: 元, time: 销量}", "unit", "件"),
        ("甲: {unit: 元, total: 无此}", "unknown_name", "无此"),
        ("甲: {name: 收入, unit: 元}", "name_clash", "收入"),
        ("产品: {unit: 元}", "name_clash", "同名"),
        ("甲: {单位: 元}", "unknown_key", "单位"),
        ("甲: {unit: 元, scale: 两位}", "bad_value", "两位"),
        ("甲: {unit: 元, override: maybe}", "bad_value", "maybe"),
    ],
)
def test_a_wrong_item_is_refused_with_its_reason(tmp_path: Path, item: str, code: str, says: str) -> None:
    found = [p for p in problems(tmp_path, "收入 = 成本", item) if p.code == code]
    assert found
    assert says in f"{found[0].message} {found[0].found} {found[0].expected}"


def test_a_formula_column_cannot_look_ahead(tmp_path: Path) -> None:
    found = problems(tmp_path, "甲 = NEXT(收入)", "甲: {unit: 元, time: formula}")
    assert (found[0].code, "NEXT" in found[0].message) == ("time_formula", True)


def test_a_formula_column_cannot_use_a_role_dimension(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "甲 = SUM(回款 OVER 来源期)\n乙 = 回款",
        "乙: {unit: 元, dims: [period, 来源期], time: formula}\n甲: {unit: 元, dims: [period]}",
    )
    assert [p.code for p in found] == ["time_formula"]


def test_all_problems_come_at_once_in_the_order_of_the_file_with_line_and_column(tmp_path: Path) -> None:
    found = problems(tmp_path, "收入 = 销量 * 单家\n成本 = (\n余额 = 收入 +\n  人数", "")
    lines = (tmp_path / "cubes/1.yaml").read_text("utf-8").split("\n")
    first = lines.index("formulas: |") + 2  # numbered from 1
    assert [(p.line, p.code) for p in found] == [(first, "unknown_name"), (first + 1, "syntax"), (first + 2, "unit")]
    assert lines[found[0].line - 1][found[0].column - 1 :] == "单家"
    assert lines[found[1].line - 1][found[1].column - 2] == "("


@pytest.mark.parametrize(
    ("formulas", "code"),
    [
        ("收入 = 成本\n收入[产品: A] = 余额", "never_matches"),
        ("收入[产品: 全部] = 成本\n收入[产品: A] = 成本 * 2", "never_matches"),
        ("收入[产品: A] = 成本\n收入[产品: B] = 成本\n收入[产品: 全部] = 0", "never_matches"),
        ("收入 = 成本[期间: 2026Q1]", "fixed_period"),
        ("收入[期间: 2026Q1] = 成本", "fixed_period"),
        ("全年 = 单价 * 销量", "always_blank"),
        ("收入 = 甲", "unit_unchecked"),
    ],
)
def test_what_is_legal_but_odd_gets_a_hint(tmp_path: Path, formulas: str, code: str) -> None:
    lints = package(tmp_path, formulas, '甲: {unit: "?"}').model.lints
    assert code in [lint.code for lint in lints]
    assert all(lint.line > 20 for lint in lints)


def test_a_clean_formula_gets_no_hint(tmp_path: Path) -> None:
    assert package(tmp_path, "收入 = 销量 * 单价\n成本[产品: A] = 收入\n成本[产品: B] = 收入 * 2").model.lints == ()


def test_a_formula_that_would_fill_every_combination_of_large_dimensions_is_refused_with_the_estimate(
    tmp_path: Path,
) -> None:
    texts = files("大 = 1\n跟 = 大 * 2", '大: {unit: "?", dims: [客户, 料号]}\n跟: {unit: "?", dims: [客户, 料号]}')
    texts["cubes/1.yaml"] = texts["cubes/1.yaml"].replace("来源期]\nuses", "来源期, 客户, 料号]\nuses")
    for dim in ("客户", "料号"):
        texts[f"dimensions/{dim}.csv"] = "code\n" + "\n".join(f"{dim}{n}" for n in range(1100))
    from bihuan.features.modelling.package import read_package

    with pytest.raises(ProblemsFound) as found:
        read_package(write(tmp_path, texts))
    assert [(p.code, p.found) for p in found.value.problems] == [("too_many_rows", "1,210,000 行")]
