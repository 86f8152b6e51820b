"""The execution board: ledger amounts rolled up over an organisation tree × an item tree at once. Pure.

Every amount at a leaf is added to every pair of nodes above it, so a board of any depth costs one pass over the leaves.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from bihuan.engine.compiled import CompiledModel
from bihuan.features.monitoring.alert_text import Span
from bihuan.features.monitoring.measures import CENT, LedgerAmount
from bihuan.features.monitoring.model import Terms, VarianceRow, plus
from bihuan.kernel.errors import Invalid, NotFound

ZERO = Decimal(0)
Seen = Literal["inside", "partial", "outside"]


@dataclass(frozen=True, slots=True)
class AxisNode:
    """A node of one axis in display order. ``own``: the 本级 of a node that has children."""

    code: str
    name: str
    parent: str | None
    depth: int
    leaf: bool
    own: bool = False


@dataclass(frozen=True)
class Axis:
    """A tree of rows: the nodes under ``root``, and for each leaf the nodes above it with their weights."""

    dim: str
    nodes: tuple[AxisNode, ...]
    above: Mapping[str, tuple[tuple[str, Decimal], ...]]

    @property
    def root(self) -> str:
        """The top node; "" when none may be seen."""
        return self.nodes[0].code if self.nodes else ""


def axis_of(model: CompiledModel, dim: str, root: str | None = None) -> Axis:
    """The main tree of a dimension below ``root`` (default: its only top), in display order."""
    dimension = model.dimensions.get(dim)
    if dimension is None:
        raise NotFound(f"模型里没有维度 {dim}", dimension=dim)
    tree = dimension.trees.get("")
    parent_of, children = (tree.parent_of(), tree.children()) if tree else ({}, {})
    if root is None:
        # a member that only another tree groups has no place in the main one
        standing = {*parent_of, *children} or {m.id for m in dimension.members}
        tops = [m for m in dimension.members if m.id in standing and m.id not in parent_of]
        if len(tops) != 1:
            raise Invalid(f"{dim} 有 {len(tops)} 个顶层成员，要指定一个", dimension=dim, found=[m.code for m in tops])
        top = tops[0]
    else:
        found = dimension.find(root)
        if found is None:
            raise NotFound(f"{dim} 里没有成员 {root}", dimension=dim, member=root)
        top = found
    nodes: list[AxisNode] = []
    above: dict[str, tuple[tuple[str, Decimal], ...]] = {}
    stack: list[tuple[int, str | None, tuple[tuple[str, Decimal], ...]]] = [(top.id, None, ())]
    while stack:
        member_id, parent, path = stack.pop()
        member, below = dimension.by_id[member_id], children.get(member_id, ())
        reached = (*path, (member.code, Decimal(1)))
        nodes.append(AxisNode(member.code, member.name, parent, len(path), not below, member.own_of is not None))
        if not below:
            above[member.code] = reached
        for edge in reversed(below):
            weight = Decimal(repr(edge.weight))
            stack.append((edge.child, member.code, tuple((code, w * weight) for code, w in reached)))
    return Axis(dim, tuple(nodes), above)


@dataclass(frozen=True)
class Board:
    """Rows by (first axis node, second axis node); what the reader may not see is not in it. A place without amounts has no row.

    ``policy``: the code of the policy whose ledger this is; ``transfer_flow``: the approval its transfers go through.
    """

    item: str
    policy: str
    transfer_flow: str
    period: str
    span: Span
    axes: tuple[Axis, ...]
    rows: Mapping[tuple[str, ...], VarianceRow]

    @property
    def total(self) -> VarianceRow | None:
        """The row of the roots; None when nothing stands there or may be seen."""
        return self.rows.get(tuple(axis.root for axis in self.axes))


def roll_up(
    axes: Sequence[Axis], amounts: Iterable[LedgerAmount], see: Callable[[tuple[str, ...]], Seen]
) -> dict[tuple[str, ...], tuple[Terms, bool]]:
    """Terms of every node pair that has amounts under it, and whether they are those of its visible part only.

    ``see`` classifies a node: of one wholly inside all amounts count, of a partly visible one the visible leaves.
    """
    whole: dict[tuple[str, ...], dict[str, Decimal]] = {}
    visible: dict[tuple[str, ...], dict[str, Decimal]] = {}
    for leaf in amounts:
        name = leaf.stage if leaf.stage != "budget" else "original" if leaf.original else "adjusted"
        for node, weight in _nodes_above(axes, leaf.members):
            value = leaf.amount * weight
            for sums in (whole, visible) if leaf.visible else (whole,):
                at = sums.setdefault(node, {})
                at[name] = at.get(name, ZERO) + value
    out = {}
    for node, all_of_it in whole.items():
        seen = see(node)
        if seen == "inside":
            out[node] = (_terms(all_of_it), False)
        elif seen == "partial" and node in visible:
            out[node] = (_terms(visible[node]), True)
    return out


def _nodes_above(axes: Sequence[Axis], members: Mapping[str, str]) -> list[tuple[tuple[str, ...], Decimal]]:
    found: list[tuple[tuple[str, ...], Decimal]] = [((), Decimal(1))]
    for axis in axes:
        path = axis.above.get(members.get(axis.dim, ""), ())
        found = [((*node, code), weight * w) for node, weight in found for code, w in path]
    return found


def _terms(sums: Mapping[str, Decimal]) -> Terms:
    return Terms(**{name: amount.quantize(CENT, ROUND_HALF_UP) for name, amount in sums.items()})


def measures_of(
    row: VarianceRow, *, passed: int, left: int, span: Span, oldest: int | None
) -> dict[str, Decimal | None]:
    """What `conditions` may name, of one row. ``passed``, ``left``: periods of the fiscal year; ``oldest`` hold in days."""
    terms, budget = row.terms, row.terms.budget
    used = plus(plus(terms.executed, terms.committed), terms.reserved)
    bad = row.difference if row.favourable_when != "more" or row.difference is None else -row.difference
    size = abs(budget) if budget else None
    return {
        "预算": budget,
        "原预算": terms.original,
        "调整": terms.adjusted,
        "执行": terms.executed,
        "占用": terms.committed,
        "预占": terms.reserved,
        "可用": row.available,
        "超出": -row.available if row.available is not None and row.available < 0 else None,
        "差异": row.difference,
        "差异率": row.rate,
        "不利差异": bad,
        "不利差异率": None if bad is None or size is None else bad / size,
        "执行率": row.execution_rate,
        "含占用执行率": None if used is None or not budget else used / budget,
        "时间进度": row.progress,
        "已过期数": Decimal(passed),
        "剩余期数": Decimal(left),
        "月均执行": terms.executed / passed if span == "year" and terms.executed is not None and passed else None,
        "最久预占天数": None if oldest is None else Decimal(oldest),
    }
