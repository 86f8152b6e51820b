"""Binding of function calls, one small function per family of `functions`."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from bihuan.engine.formula.bound import (
    TYPE_NAMES,
    Aggregate,
    Binary,
    Call,
    Constant,
    Node,
    Share,
    Shift,
    Unary,
    Window,
)
from bihuan.engine.formula.financial import MONEY
from bihuan.engine.formula.foreign import ADVICE, SYNONYMS
from bihuan.engine.formula.functions import Family, Function, find_function, nearest_functions
from bihuan.engine.formula.lex import FormulaFault
from bihuan.engine.formula.scope import unknown
from bihuan.engine.formula.syntax import Dotted, Infix, Invocation, Syntax
from bihuan.engine.formula.words import KINDS
from bihuan.kernel.unit import Powers, show

if TYPE_CHECKING:
    from bihuan.engine.formula.bind import Binder, Shape

MAX_SHIFT = 1200  # periods


def bind_call(binder: "Binder", at: Invocation) -> Node:
    """Any call; refuses unknown functions, wrong counts of arguments and clauses that do not belong."""
    function = find_function(at.function)
    if function is None:
        message = f"没有函数 {at.function}{_instead(at.function)}"
        raise FormulaFault("unknown_function", at.start, at.end, message, found=at.function)
    count = len(at.args)
    if count < function.least or (function.most is not None and count > function.most):
        message = f"{function.name} 的写法是 {function.form}，这里有 {count} 个参数"
        raise FormulaFault("arguments", at.start, at.end, message, found=str(count), expected=function.form)
    clauses = [word for word, part in (("OVER", at.over), ("BY", at.by), ("WHERE", at.where)) if part]
    if clauses and function.family not in {"fold", "share", "allocate", "ifs", "flows"}:
        message = f"{function.name} 后面不能写 {clauses[0]}"
        raise FormulaFault("arguments", at.start, at.end, message, found=clauses[0], expected=function.form)
    return _FAMILIES[function.family](binder, at, function)


def _instead(written: str) -> str:
    """How it is written here, else which names look like it."""
    if (advice := ADVICE.get(written.upper())) is not None:
        return f"；{advice}"
    near = nearest_functions(SYNONYMS.get(written, written))
    return f"；是不是 {' 或 '.join(near)}？" if near else "；函数都在 docs/reference/formulas.md"


# --- functions of cells ---------------------------------------------------------------------------------------------


def _call(
    binder: "Binder",
    at: Invocation,
    function: Function,
    args: list[Node],
    *,
    kind: str = "number",
    unit: Powers | None = (),
) -> Call:
    return Call(function=function.name, args=tuple(args), type=kind, unit=unit, **binder.shape(at, *args))


def _numbers(binder: "Binder", at: Invocation) -> list[Node]:
    args = [binder.bind(arg) for arg in at.args]
    for arg, written in zip(args, at.args, strict=True):
        binder.want(arg, "number", written)
    return args


def _lazy(binder: "Binder", at: Invocation, function: Function) -> Node:
    args = [binder.bind(arg) for arg in at.args]
    if function.name == "SWITCH":
        results = _switch(binder, at, args)
    elif function.name in {"IF", "IFS"}:
        conditions = args[:1] if function.name == "IF" else args[0::2]
        results = args[1:] if function.name == "IF" else args[1::2]
        if function.name == "IFS" and len(args) % 2:
            message = "IFS 的条件和值要成对"
            raise FormulaFault("arguments", at.start, at.end, message, found=str(len(args)), expected=function.form)
        for condition in conditions:
            binder.want(condition, "boolean", at.args[args.index(condition)])
    else:
        results = args
    kind = _one_type(at, results)
    unit = binder.one_unit(at, *results) if kind == "number" else ()
    return _call(binder, at, function, args, kind=kind, unit=unit)


def _switch(binder: "Binder", at: Invocation, args: list[Node]) -> list[Node]:
    """Turns the cases into what they are compared as; returns the results."""
    pairs = (len(args) - 1) // 2
    for i in range(1, 1 + 2 * pairs, 2):
        case = at.args[i]
        compared = binder.compare(
            "=", args[0], args[i], Infix(op="=", left=at.args[0], right=case, start=case.start, end=case.end)
        )
        if isinstance(compared, Binary):
            args[i] = compared.right
    results = args[2 : 1 + 2 * pairs : 2]
    return [*results, args[-1]] if len(args) % 2 == 0 else results


def _one_type(at: Invocation, results: list[Node]) -> str:
    kinds = {node.type for node in results}
    if kinds == {"text", "member"}:
        return "text"
    if len(kinds) > 1:
        found = "、".join(TYPE_NAMES[kind] for kind in sorted(kinds))
        message = f"各个结果的类型不一样：{found}；都写成同一类，要空着就不写那一支"
        raise FormulaFault("type", at.start, at.end, message, found=found, expected="同一类型")
    return kinds.pop()


def _test(binder: "Binder", at: Invocation, function: Function) -> Node:
    return _call(binder, at, function, [binder.bind(at.args[0])], kind="boolean")


def _logic(binder: "Binder", at: Invocation, function: Function) -> Node:
    args = [binder.bind(arg) for arg in at.args]
    for arg, written in zip(args, at.args, strict=True):
        binder.want(arg, "boolean", written)
    if function.name == "NOT":
        return Unary(op="NOT", operand=args[0], type="boolean", **binder.shape(at, args[0]))
    out = args[0]
    for arg in args[1:]:
        op = "AND" if function.name == "AND" else "OR"
        out = Binary(op=op, left=out, right=arg, type="boolean", **binder.shape(at, out, arg))  # type: ignore[arg-type]
    return out


def _same(binder: "Binder", at: Invocation, function: Function) -> Node:
    args = _numbers(binder, at)
    if function.name in {"CEILING", "FLOOR"} and len(args) == 1:
        args.append(Constant(span=binder.span(at), value=1.0))
    return _call(binder, at, function, args, unit=binder.one_unit(at, *args))


def _round(binder: "Binder", at: Invocation, function: Function) -> Node:
    args = _numbers(binder, at)
    if len(args) == 1 and function.name != "INT":
        args.append(Constant(span=binder.span(at), value=0.0))
    if len(args) == 2:
        _dimensionless(at, args[1], function)
    return _call(binder, at, function, args, unit=args[0].unit)


def _plain(binder: "Binder", at: Invocation, function: Function) -> Node:
    args = _numbers(binder, at)
    if function.name == "POWER":
        return binder.arithmetic("^", args[0], args[1], at)
    unit = args[0].unit
    if function.name == "SIGN":
        return _call(binder, at, function, args)
    if function.name == "SQRT" and unit and all(p % 2 == 0 for _, p in unit):
        return _call(binder, at, function, args, unit=tuple((name, p // 2) for name, p in unit))
    _dimensionless(at, args[0], function)
    return _call(binder, at, function, args, unit=unit)


def _money(binder: "Binder", at: Invocation, function: Function) -> Node:
    """Loans and depreciation: rates and counts have no unit, the amounts share one, which is the result's."""
    args = _numbers(binder, at)
    amounts = args[MONEY[function.name]]
    for arg, written in zip(args, at.args, strict=True):
        if not any(arg is amount for amount in amounts):
            _dimensionless(written, arg, function)
    return _call(binder, at, function, args, unit=binder.one_unit(at, *amounts))


