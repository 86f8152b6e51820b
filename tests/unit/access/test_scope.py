"""The permission predicate against cell-by-cell reading of the same grants."""

import itertools
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bihuan.features.access.live import Event, hears
from bihuan.features.access.model import Principal
from bihuan.features.access.scope import Grant, Limit, Scope

# 集团 = 总部(财务 人事) + 事业部(销售 生产); 薪酬 and 差旅 are 费用
TREES: dict[str, dict[str, list[str]]] = {
    "org": {"集团": ["总部", "事业部"], "总部": ["财务", "人事"], "事业部": ["销售", "生产"]},
    "科目": {"费用": ["薪酬", "差旅"]},
    "period": {"2026": ["1月", "2月", "3月"]},
}
LEAVES = {
    "org": ["财务", "人事", "销售", "生产"],
    "科目": ["薪酬", "差旅"],
    "period": ["1月", "2月", "3月"],
}


def under(dim: str, code: str) -> list[str]:
    below = TREES[dim].get(code)
    return [code] if below is None else [leaf for child in below for leaf in under(dim, child)]


@dataclass
class Trees:
    """Hierarchies by the dictionaries above."""

    asked: list[str] = field(default_factory=list)

    def size(self, dim: str) -> int:
        return len(LEAVES[dim])

    def leaves(self, dim: str, member: str, tree: str = "") -> NDArray[np.int32]:
        self.asked.append(member)
        return np.array([LEAVES[dim].index(m) for m in under(dim, member) if m in LEAVES[dim]], np.int32)

    def every(self, dim: str) -> NDArray[np.int32]:
        return np.arange(len(LEAVES[dim]), dtype=np.int32)

    def own(self, dim: str, member: str) -> NDArray[np.int32]:
        return self.leaves(dim, member) if member in LEAVES[dim] else np.zeros(0, np.int32)


def limit(**members: str) -> dict[str, tuple[tuple[Limit, ...], ...]]:
    return {dim: (tuple(Limit(m) for m in codes.split()),) for dim, codes in members.items()}


def person(*grants: Grant) -> Principal:
    return Principal(7, "li", "李", grants=grants, hierarchies=lambda _model: Trees())


SELLER = (
    Grant("plan.read", limits=limit(org="事业部")),
    Grant("plan.read", "deny", limits=limit(科目="薪酬", org="生产")),
)


@pytest.mark.parametrize(
    ("org", "account", "expected"),
    [
        ("销售", "薪酬", "inside"),
        ("销售", "费用", "inside"),
        ("生产", "差旅", "inside"),
        ("生产", "薪酬", "outside"),
        ("生产", "费用", "partial"),
        ("事业部", "费用", "partial"),
        ("集团", "差旅", "partial"),
        ("财务", "差旅", "outside"),
        ("没有这个部门", "差旅", "outside"),
    ],
)
def test_a_node_is_inside_partial_or_outside(org: str, account: str, expected: str) -> None:
    assert person(*SELLER).scope("plan.read", "m").classify({"org": org, "科目": account}) == expected


def test_deny_wins_whatever_the_order_of_the_grants() -> None:
    for grants in itertools.permutations(SELLER):
        assert not person(*grants).may("plan.read", model="m", org="生产", 科目="薪酬")


def test_a_grant_limited_to_an_organisation_says_nothing_about_a_company_wide_parameter() -> None:
    scope = person(*SELLER).scope("plan.read", "m")
    assert scope.classify({"科目": "差旅"}) == "outside"
    assert not scope.rows(["科目"], np.array([[1]], np.int32)).any()


def test_a_denied_item_is_denied_also_when_the_caller_forgot_to_name_the_item() -> None:
    actor = person(Grant("plan.read"), Grant("plan.read", "deny", limits=limit(item="费用!薪酬")))
    assert actor.may("plan.read", model="m", item="费用!差旅", org="销售")
    assert not actor.may("plan.read", model="m", item="费用!薪酬", org="销售")
    assert not actor.may("plan.read", model="m", org="销售")


def test_items_versions_and_models_are_matched_by_name_with_a_star() -> None:
    actor = person(Grant("plan.*", limits=limit(item="费用!*", version="B2026 预算", model="m-*")))
    assert actor.may("plan.write", model="m-company", item="费用!差旅", version="预算")
    assert not actor.may("plan.write", model="m-company", item="收入!销售", version="预算")
    assert not actor.may("plan.write", model="m-company", item="费用!差旅", version="实际")
    assert not actor.may("plan.write", model="other", item="费用!差旅", version="预算")


def test_a_route_asks_whether_the_action_is_held_anywhere() -> None:
    assert person(*SELLER).holds("plan.read")
    assert not person(*SELLER).holds("plan.write")
    assert not person(Grant("plan.read"), Grant("plan.*", "deny")).holds("plan.read")


def test_totals_without_detail_show_sums_of_several_cells_and_never_one_cell() -> None:
    actor = person(Grant("plan.read", limits=limit(org="销售")), Grant("plan.read", totals=True))
    scope = actor.scope("plan.read", "m")
    assert scope.classify({"org": "集团", "科目": "费用"}) == "inside"
    assert scope.classify({"org": "财务", "科目": "薪酬"}) == "outside"
    rows = np.array([[0, 0], [2, 0]], np.int32)
    assert scope.rows(["org", "科目"], rows).tolist() == [False, True]


