"""Field mappings: which way is taken, what ends the search, what their text may not say."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bihuan.features.control.directory import Directory, directory_json, directory_of_json
from bihuan.features.control.field_mapping import FieldMapping, Mapped, Places, map_fields
from bihuan.features.control.package_lines import located
from bihuan.features.control.package_mapping import mapping_json, needs, read_mapping
from bihuan.kernel.errors import Problem

PLACES = Places(
    {
        "org": {"G": "", "N1": "G", "N2": "G", "S": "G"},
        "科目": {"差旅费": "", "会议费": ""},
        "项目": {"P1": "", "P2": ""},
        "item": {"费用!金额": ""},
    },
    frozenset({"2026-01", "2026-02"}),
    Directory(
        {"org": {"G": "集团", "N1": "北方一部", "N2": "市场部", "S": "市场部"}, "项目": {"P1": "灯塔", "P2": "码头"}},
        {"项目": {"部门": {"P1": "N1"}}},
        "2025-12-28",
        {"2025-X": "2025-12-31", "2026-01": "2026-01-25", "2026-02": "2026-02-28"},
    ),
)
TEXT = """
head: {公司: text}
line: {部门: text, 中心: text, 分摊: truth, 单据日期: date, 含税: number, 税额: number, 项目号: text}
to:
  org:
    - {from: 部门, when: 分摊}
    - {from: 公司 & "-" & 中心, lookup: {A-1: N1, A-2: 集团}}
    - {from: 项目号, property: 项目.部门}
    - {value: S, when: 公司 = "A"}
  period: [{from: 单据日期}]
  amount: [{from: 含税 - 税额}, {from: 含税, when: 含税 < 1000}]