def _words(binder: "Binder", at: Invocation, function: Function) -> Node:
    """Text and date functions; a text literal where a date is wanted is read as one, a member is its code."""
    wanted, gives = KINDS[function.name]
    args: list[Node] = []
    for written, kind in zip(at.args, wanted, strict=True):
        arg = binder.bind(written)
        if kind == "t" and arg.type not in {"text", "member"}:
            binder.want(arg, "text", written)
        elif kind == "n":
            binder.want(arg, "number", written)
            if function.name != "TEXT" or args:
                _dimensionless(written, arg, function)
        elif kind == "d":
            arg = binder.date_of(arg, written)
        args.append(arg)
    return _call(binder, at, function, args, kind={"t": "text", "n": "number", "d": "date"}[gives])


def _dimensionless(at: Syntax, node: Node, function: Function) -> None:
    if node.unit:
        message = f"{function.name} 的这个参数不能有单位，这里是 {show(node.unit)}"
        raise FormulaFault("unit", at.start, at.end, message, found=show(node.unit), expected="1")


# --- time -----------------------------------------------------------------------------------------------------------


def _need_period(binder: "Binder", at: Invocation, function: Function) -> None:
    if not binder.grain:
        message = f"没有期间的指标不能用 {function.name}"
        raise FormulaFault("no_period", at.start, at.end, message, found=function.name)


