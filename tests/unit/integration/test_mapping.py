"""Which rule answers: the order of precedence as an accountant would read it off the page."""

import numpy as np
import pytest

from bihuan.features.integration.mapping import Mapper, TargetItem, TargetModel
from bihuan.features.integration.model import MappingRule
from bihuan.features.integration.outcomes import Outcome
from bihuan.kernel.hierarchy import Edge, Hierarchy
from bihuan.kernel.member import OWN, Dimension, Member

ORG = Dimension(
    "org",
    "组织",
    (
        Member(0, "G", "集团"),
        Member(1, "D110", "财务部"),
        Member(2, "D120", "人力部"),
        Member(3, "G" + OWN, "集团本级", own_of=0),
    ),
    {"": Hierarchy("", (Edge(1, 0), Edge(2, 0), Edge(3, 0)))},
)
ITEMS = {f"费用!{code}": TargetItem("费用", code, ("org",)) for code in ("差旅费", "办公费", "其他")}
MODEL = TargetModel(ITEMS, {"org": ORG}, ("2026-01",), np.array([0], np.int32), np.array([30], np.int32))


def mapper(*rules: MappingRule) -> Mapper:
    by_department = MappingRule("部门", {}, {"org": "=department"})
    return Mapper((*rules, by_department), MODEL, "费用")


def rule(name: str, item: str, **when: str) -> MappingRule:
    return MappingRule(name, when, {"item": item})


RULES = [
    rule("z 精确", "差旅费", account="660202"),
    rule("区间", "办公费", account="660200..660299"),
    rule("列表", "其他", account="660201|660202|660303"),
    rule("多字段", "其他", account="6602*", department="D110"),
    rule("通配", "差旅费", account="66*"),
    rule("不计", "IGNORE", account="1*"),
]


@pytest.mark.parametrize(
    ("account", "department", "item", "answered_by"),
    [
        ("660202", "D110", "差旅费", "z 精确"),  # an exact code beats range, list and name order
        ("660201", "D120", "办公费", "区间"),  # a range beats a list
        ("660303", "D110", "其他", "列表"),
        ("6602A", "D110", "其他", "多字段"),  # several conditions beat a pattern
        ("6609", "D110", "差旅费", "通配"),
    ],
)
def test_the_most_exact_rule_answers(account: str, department: str, item: str, answered_by: str) -> None:
    landing = mapper(*RULES).resolve({"account": account, "department": department})
    assert landing.item is not None
    assert (landing.item.code, landing.rule, landing.members) == (item, answered_by, {"org": department})


def test_among_rules_of_a_kind_the_name_decides() -> None:
    both = mapper(rule("20", "差旅费", account="66*"), rule("10", "办公费", account="6602*"))
    assert both.resolve({"account": "660202", "department": "D110"}).rule == "10"


def test_lines_that_are_no_budget_item_are_ignored_by_a_rule_not_dropped() -> None:
    assert mapper(*RULES).resolve({"account": "1002", "department": ""}).outcome == Outcome.IGNORED


@pytest.mark.parametrize(
    ("account", "department", "outcome", "fault"),
    [
        ("7001", "D110", Outcome.UNMAPPED, ("account", "7001")),
        ("660202", "D777", Outcome.UNKNOWN_MEMBER, ("org", "D777")),
        ("660202", "", Outcome.MISSING_CODE, ("org", "")),
    ],
)
def test_what_no_rule_or_member_answers_names_its_field(
    account: str, department: str, outcome: Outcome, fault: tuple[str, str]
) -> None:
    landing = mapper(*RULES).resolve({"account": account, "department": department})
    assert (landing.outcome, landing.fault) == (outcome, fault)


def test_a_parent_takes_amounts_on_its_own_leaf_and_without_one_refuses() -> None:
    assert mapper(*RULES).resolve({"account": "660202", "department": "G"}).members == {"org": "G" + OWN}
    bare = Dimension("org", "组织", ORG.members[:3], {"": Hierarchy("", (Edge(1, 0), Edge(2, 0)))})
    model = TargetModel(ITEMS, {"org": bare}, MODEL.periods, MODEL.period_starts, MODEL.period_ends)
    by_department = MappingRule("部门", {}, {"org": "=department"})
    landing = Mapper((*RULES, by_department), model, "费用").resolve({"account": "660202", "department": "G"})
    assert landing.outcome == Outcome.PARENT_MEMBER


def test_a_unique_name_is_understood_as_its_code() -> None:
    assert mapper(*RULES).resolve({"account": "660202", "department": "财务部"}).members == {"org": "D110"}