"""


def read(text: str = TEXT) -> tuple[FieldMapping | None, list[tuple[str, str, str]]]:
    told: list[tuple[str, str, str]] = []
    found = read_mapping(
        "document D", yaml.load(text, yaml.BaseLoader), PLACES, lambda w, f, e: told.append((w, str(f), e))
    )
    return found, told


def mapping(text: str = TEXT) -> FieldMapping:
    found, told = read(text)
    assert not told
    assert found is not None
    return found


def mapped(**fields: Any) -> Mapped:
    start = {"公司": "A", "中心": "1", "分摊": "否", "单据日期": "2026-01-25", "含税": "113", "税额": "13"}
    return map_fields(mapping(), {k: v for k, v in {**start, **fields}.items() if v is not ...}, PLACES)


def value(target: str, **fields: Any) -> str:
    return next(t for t in mapped(**fields).targets if t.name == target).value


def fault(target: str, **fields: Any) -> str:
    return next(t for t in mapped(**fields).targets if t.name == target).fault


def test_the_first_way_that_holds_and_gives_a_value_is_taken() -> None:
    assert value("org") == "N1"  # A-1 in the table
    assert value("org", 中心="2") == "G"  # the table says a name
    assert value("org", 分摊="是", 部门="N2") == "N2"
    assert value("org", 分摊=True, 部门="北方一部") == "N1"  # by name
    assert value("org", 中心="9", 项目号="灯塔") == "N1"  # a property of the member of that name
    assert value("org", 中心="9", 项目号="P2") == "S"  # P2 has no department: the default
    (org, *_) = mapped(中心="9").targets
    assert [(t.holds, t.value, t.note) for t in org.tried] == [
        (False, "", "条件“分摊”不成立"),
        (None, "", "对照表里没有“A-9”"),
        (None, "", "项目号 是空白"),
        (True, "S", ""),
    ]


def test_a_blank_is_neither_no_nor_zero_nor_an_empty_text() -> None:
    assert "条件“分摊”无法判断：分摊 是空白" in fault("org", 分摊=None)
    assert "条件“分摊”无法判断：分摊 是空白" in fault("org", 分摊=...)
    assert value("org", 公司="", 中心="1", 项目号="P1") == "N1"  # "-1" is never looked up
    assert value("amount", 税额="") == "113.00"  # the difference is not taken with a blank
    assert "税额 是空白" in fault("amount", 税额="", 含税="1000")
    assert value("amount", 税额="0") == "113.00"


def test_what_is_no_member_ends_the_search() -> None:
    assert "org 没有成员“火星部”" in fault("org", 分摊="是", 部门="火星部")
    assert "org 有 2 个成员叫“市场部”，请用代码" in fault("org", 分摊="是", 部门="市场部")
    assert "项目 没有成员“P9”" in fault("org", 中心="9", 项目号="P9")


def test_a_day_is_in_the_period_whose_last_day_is_not_before_it() -> None:
    assert value("period", 单据日期="2026-01-01") == "2026-01"
    assert value("period", 单据日期="2026-01-25") == "2026-01"
    assert value("period", 单据日期="2026-01-26") == "2026-02"  # a calendar of four weeks
    for outside in ("2026-03-01", "2025-12-27", "2025-12-31"):  # the last: a period the policy does not cover
        assert "不是这个方案的期间" in fault("period", 单据日期=outside)


def test_amounts_are_exact_to_the_fen() -> None:
    assert value("amount", 含税="10000000000.03", 税额="0.01") == "10000000000.02"
    assert value("amount", 含税="0.30", 税额="0.10") == "0.20"


def test_a_field_that_cannot_be_read_is_named() -> None:
    assert mapped(分摊="也许").faults == {"分摊": "“也许”不是是否（是、否、true、false）"}
    assert set(mapped(含税="一百", 单据日期="2026-13-01", 分摊=1).faults) == {"含税", "单据日期", "分摊"}
    assert "没有这个字段" in mapped(中欣="1").faults["中欣"]
    keeping = mapping(TEXT + "others: keep\n")
    assert not map_fields(keeping, {"中欣": "1"}, PLACES).faults


@pytest.mark.parametrize(
    ("said", "where", "expected"),
    [
        ("to: {部门: [{value: N1}]}", "mapping to", "维度的代码"),
        ("to: {org: []}", "mapping to org", "至少一个"),
        ("to: {org: [{from: 中心}]}", "mapping to org from", "没有“中心”"),
        ("line: {中心: text}\nto: {org: [{from: 中心, when: 分摊}]}", "mapping to org when", "没有“分摊”"),
        ("line: {中心: text}\nto: {org: [{from: 中心, when: 中心}]}", "mapping to org when", "条件"),
        ("line: {中心: text}\nto: {org: [{from: 中心, when: 中心 > 1}]}", "mapping to org when", "不能比较"),
        ("line: {中心: text}\nto: {org: [{from: 中心, when: '中心 = '}]}", "mapping to org when", ""),
        ("line: {号: number}\nto: {org: [{from: 号}]}", "mapping to org from", "文字"),
        ("line: {号: text}\nto: {amount: [{from: 号}]}", "mapping to amount from", "数字"),
        ("line: {号: text}\nto: {amount: [{value: 1}]}", "mapping to amount value", "取自字段"),
        ("to: {org: [{value: 火星}]}", "mapping to org value", "没有成员"),
        ("to: {period: [{value: 2029-01}]}", "mapping to period value", "不是这个方案的期间"),
        ("line: {a: text}\nto: {org: [{from: a, lookup: {x: 火星}}]}", "mapping to org lookup x", "没有成员"),
        ("line: {a: text}\nto: {org: [{from: a, property: 项目.经理}]}", "mapping to org property", "部门"),
        ("line: {a: text}\nto: {org: [{from: a, property: 客户.部门}]}", "mapping to org property", "维度.属性"),
        ("line: {a: text}\nto: {org: [{value: S}, {from: a}]}", "mapping to org value", "放在最后"),
        ("line: {a: text}\nto: {org: [{from: a, value: S}]}", "mapping to org", "之一"),
        ("line: {a: 文本}\nto: {org: [{value: S}]}", "mapping line a", "text"),
        ("head: {a: text}\nline: {a: text}\nto: {org: [{value: S}]}", "mapping line", "写一次"),
        ("others: drop\nto: {org: [{value: S}]}", "mapping others", "keep"),
        ("line: {a: text}", "mapping", "to"),
        ("line: {a: text}\nto: {org: [{from: a, wenn: a}]}", "mapping to org", "只有"),
    ],
)
def test_what_a_text_may_not_say(said: str, where: str, expected: str) -> None:
    _, told = read(said)
    assert told, said
    assert told[0][0] == f"document D {where}"
    assert expected in told[0][2]


def test_a_problem_is_at_its_line() -> None:
    lines = ["documents:", "  - code: D", "    mapping:", "      line: {a: text}", "      to:", "        org:"]
    text = "\n".join([*lines, "          - {from: a,", "             when: b}"])
    found = located(Problem("bad_policy", "p.yaml", found="document D mapping to org when: b", expected=""), text)
    assert found.line == 8


def test_the_text_comes_back_and_the_directory_is_cut_to_what_is_looked_up() -> None:
    one = mapping()
    again = read_mapping("document D", mapping_json(one), PLACES, lambda *_: pytest.fail("a problem"))
    assert again is not None
    assert mapping_json(again) == mapping_json(one)
    dimensions, properties, days = needs([one])
    assert (dimensions, properties, days) == ({"org", "项目"}, {("项目", "部门")}, True)
    cut = PLACES.directory.cut(dimensions, properties, days=days)
    assert directory_of_json(directory_json(cut)) == cut
    assert "item" not in cut.names


WORDS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(["", "A", "1", "N1", "市场部", "是", "否", "2026-01-01", "P1", "12.5", "NaN"]),
    st.text("AB1二 -.", max_size=6),
)
NAMES = [f.name for f in mapping().fields]


@given(st.dictionaries(st.sampled_from(NAMES), WORDS), st.randoms())
def test_a_mapping_is_total_and_deterministic(fields: dict[str, Any], random: Any) -> None:
    """Whatever a bill says there is one answer, in whatever order its fields come: a value that fits, or a reason."""
    found = map_fields(mapping(), fields, PLACES)
    turned = list(fields.items())
    random.shuffle(turned)
    assert map_fields(mapping(), dict(turned), PLACES) == found
    for target in found.targets:
        assert bool(target.value) != bool(target.fault)
        if target.value and target.name == "org":
            assert target.value in PLACES.parents["org"]
        if target.value and target.name == "period":
            assert target.value in PLACES.periods