def _clock(binder: "Binder", at: Invocation, function: Function) -> Node:
    _need_period(binder, at, function)
    kinds = {"PERIODNO": "number", "PERIODS": "number", "PERIODSTART": "date", "PERIODEND": "date"}
    kind = kinds.get(function.name, "boolean")
    return Call(span=binder.span(at), function=function.name, args=(), type=kind, timed=True)


def _whole(at: Syntax, node: Node, least: int) -> int:
    value = node.value if isinstance(node, Constant) else None
    if not isinstance(value, float) or not value.is_integer() or not least <= value <= MAX_SHIFT:
        raise FormulaFault(
            "whole_number", at.start, at.end, f"期数要写明的整数，{least} 到 {MAX_SHIFT}", expected="整数"
        )
    return int(value)


def _shift(binder: "Binder", at: Invocation, function: Function) -> Node:
    _need_period(binder, at, function)
    operand = binder.bind(at.args[0])
    counted = function.name in {"LAG", "LEAD"}
    count = _whole(at.args[1], binder.bind(at.args[1]), 0) if counted else 1
    given = at.args[2 if counted else 1 :]
    default = binder.bind(given[0]) if given else None
    unit = operand.unit
    parts = [operand]
    if default is not None:
        if default.type != operand.type:
            raise FormulaFault(
                "type", given[0].start, given[0].end, "备用值的类型不一样", found=default.type, expected=operand.type
            )
        unit = binder.one_unit(at, operand, default) if operand.type == "number" else unit
        parts.append(default)
    sign = 1 if function.name in {"NEXT", "LEAD"} else -1
    years = function.name == "YEAR_AGO"
    shape: Shape = {**binder.shape(at, *parts), "timed": True}
    return Shift(
        operand=operand,
        offset=0 if years else sign * count,
        years=-1 if years else 0,
        default=default,
        type=operand.type,
        unit=unit,
        **shape,
    )


def _window(binder: "Binder", at: Invocation, function: Function) -> Node:
    _need_period(binder, at, function)
    operand = binder.bind(at.args[0])
    if function.name not in {"OPENING", "CLOSING"}:
        binder.want(operand, "number", at.args[0])
    if (
        function.name == "QTD"
        and "quarter" not in binder.scope.calendar.groupings
        and binder.scope.calendar.base != "quarter"
    ):
        raise FormulaFault("no_quarter", at.start, at.end, "这个日历没有季度", found="QTD")
    count = _whole(at.args[1], binder.bind(at.args[1]), 1) if function.name == "ROLLING" else 0
    if function.name in {"YTD", "QTD", "CUM"} and (kept := binder.read_item(operand)) is not None:
        kind = kept.time.kind
        if kind == "last":
            return operand
        if kind in {"formula", "expression", "none", "average"}:
            message = f"“{kept.ref.item}”是比率或均值，逐期相加没有意义；累计它的分子和分母"
            raise FormulaFault("ratio_summed", at.start, at.end, message, found=kept.ref.item, expected="发生额")
    shape: Shape = {**binder.shape(at, operand), "timed": True}
    return Window(
        function=function.name,  # type: ignore[arg-type]  # the family holds these six
        operand=operand,
        count=count,
        type=operand.type,
        unit=operand.unit,
        **shape,
    )


# --- over dimensions ------------------------------------------------------------------------------------------------


def _over(binder: "Binder", at: Invocation) -> list[str]:
    dims = [binder.scope.need_dimension(name, at) for name in at.over]
    if "version" in dims:
        raise FormulaFault("unknown_dimension", at.start, at.end, "不能跨版本汇总", found="version")
    if len(set(dims)) < len(dims):
        raise FormulaFault("arguments", at.start, at.end, "OVER 里维度重复", found="、".join(dims))
    return dims


def _fold(binder: "Binder", at: Invocation, function: Function) -> Node:
    if not at.over and at.by is None:
        if at.where is not None:
            message = "WHERE 要和 OVER 或 BY 一起写"
            raise FormulaFault("arguments", at.start, at.end, message, found="WHERE", expected=function.form)
        args = _numbers(binder, at) if function.name != "COUNT" else [binder.bind(arg) for arg in at.args]
        if len(args) == 1:
            message = f"{function.name} 只有一项，又没有 OVER：就是它自己；沿维度汇总写 {function.name}(x OVER 维度)"
            binder.lints.append(FormulaFault("fold_of_one", at.start, at.end, message, found=function.name))
        unit = () if function.name == "COUNT" else binder.one_unit(at, *args)
        return _call(binder, at, function, args, unit=unit)
    if len(at.args) != 1:
        message = f"跨维度的 {function.name} 只有一个被汇总的表达式"
        raise FormulaFault("arguments", at.start, at.end, message, found=str(len(at.args)), expected=function.form)
    return _aggregate(binder, at, function, [])