def test_a_limit_to_the_member_alone_leaves_out_what_is_below() -> None:
    actor = person(Grant("plan.read", limits={"org": ((Limit("集团", only=True), Limit("财务", only=True)),)}))
    assert actor.scope("plan.read", "m").mask("org").tolist() == [True, False, False, False]


def test_more_than_sixty_four_grants_need_more_than_one_word() -> None:
    grants = [Grant("plan.read", limits=limit(org="财务"))] * 70 + [Grant("plan.read", limits=limit(org="生产"))]
    scope = person(*grants, Grant("plan.read", "deny", limits=limit(科目="薪酬"))).scope("plan.read", "m")
    assert scope.classify({"org": "生产", "科目": "差旅"}) == "inside"
    assert scope.classify({"org": "生产", "科目": "薪酬"}) == "outside"
    assert scope.classify({"org": "人事", "科目": "差旅"}) == "outside"


def test_the_trees_are_not_loaded_for_unlimited_grants() -> None:
    trees = Trees()
    actor = Principal(1, "a", "a", grants=(Grant("*"),), hierarchies=lambda _model: trees)
    assert actor.scope("plan.read", "m").is_everything
    assert actor.may("plan.read", model="m", org="财务")
    assert trees.asked == []


@pytest.mark.parametrize(
    ("where", "heard"),
    [
        ({"version": "预算"}, True),
        ({"version": "预算", "org": "事业部"}, True),
        ({"version": "预算", "org": "集团"}, True),
        ({"version": "预算", "org": "财务"}, False),
        ({"version": "预算", "org": "生产", "科目": "薪酬"}, False),
        ({"version": "实际"}, False),
    ],
)
def test_an_event_touches_whoever_may_see_a_part_of_where_it_happened(where: dict[str, str], heard: bool) -> None:
    mine = Grant("plan.read", limits=limit(org="事业部", version="预算"))
    assert hears(person(mine, SELLER[1]), Event("plan.changed", "plan.read", "m", where)) is heard


NODES = {dim: [*TREES[dim], *LEAVES[dim]] for dim in LEAVES}
group = {dim: st.lists(st.sampled_from(NODES[dim]), min_size=1, max_size=2) for dim in LEAVES}
limits = st.fixed_dictionaries(
    {},
    optional={
        dim: st.lists(group[dim].map(lambda ms: tuple(map(Limit, ms))), min_size=1, max_size=2).map(tuple) for dim in LEAVES
    },
)  # fmt: skip
grants = st.lists(
    st.builds(Grant, st.just("a"), st.sampled_from(["allow", "allow", "deny"]), limits, st.just(False)), max_size=5
)


def sees(grant_list: list[Grant], cell: dict[str, str]) -> bool:
    """One cell, read off the grants one by one."""

    def matches(grant: Grant) -> bool:
        return all(
            any(cell[dim] in under(dim, m.member) for m in one_group)
            for dim, groups in grant.limits.items()
            for one_group in groups
        )

    matching = [g.effect for g in grant_list if matches(g)]
    return "allow" in matching and "deny" not in matching


@settings(max_examples=150, deadline=None)
@given(grants)
def test_masks_and_classes_equal_the_reading_of_single_cells(grant_list: list[Grant]) -> None:
    scope = Scope(tuple(grant_list), Trees())
    dims = list(LEAVES)
    cells = {c: sees(grant_list, dict(zip(dims, c, strict=True))) for c in itertools.product(*LEAVES.values())}
    ids = np.array(list(itertools.product(range(4), range(2))), np.int32)
    mask = scope.cells(["org", "科目"], ids, np.arange(3, dtype=np.int32))
    assert mask.ravel().tolist() == list(cells.values())
    for node in itertools.product(*NODES.values()):
        found = [cells[c] for c in itertools.product(*(under(d, m) for d, m in zip(dims, node, strict=True)))]
        expected = "inside" if all(found) else "partial" if any(found) else "outside"
        assert scope.classify(dict(zip(dims, node, strict=True))) == expected
        assert scope.touches(dict(zip(dims, node, strict=True))) == any(found)
    for at, dim in enumerate(dims):
        listed = [any(seen for c, seen in cells.items() if c[at] == leaf) for leaf in LEAVES[dim]]
        assert scope.mask(dim).tolist() == listed
        assert [scope.touches({dim: leaf}) for leaf in LEAVES[dim]] == listed


def test_a_member_all_of_whose_cells_are_denied_is_not_listed() -> None:
    actor = person(
        Grant("plan.read", limits=limit(org="销售", 科目="差旅")),
        Grant("plan.*", "deny", limits=limit(科目="差旅")),
    )
    scope = actor.scope("plan.read", "m")
    assert not scope.mask("org").any()
    assert not scope.touches({"org": "事业部"})


@pytest.mark.parametrize("part", ["model", "org", "科目"])
def test_what_has_no_place_is_held_whole_or_not_at_all(part: str) -> None:
    whole, limited = Grant("integration.*"), Grant("integration.*", limits=limit(**{part: "销售"}))
    assert person(whole).holds("integration.read")
    assert not person(limited).holds("integration.read")
    assert not person(whole, Grant("*", "deny", limits=limit(**{part: "销售"}))).holds("integration.read")
