"""A wrong package gets every problem at once, with file, line, what was found and what was expected; nothing is half-read."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.models import files, package, write

from bihuan.engine.definition import Iteration
from bihuan.features.modelling.package import read_package
from bihuan.kernel.errors import Problem, ProblemsFound

Change = Callable[[dict[str, str]], None]


def problems(folder: Path, change: Change) -> list[Problem]:
    texts = files("收入 = 销量 * 单价")
    change(texts)
    with pytest.raises(ProblemsFound) as found:
        read_package(write(folder, texts))
    return list(found.value.problems)


def replaced(name: str, old: str, new: str) -> Change:
    def change(texts: dict[str, str]) -> None:
        assert old in texts[name]
        texts[name] = texts[name].replace(old, new)

    return change


def added(name: str, text: str) -> Change:
    def change(texts: dict[str, str]) -> None:
        texts[name] = text

    return change


MODEL, PRODUCTS, DATA, EXPECT = "model.yaml", "dimensions/产品.csv", "data/表.csv", "expect/表.csv"


@pytest.mark.parametrize(
    ("change", "code", "place", "says"),
    [
        # model.yaml
        (replaced(MODEL, "title: m", "titel: m"), "unknown_key", "model.yaml:2:1", "title"),
        (replaced(MODEL, "title: m", "title: m\ntitle: n"), "duplicate_key", "model.yaml:3:1", "写了两次"),
        (replaced(MODEL, "base: quarter", "base: week"), "bad_value", "model.yaml:3:18", "week445"),
        (replaced(MODEL, "start: 2026Q1", "start: 2026-01"), "bad_calendar", "model.yaml:3:11", "2026-01"),
        (replaced(MODEL, "start: 2026Q1, ", ""), "no_calendar", "model.yaml:3:11", "缺 start"),
        (replaced(MODEL, "history: 1", "history: 一"), "bad_value", "model.yaml:3:64", "整数"),
        (replaced(MODEL, "units: {", "units: {{"), "yaml", "model.yaml:4:8", "花括号没有配对"),
        (replaced(MODEL, "来源期: period", "来源期: org"), "bad_role", "model.yaml", "只能是 period"),
        (replaced(MODEL, "部门.城市: 城市", "部门.城市: 省"), "unknown_dimension", "model.yaml", "省"),
        (replaced(MODEL, "部门.城市: 城市", "城市: 城市"), "bad_value", "model.yaml:7:14", "维度.属性"),
        (replaced(MODEL, 'units: {元: ""', 'units: {千件: 1000件, 元: ""'), "bad_unit", "model.yaml:4:13", "1000 元"),
        (replaced(MODEL, "面积: number", "面积: 数"), "bad_value", "model.yaml:8:21", "number 单位"),
        (replaced(MODEL, "面积: number", "面积: number 平米"), "bad_unit", "model.yaml:8:21", "平米"),
        (replaced(MODEL, "title: m", "title：m"), "yaml", "model.yaml:2:1", "用半角"),
        # dimensions
        (replaced(PRODUCTS, "B,乙,全部,,滞销", "B,乙,全都,,滞销"), "unknown_member", "dimensions/产品.csv:4:1", "全部"),
        (replaced(PRODUCTS, "B,乙", "A,乙"), "duplicate_member", "dimensions/产品.csv:4:1", "重复"),
        (replaced(PRODUCTS, "全部,全部产品,,", "全部,全部产品,A,"), "hierarchy_cycle", "dimensions/产品.csv", "→"),
        (replaced(PRODUCTS, "B,乙,全部,,滞销", "B,乙,全部,x,滞销"), "bad_number", "dimensions/产品.csv:4:1", "权重"),
        (replaced(PRODUCTS, "B,乙,全部,,滞销", "B,乙,全部,滞销"), "ragged", "dimensions/产品.csv:4:1", "4 列"),
        (replaced(PRODUCTS, "code,name", "编码,name"), "no_column", "dimensions/产品.csv:1", "code"),
        (replaced(PRODUCTS, "code,name", "code,code"), "duplicate_column", "dimensions/产品.csv:1", "重复"),
        (replaced(PRODUCTS, "B,乙", ",乙"), "no_code", "dimensions/产品.csv:4:1", "code"),
        (replaced(PRODUCTS, '\nB,乙', '\n"B"x,乙'), "csv", "dimensions/产品.csv:4", "CSV 写法有误"),
        (added("dimensions/产品.法人.csv", "code,parent\nC,全部\n"), "unknown_member", "dimensions/产品.法人.csv:2:1", "C"),
        (added("dimensions/产品.法人.csv", "编码,上级\nA,全部\n"), "no_column", "dimensions/产品.法人.csv:1", "code、parent"),
        (
            added("dimensions/产品.法人.csv", "code,parent\nA,全部产品\n"),
            "unknown_member", "dimensions/产品.法人.csv:2:1", "写编码 全部",
        ),
        (replaced(MODEL, "部门.城市: 城市", "部门.城式: 城市"), "unknown_property", "model.yaml:7:14", "是不是“城市”"),
        (replaced(MODEL, "部门.面积: number", "部门.面机: number"), "unknown_property", "model.yaml:8:14", "是不是“面积”"),
        (added("dimensions/甲.乙.csv", "code,parent\n"), "unknown_dimension", "dimensions/甲.csv", "没有维度本身的文件"),
        (replaced("dimensions/部门.csv", "北京,10", "南京,10"), "unknown_member", "dimensions/部门.csv:3:1", "南京"),
        (replaced("dimensions/部门.csv", "北京,10", "北京,十"), "bad_number", "dimensions/部门.csv:3:1", "面积"),
        (replaced(MODEL, "部门.面积: number", "部门.面积: date"), "bad_date", "dimensions/部门.csv:3:1", "2026-01-31"),
        # cubes
        (replaced("cubes/2.yaml", "cube: 参数", "cube: 表"), "duplicate_cube", "cubes/1.yaml:1:1", "重复"),
        (replaced("cubes/1.yaml", "uses: [参数]", "uses: [参数数]"), "unknown_cube", "cubes/1.yaml:1:1", "参数数"),
        (replaced("cubes/2.yaml", "items:", "formulas: 税率 = 1\nitems:"), "formulas_block", "cubes/2.yaml:4:11", "formulas: |"),
        (replaced("cubes/2.yaml", "  税率: {unit: \"%\"}", "  税率: 6"), "bad_value", "cubes/2.yaml:5:7", "键: 值"),
        (replaced("cubes/2.yaml", "  税率: {unit: \"%\"}\n  上限: {unit: 元}\n", ""), "no_items", "cubes/2.yaml:1:1", "没有指标"),
        (replaced("cubes/2.yaml", "{unit: 元}", "{unit: 元, iterate: {max: 9}}"), "bad_value", "cubes/2.yaml:6:26", "tolerance"),
        (replaced("cubes/2.yaml", "{unit: 元}", "{unit: 元, iterate: {tolerance: 0}}"), "bad_value", "cubes/2.yaml:6:38", "大于 0"),
        (
            replaced("cubes/2.yaml", "{unit: 元}", "{unit: 元, iterate: {tolerance: 1, max: 5000}}"),
            "bad_value", "cubes/2.yaml:6:46", "1000",
        ),
        (replaced("cubes/3.yaml", "[period, 产品]", "[period，产品]"), "unknown_dimension", "cubes/3.yaml:1:1", "半角逗号"),
        (replaced("cubes/3.yaml", "[period, 产品]", "[期问, 产品]"), "unknown_dimension", "cubes/3.yaml:1:1", "期间"),
        (replaced("cubes/3.yaml", "{unit: 元}", "{unit: 元, time: 期末}"), "unknown_name", "cubes/3.yaml:6:7", "sum、first、last"),
        (replaced("cubes/3.yaml", "{unit: 元}", "{unit: 人民币}"), "bad_unit", "cubes/3.yaml:6:7", "units 里的 元、件"),
        (replaced("cubes/1.yaml", "\n  收入 = 销量", "\n收入 = 销量"), "yaml", "cubes/1.yaml:23:1", "都要缩进"),
        # data
        (added(DATA, "指标,产品,2026Q1\n销量,A,1\n"), "unknown_column", "data/表.csv:1:1", "是不是“item”"),
        (added(DATA, "item,产品,2026年第1季度\n销量,A,1\n"), "unknown_column", "data/表.csv:1:3", "是不是“2026Q1”"),
        (added(DATA, 'item,产品,2026Q1\n销量,A,"12,300"\n'), "bad_number", "data/表.csv:2:3", "写 12300"),
        (added(DATA, "item,产品,2026Q1\n销量,A,30万件\n"), "bad_number", "data/表.csv:2:3", "单位“万件”写在指标的 unit 上"),
        (added(DATA, "item,产品,2026Q1\n销量,A,1,000\n"), "ragged", "data/表.csv:2:1", "4 列"),
        (added(DATA, 'item,产品,2026Q1\n销量,A,"1,000"\n'), "bad_number", "data/表.csv:2:3", "1,000"),
        (added(DATA, "item,产品,2026Q1\n销里,A,1\n"), "unknown_name", "data/表.csv:2:1", "销量"),
        (added(DATA, "item,产品,2026Q1\n销量,C,1\n"), "unknown_member", "data/表.csv:2:1", "C"),
        (added(DATA, "item,产品,2026Q1\n销量,,1\n"), "no_member", "data/表.csv:2:1", "产品"),
        (added(DATA, "item,产品,2026Q1\n销量,全部,1\n"), "not_leaf", "data/表.csv:2:1", "最下级"),
        (added(DATA, "item,产品,2026Q1\n总额,A,1\n"), "extra_dimension", "data/表.csv:2:1", "要空着"),
        (added(DATA, "item,产品,2028Q1\n销量,A,1\n"), "unknown_column", "data/表.csv:1:3", "2028Q1"),
        (added(DATA, "item,产品,2026\n销量,A,1\n"), "wrong_grain", "data/表.csv:2:3", "最细期间"),
        (added(DATA, "item,产品,2026Q1\n全年,A,1\n"), "wrong_grain", "data/表.csv:2:3", "年"),
        (added(DATA, "item,产品,value\n销量,A,1\n"), "wrong_grain", "data/表.csv:2:3", "value"),
        (added(DATA, "item,产品,2026Q1\n收入,A,1\n"), "formula_cell", "data/表.csv:2:3", "公式"),
        (added(DATA, "item,产品,2026Q1\n销量,A,1\n销量,甲,2\n"), "duplicate_cell", "data/表.csv:3:3", "第 2 行"),
        (added(DATA, "item,version,产品,2026Q1\n销量,决算,A,1\n"), "unknown_version", "data/表.csv:2:1", "决算"),
        (added(DATA, "产品,2026Q1\nA,1\n"), "no_column", "data/表.csv:1", "item"),
        (added(DATA, ""), "no_header", "data/表.csv:1", "表头"),
        (added("data/某表.csv", "item\n"), "unknown_cube", "data/某表.csv", "某表"),
        (added(DATA, "item,产品,2026Q1\n到期,A,明天\n"), "bad_date", "data/表.csv:2:3", "2026-01-31"),
        (added(DATA, "item,产品,2026Q1\n到期,A,2026/5/7\n"), "bad_date", "data/表.csv:2:3", "写 2026-05-07"),
        (added(DATA, "item,产品,2026Q1\n到期,A,2026年2月30日\n"), "bad_date", "data/表.csv:2:3", "2026-01-31"),
        # expect
        (added(EXPECT, "item,产品,2026Q1\n到期,A,明天\n"), "bad_date", "expect/表.csv:2:3", "日期"),
        (added(EXPECT, "item,产品,2026\n收入,A,x\n"), "bad_number", "expect/表.csv:2:3", "x"),
        (added(EXPECT, "item,产品,2026,tolerance\n收入,A,1,大概\n"), "bad_number", "expect/表.csv:2:1", "大概"),
        (added("expect/某表.csv", "item\n"), "unknown_cube", "expect/某表.csv", "某表"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_reported_at_its_place(
    tmp_path: Path, change: Change, code: str, place: str, says: str
) -> None:
    found = [p for p in problems(tmp_path, change) if p.code == code]
    assert found, "the problem is reported"
    assert str(found[0]).startswith(place)
    assert says in f"{found[0].message} {found[0].found} {found[0].expected}"


def test_problems_of_all_files_come_together(tmp_path: Path) -> None:
    def everything(texts: dict[str, str]) -> None:
        replaced(MODEL, "title: m", "titel: m")(texts)
        replaced(PRODUCTS, "B,乙,全部", "B,乙,全都")(texts)
        replaced("cubes/1.yaml", "收入 = 销量 * 单价", "收入 = 销量 * 单家")(texts)
        added(DATA, "item,产品,2026Q1\n销里,A,1\n")(texts)
        added(EXPECT, "item,产品,2026\n收入,A,x\n")(texts)

    found = [(p.file, p.code) for p in problems(tmp_path, everything)]
    assert found == [
        ("cubes/1.yaml", "unknown_name"),
        ("data/表.csv", "unknown_name"),
        ("dimensions/产品.csv", "unknown_member"),
        ("expect/表.csv", "bad_number"),
        ("model.yaml", "unknown_key"),
    ]


def test_a_folder_without_a_model_is_no_package(tmp_path: Path) -> None:
    with pytest.raises(ProblemsFound) as found:
        read_package(tmp_path)
    assert found.value.problems[0].code == "no_model"


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe\x00", "名称".encode("gbk"), b"name: [", b"\x00\x01", b"", b"- a\n- b\n", b"? [a]\n: b\n"]
)
def test_bytes_that_are_no_yaml_are_reported_not_raised(tmp_path: Path, raw: bytes) -> None:
    write(tmp_path, files("收入 = 成本"))
    (tmp_path / MODEL).write_bytes(raw)
    with pytest.raises(ProblemsFound) as found:
        read_package(tmp_path)
    assert {p.file for p in found.value.problems} == {MODEL}


def test_yaml_scalars_stay_text(tmp_path: Path) -> None:
    texts = files("收入 = 成本")
    texts["model.yaml"] = texts["model.yaml"].replace("title: m", "title: NO").replace("name: m", "name: 1:30")
    read = read_package(write(tmp_path, texts)).definition
    assert (read.title, read.name) == ("NO", "1:30")


def test_a_file_saved_by_excel_with_a_byte_order_mark_and_windows_lines_is_read(tmp_path: Path) -> None:
    write(tmp_path, files("收入 = 销量 * 单价"))
    (tmp_path / "data").mkdir()
    (tmp_path / DATA).write_bytes("﻿item,产品,2026Q1\r\n销量,A,5\r\n".encode())
    assert [float(c.value) for c in read_package(tmp_path).data] == [5.0]


def test_a_number_is_entered_in_the_items_unit_and_kept_in_the_base_unit(tmp_path: Path) -> None:
    found = package(
        tmp_path, "收入 = 成本", "投资: {unit: 万元, scale: 2}", 表="item,产品,2026Q1\n投资,A,1.5\n费率,A,60%\n"
    )
    assert [str(c.value) for c in found.data] == ["15000.0", "0.6"]


def test_members_are_found_by_code_or_by_name_and_dimensions_by_either(tmp_path: Path) -> None:
    found = package(tmp_path, "收入 = 成本", 表="item,产品,2026Q1\n销量,甲,1\n销量,B,2\n")
    codes = [found.model.dimensions["产品"].by_id[c.members[0]].code for c in found.data]
    assert codes == ["A", "B"]


def test_a_non_leaf_organisation_gets_a_leaf_of_its_own_for_its_own_amounts(tmp_path: Path) -> None:
    texts = files("收入 = 成本")
    texts["dimensions/org.csv"] = "code,name,parent\n集团,集团,\n总部,总部,集团\n子公司,子公司,集团\n"
    dimension = read_package(write(tmp_path, texts)).model.dimensions["org"]
    own = dimension.by_code["集团.本级"]
    assert dimension.is_leaf(own.id)
    assert own.own_of == dimension.by_code["集团"].id
    assert set(dimension.trees[""].leaves_under(dimension.by_code["集团"].id)) == {
        dimension.by_code[code].id for code in ("总部", "子公司", "集团.本级")
    }
    assert "总部.本级" not in dimension.by_code


def test_a_member_that_moves_stands_on_two_dated_lines(tmp_path: Path) -> None:
    texts = files("收入 = 成本")
    texts["dimensions/org.csv"] = (
        "code,name,parent,weight,valid_from,valid_to\n集团,集团,,,,\n甲公司,甲公司,集团,,,\n乙公司,乙公司,集团,,,\n"
        "班组,班组,甲公司,,,2026-07-01\n班组,班组,乙公司,0.5,2026-07-01,\n"
    )
    from datetime import date

    dimension = read_package(write(tmp_path, texts)).model.dimensions["org"]
    top, team = dimension.by_code["乙公司"].id, dimension.by_code["班组"].id
    assert team not in dimension.trees[""].leaves_under(top, date(2026, 6, 30))
    assert dimension.trees[""].leaves_under(top, date(2026, 7, 1))[team] == 0.5


def test_a_member_whose_first_line_ends_the_day_before_the_next_begins_is_refused(tmp_path: Path) -> None:
    texts = files("收入 = 成本")
    texts["dimensions/org.csv"] = (
        "code,parent,valid_from,valid_to\n甲公司,,,\n乙公司,,,\n班组,甲公司,,2026-06-30\n班组,乙公司,2026-07-01,9999-12-31\n"
    )
    with pytest.raises(ProblemsFound) as found:
        read_package(write(tmp_path, texts))
    (problem,) = found.value.problems
    assert (problem.code, problem.file, problem.line) == ("hierarchy_gap", "dimensions/org.csv", 4)
    assert "2026-06-30 这一天没有上级" in problem.message
    texts["dimensions/org.csv"] = texts["dimensions/org.csv"].replace(
        "2026-06-30", "2026-03-31"
    )  # closed for a quarter
    read_package(write(tmp_path, texts))


def test_units_may_be_a_list_and_a_property_may_have_one(tmp_path: Path) -> None:
    texts = files("收入 = SUM(销量 OVER 期间) * 0 + 销量 * 产品.定额 * 工价", "工价: {unit: 元/小时, dims: []}")
    texts["model.yaml"] = (
        texts["model.yaml"].replace(
            'units: {元: "", 件: "", 千克: "", 人: "", 小时: ""}', "units: [元, 件, 千克, 人, 小时]"
        )
        + "  产品.定额: number 小时/件\n"
    )
    texts["model.yaml"] = texts["model.yaml"].replace(
        "properties: {部门.面积: number}\n", "properties:\n  部门.面积: number\n"
    )
    texts["dimensions/产品.csv"] = "code,name,parent,类别,定额\n全部,,,,\nA,甲,全部,热销,1.5\nB,乙,全部,滞销,2\n"
    texts["cubes/1.yaml"] = texts["cubes/1.yaml"].replace("SUM(销量 OVER 期间) * 0 + ", "")
    assert read_package(write(tmp_path, texts)).model.items


def test_stable_ids_are_taken_from_outside(tmp_path: Path) -> None:
    from bihuan.engine.compile import compile_model, deal_codes

    definition = package(tmp_path, "收入 = 成本").definition
    codes = deal_codes(definition)
    assert codes["来源期"][0] == "2025Q4"
    ids = {dim: {code: 1000 + n for n, code in enumerate(listed)} for dim, listed in codes.items()}
    assert compile_model(definition, ids).dimensions["产品"].by_code["A"].id == 1001


def test_groups_of_another_tree_have_no_place_in_the_main_one_and_no_leaf_of_their_own(tmp_path: Path) -> None:
    texts = files("收入 = 成本")
    texts["dimensions/org.csv"] = (
        "code,name,parent\n集团,集团,\n甲部,甲部,集团\n乙部,乙部,集团\n甲公司,甲公司,\n闲置,闲置,\n"
    )
    texts["dimensions/org.法人.csv"] = "code,parent\n甲部,甲公司\n乙部,甲公司\n"
    dimension = read_package(write(tmp_path, texts)).model.dimensions["org"]
    assert "集团.本级" in dimension.by_code
    assert "甲公司.本级" not in dimension.by_code
    assert [member.code for member in dimension.tops()] == ["集团", "闲置"]
    assert [member.code for member in dimension.tops("法人")] == ["甲公司"]
    under = dimension.trees["法人"].leaves_under(dimension.by_code["甲公司"].id)
    assert {dimension.by_id[i].code for i in under} == {"甲部", "乙部"}


def test_a_circle_is_allowed_on_a_table_or_on_an_item(tmp_path: Path) -> None:
    texts = files("收入 = 成本 / 2 + 销量 * 单价\n成本 = 收入 / 2")
    with pytest.raises(ProblemsFound) as refused:
        read_package(write(tmp_path / "no", texts))
    assert [p.code for p in refused.value.problems] == ["cycle"]
    table = texts | {"cubes/1.yaml": texts["cubes/1.yaml"].replace("items:", "iterate: {tolerance: 0.01}\nitems:", 1)}
    found = read_package(write(tmp_path / "table", table)).model
    assert {i.definition.iterate for r, i in found.items.items() if r.cube == "表"} == {Iteration(0.01, 100)}
    item = "  成本: {unit: 元, iterate: {tolerance: 0.5, max: 20}, "
    one = table | {"cubes/1.yaml": table["cubes/1.yaml"].replace("  成本: {unit: 元, ", item)}
    assert read_package(write(tmp_path / "item", one)).model.item("表", "成本").definition.iterate == Iteration(0.5, 20)


def test_a_role_may_name_the_code_of_its_first_version(tmp_path: Path) -> None:
    texts = files("收入 = 成本")
    heads = [line for line in texts["model.yaml"].splitlines() if not line.startswith("versions:")]
    texts["model.yaml"] = "\n".join([*heads, "versions: {实际: 实际, 预算: 2026预算}"])
    definition = read_package(write(tmp_path, texts)).definition
    assert definition.versions == ("实际", "预算")
    assert definition.first_versions == {"预算": "2026预算"}
