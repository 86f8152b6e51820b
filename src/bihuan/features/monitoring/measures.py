"""Terms and rows from amounts at leaves: roll-up along trees with weights, pure.

A leaf amount is (members, stage, whether released originally, amount). A node takes the leaves under it in each dimension,
times the product of their weights; amounts at weights that are no whole number are rounded to the cent at the node, half away
from zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from bihuan.engine.compiled import CompiledModel
from bihuan.features.monitoring.alert_text import Span
from bihuan.features.monitoring.model import Terms
from bihuan.kernel.calendar import Calendar
from bihuan.kernel.errors import NotFound

CENT = Decimal("0.01")
Stage = Literal["budget", "reserved", "committed", "executed"]


@dataclass(frozen=True, slots=True)
class LedgerAmount:
    """What stands in the ledger at one leaf coordinate; ``visible`` to the one who asks."""

    members: Mapping[str, str]
    stage: Stage
    original: bool
    amount: Decimal
    visible: bool = True


@dataclass(frozen=True, slots=True)
class Node:
    """A node's leaves by dimension: code -> weight."""

    leaves: Mapping[str, Mapping[str, Decimal]]

    def weight(self, members: Mapping[str, str]) -> Decimal:
        """What a leaf coordinate counts in the node; 0 when it lies outside."""
        weight = Decimal(1)
        for dim, leaves in self.leaves.items():
            weight *= leaves.get(members.get(dim, ""), Decimal(0))
        return weight


def node_of(model: CompiledModel, members: Mapping[str, str]) -> Node:
    """The leaves under a member in each dimension, along the main trees as they stand; raises `NotFound`."""
    out: dict[str, dict[str, Decimal]] = {}
    for dim, code in members.items():
        dimension = model.dimensions.get(dim)
        member = dimension.find(code) if dimension else None
        if dimension is None or member is None:
            raise NotFound(f"{dim} 里没有成员 {code}", dimension=dim, member=code)
        tree = dimension.trees.get("")
        under = tree.leaves_under(member.id) if tree else {member.id: 1.0}
        out[dim] = {dimension.by_id[i].code: Decimal(repr(w)) for i, w in under.items()}
    return Node(out)


def terms_of(node: Node, amounts: Sequence[LedgerAmount]) -> tuple[Terms, bool]:
    """The visible amounts under a node by term, and whether some under it are not visible."""
    sums: dict[str, Decimal] = {}
    partial = False
    for leaf in amounts:
        weight = node.weight(leaf.members)
        if not weight:
            continue
        if not leaf.visible:
            partial = True
            continue
        name = leaf.stage if leaf.stage != "budget" else "original" if leaf.original else "adjusted"
        sums[name] = sums.get(name, Decimal(0)) + leaf.amount * weight
    return Terms(**{name: amount.quantize(CENT, ROUND_HALF_UP) for name, amount in sums.items()}), partial


def span(calendar: Calendar, period: str, *, ytd: bool) -> tuple[str, ...]:
    """The leaf periods of a period or group; with ``ytd`` from its fiscal year's first period on the axis."""
    key = calendar.find(period)
    if key is None:
        raise NotFound(f"日历里没有期间 {period}", period=period)
    if key.grain == "base":
        first, last = key.index, key.index
    else:
        group = calendar.groups(key.grain)[key.index]
        first, last = group.start, group.stop - 1
    if ytd:
        first = calendar.groups("year")[calendar.group_of("year")[last]].start
    return calendar.codes[first : last + 1]


def progress(calendar: Calendar, period: str) -> Decimal:
    """时间进度: the share of the fiscal year's periods that have passed when ``period`` ends."""
    last = calendar.codes.index(span(calendar, period, ytd=False)[-1])
    return Decimal(calendar.numbers[last]) / calendar.per_year(calendar.years[last])


def period_on(calendar: Calendar, day: date) -> str:
    """The leaf period a day lies in; the first or last of the axis when it lies outside."""
    for index, code in enumerate(calendar.codes):
        if day <= calendar.last_day(index):
            return code
    return calendar.codes[-1]


def spanned(calendar: Calendar, period: str, how: Span) -> tuple[str, ...]:
    """The leaf periods of a span that ends with ``period``; "year" is the whole fiscal year, also what comes after."""
    if how != "year":
        return span(calendar, period, ytd=how == "to_date")
    last = calendar.codes.index(span(calendar, period, ytd=False)[-1])
    group = calendar.groups("year")[calendar.group_of("year")[last]]
    return calendar.codes[group.start : group.stop]


def pace(calendar: Calendar, period: str, how: Span) -> Decimal:
    """What share of a span's budget an even spender has used: of a year, the periods passed; of others, all of it."""
    return progress(calendar, period) if how == "year" else Decimal(1)
