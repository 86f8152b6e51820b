"""The left brackets of a rule: where it applies, and whether an earlier rule leaves it anything."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bihuan.engine.compiled import CompiledItem
from bihuan.engine.formula.bind import Binder
from bihuan.engine.formula.bind_reads import meant
from bihuan.engine.formula.bound import Binary, Call, Constant, Current, Node, Operator, Property, Rule, Unary, Within
from bihuan.engine.formula.lex import FormulaFault
from bihuan.engine.formula.scope import unknown
from bihuan.engine.formula.syntax import Infix, Pick, Statement, Syntax
from bihuan.kernel.calendar import Calendar
from bihuan.kernel.member import Dimension, Member

_COMPARE: Mapping[str, Callable[..., bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def bind_region(binder: Binder, item: CompiledItem, statement: Statement) -> Node | None:
    """The condition under which the rule applies; None = everywhere."""
    out: Node | None = None
    for written in statement.regions:
        one = _pick(binder, item, written) if isinstance(written, Pick) else binder.bind(written)
        binder.want(one, "boolean", written)
        at = Infix(op="AND", left=statement.regions[0], right=written, start=written.start, end=written.end)
        out = one if out is None else binder.logic("AND", out, one, at)
    return out


def _pick(binder: Binder, item: CompiledItem, at: Pick) -> Node:
    dim = binder.scope.need_dimension(at.dim, at)
    if dim == "period":
        return _period(binder, at)
    if dim not in item.dims:
        message = f"“{item.ref.item}”没有维度“{dim}”"
        expected = "、".join(item.dims) or "没有维度"
        raise FormulaFault("unknown_dimension", at.start, at.end, message, found=dim, expected=expected)
    dimension = binder.scope.dimensions[dim]
    member = dimension.find(at.member)
    if member is None:
        names = [name for m in dimension.members for name in (m.code, m.name)]
        raise unknown("member", f"“{dim}”的成员", at.member, at, names)
    return binder.within(dim, member.code, at)


def _period(binder: Binder, at: Pick) -> Node:
    """From the first to the last leaf period of what is named."""
    calendar = binder.scope.calendar
    plan = calendar.plan_range
    ends = {
        "first": (plan[0], plan[0]),
        "首期": (plan[0], plan[0]),
        "last": (plan[-1], plan[-1]),
        "末期": (plan[-1],) * 2,
    }
    span = ends.get(at.member)
    if span is None:
        key = calendar.find(at.member)
        if key is None:
            message = f"时间轴上没有期间“{at.member}”{meant(calendar, at.member)}"
            raise FormulaFault("unknown_period", at.start, at.end, message, found=at.member, expected=calendar.forms)
        message = f"公式里写死了期间 {at.member}；换年度时要记得改"
        binder.lints.append(FormulaFault("fixed_period", at.start, at.end, message, found=at.member))
        group = None if key.grain == "base" else calendar.groups(key.grain)[key.index]
        span = (key.index, key.index) if group is None else (group.start, group.stop - 1)
    now = binder.current("period", at)
    if span[0] == span[1]:
        return _compare(binder, at, "=", now, span[0])
    low, high = _compare(binder, at, ">=", now, span[0]), _compare(binder, at, "<=", now, span[1])
    return Binary(op="AND", left=low, right=high, type="boolean", **binder.shape(at, now))


def _compare(binder: Binder, at: Syntax, op: Operator, now: Current, index: int) -> Binary:
    limit = Constant(span=binder.span(at), type="period", value=float(index))
    return Binary(op=op, left=now, right=limit, type="boolean", **binder.shape(at, now))


def rule_at(
    item: CompiledItem,
    members: tuple[int, ...],
    index: int,
    dimensions: Mapping[str, Dimension],
    calendar: Calendar,
) -> Rule | Literal["?"] | None:
    """The rule that takes a leaf cell, None when none does, "?" when it depends on other items' values."""
    spot = _Spot(dict(zip(item.dims, members, strict=True)), item.grain, index, dimensions, calendar)
    for rule in item.rules:
        holds = True if rule.region is None else spot.holds(rule.region)
        if holds is not False:
            return rule if holds else "?"
    return None


@dataclass(frozen=True)
class _Spot:
    """A leaf cell at which conditions are judged as far as members, properties and the period tell."""

    members: Mapping[str, int]
    grain: str
    index: int
    dimensions: Mapping[str, Dimension]
    calendar: Calendar

    def holds(self, node: Node) -> bool | None:
        """A condition; None = not known from here."""
        match node:
            case Unary(op="NOT"):
                inner = self.holds(node.operand)
                return None if inner is None else not inner
            case Binary(op="AND" | "OR"):
                sides = [self.holds(side) for side in (node.left, node.right)]
                decisive = node.op == "OR"
                return decisive if decisive in sides else None if None in sides else not decisive
            case Within():
                return self.members[node.dim] in _leaves(node, self.dimensions)
            case Binary(op="=" | "<>" | "<" | ">" | "<=" | ">="):
                left, right = self._known(node.left), self._known(node.right)
                if left is None or right is None or isinstance(left, str) is not isinstance(right, str):
                    return None
                return bool(_COMPARE[node.op](left, right))
            case Call(function="YEAREND" | "YEARSTART"):
                return self._number() == (1 if node.function == "YEARSTART" else self._per_year())
        return None

    def _known(self, node: Node) -> str | float | None:
        match node:
            case Constant():
                return node.value
            case Property():
                return self._member(node.dim).properties.get(node.name, "")
            case Current(dim="period"):
                return self.index
            case Current(type="member"):
                return self._member(node.dim).code
            case Call(function="PERIODNO"):
                return self._number()
            case Call(function="PERIODS"):
                return self._per_year()
        return None

    def _member(self, dim: str) -> Member:
        return self.dimensions[dim].by_id[self.members[dim]]

    def _number(self) -> int:
        return self.calendar.grain_numbers(self.grain)[self.index]

    def _per_year(self) -> int:
        return self.calendar.grain_per_year(self.grain, self.calendar.grain_years(self.grain)[self.index])


def never_matches(region: Node | None, earlier: Sequence[Node | None], dimensions: Mapping[str, Dimension]) -> bool:
    """True when earlier rules surely take every cell: one without region, the same region, or all leaves of a member."""
    if any(one is None for one in earlier):
        return True
    if not isinstance(region, Within):
        return False
    left = set(_leaves(region, dimensions))
    for one in earlier:
        if isinstance(one, Within) and one.dim == region.dim:
            left -= set(_leaves(one, dimensions))
    return not left


def _leaves(region: Within, dimensions: Mapping[str, Dimension]) -> Mapping[int, float]:
    dimension = dimensions[region.dim]
    return dimension.trees[region.tree].leaves_under(dimension.by_code[region.member].id)
