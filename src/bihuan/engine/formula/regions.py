"""The left brackets of a rule: where it applies, and whether an earlier rule leaves it anything."""

import operator
from collections.abc import Callable, Mapping, Sequence

from bihuan.engine.compiled import CompiledItem
from bihuan.engine.formula.bind import Binder
from bihuan.engine.formula.bound import Binary, Call, Constant, Current, Node, Operator, Property, Unary, Within
from bihuan.engine.formula.lex import FormulaFault
from bihuan.engine.formula.scope import Scope, unknown
from bihuan.engine.formula.syntax import Infix, Pick, Statement, Syntax
from bihuan.kernel.member import Dimension

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
    return Within(dim=dim, member=member.code, type="boolean", span=binder.span(at), dims=(dim,))


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
            message = f"时间轴上没有期间“{at.member}”"
            expected = f"{calendar.codes[0]} 到 {calendar.codes[-1]}"
            raise FormulaFault("unknown_period", at.start, at.end, message, found=at.member, expected=expected)
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


def filled_by(item: CompiledItem, members: tuple[int, ...], index: int, scope: Scope) -> bool:
    """Whether a rule surely takes the cell. Conditions on other items' values are not judged: then False."""
    at = dict(zip(item.dims, members, strict=True))
    for rule in item.rules:
        holds = True if rule.region is None else _holds(rule.region, at, index, item.grain, scope)
        if holds is not False:
            return holds is True
    return False


def _holds(node: Node, at: Mapping[str, int], index: int, grain: str, scope: Scope) -> bool | None:
    """A condition at a cell, as far as it follows from members, properties and the period; None = not known here."""
    match node:
        case Unary(op="NOT"):
            inner = _holds(node.operand, at, index, grain, scope)
            return None if inner is None else not inner
        case Binary(op="AND" | "OR"):
            sides = [_holds(side, at, index, grain, scope) for side in (node.left, node.right)]
            decisive = node.op == "OR"
            return decisive if decisive in sides else None if None in sides else not decisive
        case Within():
            return at[node.dim] in _leaves(node, scope.dimensions)
        case Binary(op="=" | "<>" | "<" | ">" | "<=" | ">="):
            left, right = (_known(side, at, index, grain, scope) for side in (node.left, node.right))
            if left is None or right is None or isinstance(left, str) is not isinstance(right, str):
                return None
            return bool(_COMPARE[node.op](left, right))
        case Call(function="YEAREND" | "YEARSTART"):
            number = scope.calendar.grain_numbers(grain)[index]
            wanted = 1 if node.function == "YEARSTART" else _per_year(index, grain, scope)
            return number == wanted
    return None


def _known(node: Node, at: Mapping[str, int], index: int, grain: str, scope: Scope) -> str | float | None:
    match node:
        case Constant():
            return node.value
        case Property():
            return scope.dimensions[node.dim].by_id[at[node.dim]].properties.get(node.name, "")
        case Current(dim="period"):
            return index
        case Current(type="member"):
            return scope.dimensions[node.dim].by_id[at[node.dim]].code
        case Call(function="PERIODNO"):
            return scope.calendar.grain_numbers(grain)[index]
        case Call(function="PERIODS"):
            return _per_year(index, grain, scope)
    return None


def _per_year(index: int, grain: str, scope: Scope) -> int:
    return scope.calendar.grain_per_year(grain, scope.calendar.grain_years(grain)[index])


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


def _leaves(region: Within, dimensions: Mapping[str, Dimension]) -> dict[int, float]:
    dimension = dimensions[region.dim]
    return dimension.trees[region.tree].leaves_under(dimension.by_code[region.member].id)