def _aggregate(binder: "Binder", at: Invocation, function: Function, conditions: list[Infix]) -> Node:
    over = _over(binder, at)
    by = _by(binder, at)
    gone = [*over, *([by[0]] if by else [])]
    grain = "base" if "period" in over and not binder.grain else None
    with binder.opened(gone, grain=grain):
        operand = binder.bind(at.args[0])
        if function.name != "COUNT":
            binder.want(operand, "number", at.args[0])
        where = None if at.where is None else binder.bind(at.where)
        if where is not None and at.where is not None:
            binder.want(where, "boolean", at.where)
        for condition in conditions:
            bound = binder.bind(condition)
            where = bound if where is None else binder.logic("AND", where, bound, condition)
    for dim in gone:
        if not (operand.timed if dim == "period" else dim in operand.dims):
            message = f"被汇总的表达式不随“{dim}”变化"
            raise FormulaFault(
                "not_over", at.args[0].start, at.args[0].end, message, found=dim, expected="、".join(operand.dims)
            )
    parts = (operand,) if where is None else (operand, where)
    dims = {dim for part in parts for dim in part.dims} - set(gone)
    if by is not None:
        target = binder.scope.dimensions[by[0]].references[by[1]]
        binder.need_allowed(target, at)
        dims.add(target)
    return Aggregate(
        function=function.name,  # type: ignore[arg-type]  # the family holds these five
        operand=operand,
        over=tuple(over),
        by=by,
        where=where,
        span=binder.span(at),
        unit=() if function.name == "COUNT" else operand.unit,
        dims=binder.ordered(dims),
        timed=any(part.timed for part in parts) and "period" not in over,
    )


def _flows(binder: "Binder", at: Invocation, function: Function) -> Node:
    """NPV, IRR, XNPV, XIRR: flows along the plan's periods, one value for all of them."""
    over = _over(binder, at)
    if over != ["period"] or at.by is not None or at.where is not None:
        message = f"{function.name} 沿期间算，写成 {function.form}"
        raise FormulaFault("arguments", at.start, at.end, message, expected=function.form)
    written = at.args[-1]
    with binder.opened(over, grain=None if binder.grain else "base"):
        operand = binder.bind(written)
        binder.want(operand, "number", written)
    if not operand.timed:
        message = "被汇总的表达式不随“期间”变化"
        raise FormulaFault("not_over", written.start, written.end, message, found="期间")
    rate = None
    if function.name in {"NPV", "XNPV"}:
        rate = binder.bind(at.args[0])
        binder.want(rate, "number", at.args[0])
        _dimensionless(at.args[0], rate, function)
        if rate.timed:
            message = "贴现率不能随期间变化；固定一期，例如 [期间: first]"
            raise FormulaFault("rate_over_time", at.args[0].start, at.args[0].end, message, expected="各期一样的率")
    dims = {dim for part in (operand, rate) if part is not None for dim in part.dims}
    return Aggregate(
        function=function.name,  # type: ignore[arg-type]  # the family holds these four
        operand=operand,
        over=("period",),
        rate=rate,
        span=binder.span(at),
        unit=() if rate is None else operand.unit,
        dims=binder.ordered(dims),
    )


def _by(binder: "Binder", at: Invocation) -> tuple[str, str] | None:
    if at.by is None:
        return None
    if not isinstance(at.by, Dotted):
        message = "BY 后面写 维度.属性，属性的值是另一个维度的成员"
        raise FormulaFault("arguments", at.by.start, at.by.end, message, expected="维度.属性")
    dim = binder.scope.need_dimension(at.by.dim, at.by)
    dimension = binder.scope.dimensions.get(dim)
    if dimension is None or at.by.prop not in dimension.references:
        known = dimension.references if dimension is not None else ()
        raise unknown("property", f"“{dim}”的指向维度的属性", at.by.prop, at.by, known)
    return dim, at.by.prop


