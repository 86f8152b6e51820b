"""Binding of references to items: which members, which period, which version, and whether that is a number at all."""

from typing import TYPE_CHECKING

from bihuan.engine.compiled import CompiledItem
from bihuan.engine.formula import bound
from bihuan.engine.formula.bound import ItemRef, Node
from bihuan.engine.formula.foreign import SYNONYMS
from bihuan.engine.formula.functions import find_function
from bihuan.engine.formula.lex import FormulaFault
from bihuan.engine.formula.scope import qualified, unknown
from bihuan.engine.formula.syntax import Dotted, Pick, Reference
from bihuan.kernel.calendar import Calendar

if TYPE_CHECKING:
    from bihuan.engine.formula.bind import Binder

PARENT = ("PARENT", "上级")


def bind_read(binder: "Binder", at: Reference, ref: ItemRef) -> Node:
    """The read of an item, its dimensions aligned, pinned or refused."""
    item = binder.scope.items[ref]
    pins: list[bound.PinMember | bound.PinLookup] = []
    period: bound.PinPeriod | None = None
    version: str | None = None
    dims = set(item.dims)
    for pick in at.picks:
        dim = binder.scope.need_dimension(pick.dim, pick)
        if dim == "version":
            version = _version(binder, pick)
        elif dim == "period":
            if period is not None:
                raise FormulaFault("pinned_twice", pick.start, pick.end, "期间固定了两次")
            period = _period_pin(binder, item, pick)
        else:
            if dim not in dims:
                raise _not_pinnable(item, dim, pick)
            pins.append(_member_pin(binder, dim, pick))
            dims.discard(dim)
    for dim in sorted(dims):
        binder.need_allowed(dim, at)
    dims |= {d for pin in pins if isinstance(pin, bound.PinLookup) for d in pin.by.dims}
    timed = _timed(binder, item, period, at)
    timed = timed or any(isinstance(pin, bound.PinLookup) and pin.by.timed for pin in pins)
    if period is not None and period.kind == "role":
        dims.add(period.value)
    return bound.Read(
        span=binder.span(at),
        type="text" if item.type == "choice" else item.type,
        unit=item.unit.powers if item.unit is not None else None,
        dims=binder.ordered(dims),
        timed=timed,
        item=ref,
        pins=tuple(pins),
        period=period,
        version=version,
    )


def _not_pinnable(item: CompiledItem, dim: str, pick: Pick) -> FormulaFault:
    twice = dim in item.dims
    message = f"“{dim}”固定了两次" if twice else f"“{item.ref.item}”没有维度“{dim}”"
    code = "pinned_twice" if twice else "unknown_dimension"
    return FormulaFault(code, pick.start, pick.end, message, found=dim, expected="、".join(item.dims) or "没有维度")


def _version(binder: "Binder", pick: Pick) -> str:
    if pick.member not in binder.scope.versions:
        raise unknown("version", "版本", pick.member, pick, binder.scope.versions)
    return pick.member


def meant(calendar: Calendar, text: str) -> str:
    """``；是不是“2026-04”？`` for a period written another way, or nothing."""
    code = calendar.meant(text)
    return f"；是不是“{code}”？" if code else ""


def _period_pin(binder: "Binder", item: CompiledItem, pick: Pick) -> bound.PinPeriod:
    word, calendar = pick.member, binder.scope.calendar
    if not item.grain:
        raise FormulaFault("no_period", pick.start, pick.end, f"“{item.ref.item}”没有期间，不能按期间取")
    if word in {"first", "首期"}:
        return bound.PinPeriod(kind="first")
    if word in {"last", "末期"}:
        return bound.PinPeriod(kind="last")
    grouping = {"年": "year", "半年": "half", "季": "quarter", "月": "month"}.get(word, word)
    if grouping in calendar.groupings:
        if not binder.grain:
            raise FormulaFault("no_period", pick.start, pick.end, "没有期间的指标不知道本期属于哪一年")
        return bound.PinPeriod(kind="grouping", value=grouping)
    role = binder.scope.dimension(word)
    if role is not None and role in binder.scope.dimensions and binder.scope.dimensions[role].role_of == "period":
        binder.need_allowed(role, pick)
        return bound.PinPeriod(kind="role", value=role)
    key = calendar.find(word)
    if key is None:
        expected = f"{calendar.forms}；first、last、year"
        instead = SYNONYMS.get(word) or (found.name if (found := find_function(word)) is not None else "")
        near = f"；写 {instead}({item.ref.item})" if instead else meant(calendar, word)
        message = f"时间轴上没有期间“{word}”{near}"
        raise FormulaFault("unknown_period", pick.start, pick.end, message, found=word, expected=expected)
    message = f"公式里写死了期间 {word}；换年度时要记得改"
    binder.lints.append(FormulaFault("fixed_period", pick.start, pick.end, message, found=word))
    return bound.PinPeriod(kind="code", value=calendar.code(key))


