"""Trees: weights multiply along the path, edges hold for their days, what is no tree is found."""

from datetime import date

from bihuan.kernel.hierarchy import Edge, Hierarchy
from bihuan.kernel.member import Dimension, Member

# 集团 0 ← 子公司 1 (60 %) ← 部门 2, 3 (成本减项 -1); 4 joins the group in July
GROUP = Hierarchy(
    "",
    (
        Edge(1, 0, 0.6),
        Edge(2, 1),
        Edge(3, 1, -1.0),
        Edge(4, 0, 1.0, date(2026, 7, 1)),
        Edge(4, 9, 1.0, None, date(2026, 7, 1)),
    ),
)


def test_weights_multiply_along_the_path_to_each_leaf() -> None:
    assert GROUP.leaves_under(0) == {2: 0.6, 3: -0.6, 4: 1.0}
    assert GROUP.leaves_under(1) == {2: 1.0, 3: -1.0}


def test_a_leaf_is_the_only_leaf_under_itself() -> None:
    assert GROUP.leaves_under(2) == {2: 1.0}


def test_a_member_counts_where_it_stands_that_day() -> None:
    assert 4 not in GROUP.leaves_under(0, date(2026, 6, 30))
    assert GROUP.leaves_under(9, date(2026, 6, 30)) == {4: 1.0}
    assert GROUP.leaves_under(0, date(2026, 7, 1))[4] == 1.0
    assert GROUP.boundaries == (date(2026, 7, 1),)


def test_the_closure_lists_every_node_above_with_its_weight() -> None:
    assert {(m, n): w for m, n, w in GROUP.closure() if m == 3} == {(3, 3): 1.0, (3, 1): -1.0, (3, 0): -0.6}


def test_a_circle_and_a_second_parent_are_found() -> None:
    assert Hierarchy("", (Edge(1, 2), Edge(2, 3), Edge(3, 1))).faults() == [("cycle", (1, 2, 3, 1))]
    assert Hierarchy("", (Edge(1, 2), Edge(1, 3))).faults() == [("two_parents", (1, 2, 3))]
    assert GROUP.faults() == []


def test_a_circle_that_exists_only_for_some_days_is_found() -> None:
    turn = date(2026, 7, 1)
    edges = (Edge(1, 2, 1, None, turn), Edge(2, 1, 1, turn, None))
    assert Hierarchy("", edges).faults() == []
    assert Hierarchy("", (*edges, Edge(1, 2, 1, date(2026, 6, 1), date(2026, 8, 1)))).faults()[0][0] == "cycle"


def test_members_are_found_by_code_and_by_a_name_only_one_has() -> None:
    members = (Member(0, "A", "甲"), Member(1, "B", "乙"), Member(2, "C", "乙"))
    dimension = Dimension("d", "d", members, {"": Hierarchy("", (Edge(1, 0),))})
    assert dimension.find("甲") == members[0]
    assert dimension.find("B") == members[1]
    assert dimension.find("乙") is None
    assert dimension.leaves == members[1:]