def _ifs(binder: "Binder", at: Invocation, function: Function) -> Node:
    if not at.over or len(at.args) % 2 == 0 or at.by is not None:
        message = f"{function.name} 要写明 OVER，属性和值成对"
        raise FormulaFault("arguments", at.start, at.end, message, expected=function.form)
    pairs = zip(at.args[1::2], at.args[2::2], strict=True)
    conditions = [Infix(op="=", left=key, right=value, start=key.start, end=value.end) for key, value in pairs]
    plain = find_function(function.name.removesuffix("IFS"))
    assert plain is not None
    return _aggregate(binder, at, plain, conditions)


def _share(binder: "Binder", at: Invocation, function: Function) -> Node:
    over = _over(binder, at)
    if at.by is None or len(over) != 1 or over == ["period"] or at.where is not None:
        message = f"{function.name} 要一个总额、一个依据和一个维度"
        raise FormulaFault("arguments", at.start, at.end, message, expected=function.form)
    pool = binder.bind(at.args[0])
    driver = binder.bind(at.by)
    binder.want(pool, "number", at.args[0])
    binder.want(driver, "number", at.by)
    if over[0] in pool.dims or over[0] not in driver.dims:
        message = f"总额不能随“{over[0]}”变化，依据必须随它变化"
        raise FormulaFault("not_over", at.start, at.end, message, found=over[0])
    return Share(pool=pool, driver=driver, over=over[0], unit=pool.unit, **binder.shape(at, pool, driver))


_METHODS: Mapping[str, Literal["direct", "step", "reciprocal"]] = {
    "直接": "direct", "阶梯": "step", "交互": "reciprocal", "direct": "direct", "step": "step", "reciprocal": "reciprocal",
}  # fmt: skip
MAX_DEPARTMENTS = 2000  # members of an allocation's dimension: each may serve each


def _allocate(binder: "Binder", at: Invocation, function: Function) -> Node:
    over = _over(binder, at)
    if at.by is None or len(over) != 2 or "period" in over or at.where is not None:
        message = f"{function.name} 要一项费用、一个服务量和两个维度"
        raise FormulaFault("arguments", at.start, at.end, message, expected=function.form)
    method: Literal["direct", "step", "reciprocal"] = "direct"
    if len(at.args) == 2:
        said = binder.bind(at.args[1])
        word = str(said.value) if isinstance(said, Constant) and said.type == "text" else ""
        if word not in _METHODS:
            expected = "、".join(list(_METHODS)[:3])
            raise FormulaFault(
                "arguments", at.args[1].start, at.args[1].end, "没有这种分配方法", found=word, expected=expected
            )
        method = _METHODS[word]
    source, to = over
    _same_members(binder, at, source, to)
    pool = binder.bind(at.args[0])
    with binder.opened([to], grain=None):
        driver = binder.bind(at.by)
    binder.want(pool, "number", at.args[0])
    binder.want(driver, "number", at.by)
    if source not in pool.dims or to in pool.dims or not {source, to} <= set(driver.dims):
        message = f"费用要随“{source}”变化、不随“{to}”变化，服务量要随这两个维度变化"
        raise FormulaFault("not_over", at.start, at.end, message, found=source)
    shape = binder.shape(at, pool, driver)
    shape["dims"] = tuple(d for d in shape["dims"] if d != to)
    return Share(pool=pool, driver=driver, over=source, to=to, method=method, unit=pool.unit, **shape)


def _same_members(binder: "Binder", at: Invocation, source: str, to: str) -> None:
    """Those who receive are departments of the source dimension too."""
    known = {m.code for m in binder.scope.dimensions[source].leaves}
    strange = [m.code for m in binder.scope.dimensions[to].leaves if m.code not in known]
    if strange:
        message = f"“{to}”的成员 {strange[0]} 不是“{source}”的最下级成员"
        raise FormulaFault("unknown_member", at.start, at.end, message, found=strange[0], expected=f"{source} 的成员")
    if len(known) > MAX_DEPARTMENTS:
        message = f"“{source}”有 {len(known)} 个最下级成员，分配最多 {MAX_DEPARTMENTS} 个"
        raise FormulaFault("too_many", at.start, at.end, message, found=str(len(known)), expected=str(MAX_DEPARTMENTS))


_FAMILIES: dict[Family, Callable[["Binder", Invocation, Function], Node]] = {
    "lazy": _lazy,
    "test": _test,
    "logic": _logic,
    "fold": _fold,
    "same": _same,
    "round": _round,
    "plain": _plain,
    "shift": _shift,
    "window": _window,
    "clock": _clock,
    "share": _share,
    "allocate": _allocate,
    "ifs": _ifs,
    "money": _money,
    "words": _words,
    "flows": _flows,
}