def _member_pin(binder: "Binder", dim: str, pick: Pick) -> bound.PinMember | bound.PinLookup:
    dimension = binder.scope.dimensions[dim]
    member = dimension.find(pick.member)
    if member is not None:
        return bound.PinMember(dim=dim, member=member.code, tree=dimension.tree_of(member.id))
    if pick.member in PARENT:
        binder.need_allowed(dim, pick)
        return bound.PinLookup(dim=dim, by=bound.Above(span=binder.span(pick), type="member", dim=dim, dims=(dim,)))
    by = _lookup(binder, pick)
    if by is None:
        names = [name for m in dimension.members for name in (m.code, m.name)]
        raise unknown("member", f"“{dim}”的成员", pick.member, pick, names)
    return bound.PinLookup(dim=dim, by=by)


def _lookup(binder: "Binder", pick: Pick) -> Node | None:
    """What is not a member may be another dimension, a property of one, or an item of type member."""
    head, dot, tail = pick.member.partition(".")
    dim = binder.scope.dimension(head)
    if dim is not None and dim in binder.scope.dimensions:
        dotted = Dotted(dim=head, prop=tail, start=pick.start, end=pick.end)
        return binder.bind_property(dotted) if dot else binder.current(dim, pick)
    cube, mark, name = pick.member.rpartition("!")
    reference = Reference(name=name, cube=cube if mark else None, start=pick.start, end=pick.end)
    hits = binder.scope.in_cube(binder.scope.cube(cube, pick), name) if mark else []
    ref = hits[0] if hits else None if mark else binder.scope.item(binder.cube, name, pick)
    if ref is None:
        return None
    node = bind_read(binder, reference, ref)
    if node.type not in {"member", "text"}:
        raise binder.wrong_type(node, "成员", pick)
    return node


def _flow_per_period(item: CompiledItem, at: Reference) -> FormulaFault:
    name, grain = (
        item.ref.item,
        {"year": "年", "half": "半年", "quarter": "季", "month": "月"}.get(item.grain, item.grain),
    )
    evenly = f"平均到各期写 {name} / PERIODS()；" if item.grain == "year" else ""
    message = f"“{name}”是按{grain}的发生额，不能逐期读取；{evenly}按比例分的，给“{name}”写 time: last，再乘各期的比例"
    expected = f"{name} / PERIODS()" if evenly else "time: last"
    return FormulaFault("flow_per_period", at.start, at.end, message, found=name, expected=expected)


def _timed(binder: "Binder", item: CompiledItem, period: bound.PinPeriod | None, at: Reference) -> bool:
    """Whether the read varies over time here; refuses reads across levels that would mean something wrong."""
    if period is not None:
        return period.kind == "grouping"
    if not item.grain:
        return False
    if not binder.grain:
        message = f"没有期间的指标不能读按期间变化的“{item.ref.item}”；固定一个期间，或汇总 SUM(… OVER 期间)"
        raise FormulaFault("no_period", at.start, at.end, message, found=item.ref.item)
    mine, its = binder.scope.grain_rank(binder.grain), binder.scope.grain_rank(item.grain)
    if its > mine and item.time.kind == "sum" and not (binder.spreads and item.grain == "year"):
        raise _flow_per_period(item, at)
    if its < mine and item.time.kind == "none":
        message = f"“{qualified(item.ref)}”没有{binder.grain}合计（time: none），这里总是空"
        binder.lints.append(FormulaFault("always_blank", at.start, at.end, message, found=item.ref.item))
    return True
