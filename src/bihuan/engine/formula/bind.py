"""Syntax to bound expression: names, types, units and dimensions are settled here; every refusal says where and why."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Literal, TypedDict

from bihuan.engine.compiled import CompiledItem
from bihuan.engine.formula import bound
from bihuan.engine.formula.bind_calls import bind_call
from bihuan.engine.formula.bind_reads import bind_read, meant
from bihuan.engine.formula.bind_time import date_arithmetic, period_arithmetic
from bihuan.engine.formula.bound import (
    TO_OTHER_TYPE,
    TYPE_NAMES,
    Binary,
    Constant,
    Current,
    Node,
    Property,
    Span,
    Unary,
    Within,
)
from bihuan.engine.formula.functions import find_function
from bihuan.engine.formula.lex import FormulaFault
from bihuan.engine.formula.scope import Scope, unknown
from bihuan.engine.formula.syntax import (
    Dotted,
    Infix,
    Invocation,
    Number,
    Prefix,
    Reference,
    Syntax,
    Text,
    Truth,
)
from bihuan.kernel.nearest import hint
from bihuan.kernel.unit import Powers, multiply, power, show

_COMPARE = frozenset({"=", "<>", "<", ">", "<=", ">="})


class Shape(TypedDict):
    """What every node has: given as keywords."""

    span: Span
    dims: tuple[str, ...]
    timed: bool


class Binder:
    """Binds expressions of one cube for a target with these dimensions at this grain ("" = no period).

    ``grain`` is the grain the expression is evaluated at; an aggregation over the period opens it for its operand.
    """

    def __init__(self, scope: Scope, cube: str, dims: Sequence[str], grain: str, line: int = 1) -> None:
        self.scope, self.cube, self.grain, self.line = scope, cube, grain, line
        self.allowed = frozenset(dims)
        self.lints: list[FormulaFault] = []
        self.spreads = False  # within the dividend of PERIODS(): a year's flow may be read in a period

    def bind(self, at: Syntax) -> Node:
        """The bound expression; raises `FormulaFault`."""
        match at:
            case Number():
                return Constant(span=self.span(at), value=at.value)
            case Text():
                return Constant(span=self.span(at), type="text", value=at.value)
            case Truth():
                return Constant(span=self.span(at), type="boolean", value=at.value)
            case Reference():
                return self._reference(at)
            case Dotted():
                return self.bind_property(at)
            case Prefix():
                return self._prefix(at)
            case Infix():
                return self._infix(at)
            case Invocation():
                return bind_call(self, at)
        raise AssertionError(f"no binding for {type(at).__name__}")

    def span(self, at: Syntax) -> Span:
        """Where it stands."""
        return Span(at.start, at.end, self.line)

    # --- names ------------------------------------------------------------------------------------------------------

    def _reference(self, at: Reference) -> Node:
        if at.cube is not None:
            cube = self.scope.cube(at.cube, at)
            hits = self.scope.in_cube(cube, at.name)
            if len(hits) != 1:
                names = [ref.item for ref in self.scope.items if ref.cube == cube]
                raise unknown("name", f"“{cube}”中的指标", at.name, at, names)
            return bind_read(self, at, hits[0])
        ref = self.scope.item(self.cube, at.name, at)
        if ref is not None:
            return bind_read(self, at, ref)
        dim = self.scope.dimension(at.name)
        if dim is None:
            raise self.scope.no_item(self.cube, at.name, at)
        if at.picks:
            raise FormulaFault("syntax", at.start, at.end, f"“{at.name}”是维度，后面不能写方括号", found=at.name)
        return self.current(dim, at)

    def current(self, dim: str, at: Syntax) -> Current:
        """The current member or period."""
        if dim == "version":
            raise FormulaFault("no_version", at.start, at.end, "公式在每个版本里各算一遍，不能问当前版本")
        if dim == "period":
            if self.grain != "base":
                where = "没有期间的指标" if not self.grain else "年度、季度等层级"
                message = f"{where}没有当前期间；期间只在最细一层有，需要序号时用 PERIODNO()"
                raise FormulaFault("no_period", at.start, at.end, message)
            return Current(span=self.span(at), type="period", dim=dim, timed=True)
        self.need_allowed(dim, at)
        kind = "period" if self.scope.dimensions[dim].role_of == "period" else "member"
        return Current(span=self.span(at), type=kind, dim=dim, dims=(dim,))

    def need_allowed(self, dim: str, at: Syntax) -> None:
        """Refuse a dimension the target has not and no aggregation takes away."""
        if dim not in self.allowed:
            message = f"结果没有维度“{dim}”；固定一个成员 [{dim}: …]，或汇总 SUM(… OVER {dim})"
            raise FormulaFault("extra_dimension", at.start, at.end, message, found=dim)

    def bind_property(self, at: Dotted) -> Node:
        """A property of the current member."""
        dim = self.scope.need_dimension(at.dim, at)
        if dim in {"period", "version"} or at.prop not in self.scope.dimensions[dim].properties:
            known = self.scope.dimensions[dim].properties if dim in self.scope.dimensions else ()
            raise unknown("property", f"“{dim}”的属性", at.prop, at, known)
        self.need_allowed(dim, at)
        kind = self.scope.property_types.get((dim, at.prop), "text")
        if at.prop in self.scope.dimensions[dim].references:
            kind = "member"
        unit = self.scope.property_units.get((dim, at.prop), ())
        return Property(span=self.span(at), type=kind, unit=unit, dim=dim, name=at.prop, dims=(dim,))

    # --- operators --------------------------------------------------------------------------------------------------

    def _prefix(self, at: Prefix) -> Node:
        operand = self.bind(at.operand)
        if at.op == "NOT":
            self.want(operand, "boolean", at.operand)
            return Unary(op="NOT", operand=operand, type="boolean", **self.shape(at, operand))
        self.want(operand, "number", at.operand)
        op: Literal["-", "+"] = "-" if at.op == "-" else "+"
        if isinstance(operand, Constant) and op == "-":
            assert isinstance(operand.value, float)
            return replace(operand, value=-operand.value, span=self.span(at))
        return Unary(op=op, operand=operand, unit=operand.unit, **self.shape(at, operand))

    def _infix(self, at: Infix) -> Node:
        with self._spread(self.spreads or (at.op == "/" and _is_periods(at.right))):
            left = self.bind(at.left)
        right = self._right(at, left)
        if at.op in {"AND", "OR"}:
            return self.logic("AND" if at.op == "AND" else "OR", left, right, at)
        if at.op in _COMPARE:
            return self.compare(at.op, left, right, at)
        if at.op == "&":
            return Binary(op="&", left=left, right=right, type="text", **self.shape(at, left, right))
        if "period" in {left.type, right.type}:
            left, right = self._beside(left, right, at.left), self._beside(right, left, at.right)
            return period_arithmetic(self, at, left, right)
        if "date" in {left.type, right.type}:
            return date_arithmetic(self, at, left, right)
        self.want(left, "number", at.left)
        self.want(right, "number", at.right)
        return self.arithmetic(at.op, left, right, at)

    def _right(self, at: Infix, left: Node) -> Node:
        """The right side; beside a text, a member, a date an unknown name is probably one without its quotes."""
        try:
            return self.bind(at.right)
        except FormulaFault as fault:
            bare = at.op in _COMPARE and isinstance(at.right, Reference) and left.type not in {"number", "boolean"}
            if not bare or fault.code != "unknown_name":
                raise
            said = f'{TYPE_NAMES[left.type]}要加引号："{fault.found}"'
            raise FormulaFault(fault.code, fault.start, fault.end, said, found=fault.found, expected="文本") from None

    def logic(self, op: Literal["AND", "OR"], left: Node, right: Node, at: Infix) -> Node:
        """AND, OR."""
        for node, written in ((left, at.left), (right, at.right)):
            self.want(node, "boolean", written)
        return Binary(op=op, left=left, right=right, type="boolean", **self.shape(at, left, right))

    def arithmetic(self, op: str, left: Node, right: Node, at: Syntax) -> Node:
        """``+ - * / ^`` of numbers, with their unit."""
        unit: Powers | None
        if op in {"+", "-"}:
            unit = self.one_unit(at, left, right)
        elif op == "^":
            unit = self._power_unit(left, right, at)
        elif left.unit is None or right.unit is None:
            unit = None
        else:
            unit = multiply(left.unit, right.unit, -1 if op == "/" else 1)
        word: bound.Operator = op  # type: ignore[assignment]  # one of the five by the caller's tests
        return Binary(op=word, left=left, right=right, unit=unit, **self.shape(at, left, right))

    def _power_unit(self, base: Node, exponent: Node, at: Syntax) -> Powers | None:
        if exponent.unit:
            message = f"指数不能有单位，这里是 {show(exponent.unit)}"
            raise FormulaFault("unit", at.start, at.end, message, found=show(exponent.unit), expected="1")
        if base.unit is None or not base.unit:
            return base.unit
        if isinstance(exponent, Constant) and isinstance(exponent.value, float) and exponent.value.is_integer():
            return power(base.unit, int(exponent.value))
        message = f"有单位的数（{show(base.unit)}）只能乘方到写明的整数次"
        raise FormulaFault("unit", at.start, at.end, message, found=show(base.unit), expected="整数指数")

    def date_of(self, node: Node, at: Syntax) -> Node:
        """A node that is a date; a text literal is read as one."""
        if isinstance(node, Constant) and node.type == "text":
            text = str(node.value)
            try:
                return replace(node, type="date", value=date.fromisoformat(text).isoformat())
            except ValueError:
                message = f"“{text}”不是日期"
                raise FormulaFault("type", at.start, at.end, message, found=text, expected="2026-01-31") from None
        self.want(node, "date", at)
        return node

    def compare(self, op: str, left: Node, right: Node, at: Infix) -> Node:
        """A comparison; a text literal beside a member, period or date is read as one."""
        word: bound.Operator = op  # type: ignore[assignment]  # one of the six by the caller's test
        left, right = self._beside(left, right, at.left), self._beside(right, left, at.right)
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Current) and one.type == "member" and isinstance(other, Constant) and op in {"=", "<>"}:
                within = self.within(one.dim, str(other.value), at)
                return within if op == "=" else Unary(op="NOT", operand=within, type="boolean", **self.shape(at, one))
        kinds = {left.type, right.type}
        if len(kinds) > 1 and kinds != {"member", "text"}:
            found = f"{TYPE_NAMES[left.type]} {op} {TYPE_NAMES[right.type]}"
            raise FormulaFault("type", at.start, at.end, "只能比较同类的东西", found=found, expected="两边类型相同")
        if kinds & {"member", "boolean"} and op not in {"=", "<>"}:
            kind = TYPE_NAMES[left.type]
            raise FormulaFault("type", at.start, at.end, f"{kind}只能比较是否相等", found=op, expected="= 或 <>")
        if kinds == {"number"}:
            self.one_unit(at, left, right)
        return Binary(op=word, left=left, right=right, type="boolean", **self.shape(at, left, right))

    def within(self, dim: str, member: str, at: Syntax) -> Within:
        """The current member is this one or stands below it."""
        dimension = self.scope.dimensions[dim]
        tree = dimension.tree_of(dimension.by_code[member].id)
        return Within(dim=dim, member=member, tree=tree, type="boolean", span=self.span(at), dims=(dim,))

    def _beside(self, node: Node, other: Node, at: Syntax) -> Node:
        """A node; of a text literal what it is beside the other."""
        return self._literal(node, other, at) if isinstance(node, Constant) and node.type == "text" else node

    def _literal(self, literal: Constant, beside: Node, at: Syntax) -> Constant:
        text = str(literal.value)
        if beside.type == "period":
            key = self.scope.calendar.find(text)
            if key is None or key.grain != "base":
                raise FormulaFault(
                    "unknown_period",
                    at.start,
                    at.end,
                    f"时间轴上没有期间“{text}”{meant(self.scope.calendar, text)}",
                    found=text,
                )
            message = f"公式里写死了期间 {text}；换年度时要记得改"
            self.lints.append(FormulaFault("fixed_period", at.start, at.end, message, found=text))
            return replace(literal, type="period", value=float(key.index))
        if beside.type == "date":
            found = self.date_of(literal, at)
            assert isinstance(found, Constant)
            return found
        dim = beside.dim if isinstance(beside, Current) else None
        if isinstance(beside, Property):
            dim = self.scope.dimensions[beside.dim].references.get(beside.name)
            self._noted(beside, text, at)
        if dim is None:
            return literal
        member = self.scope.dimensions[dim].find(text)
        if member is None:
            names = [name for m in self.scope.dimensions[dim].members for name in (m.code, m.name)]
            raise unknown("member", f"“{dim}”的成员", text, at, names)
        return replace(literal, type="member", value=member.code)

    def _noted(self, beside: Property, text: str, at: Syntax) -> None:
        """Says so when no member has that value of a property: the comparison never holds."""
        values = {member.properties.get(beside.name, "") for member in self.scope.dimensions[beside.dim].members}
        if text and text not in values and beside.type == "text":
            message = f"没有成员的“{beside.name}”是“{text}”{hint(text, values - {''})}；这个条件永远不成立"
            self.lints.append(FormulaFault("no_such_value", at.start, at.end, message, found=text))

    # --- shared checks ----------------------------------------------------------------------------------------------

    def ordered(self, dims: set[str] | frozenset[str]) -> tuple[str, ...]:
        """In the model's dimension order."""
        return tuple(dim for dim in self.scope.dimensions if dim in dims)

    def shape(self, at: Syntax, *parts: Node) -> Shape:
        """Span, dimensions and time of a node over its parts."""
        dims = self.ordered({dim for part in parts for dim in part.dims})
        return {"span": self.span(at), "dims": dims, "timed": any(part.timed for part in parts)}

    def want(self, node: Node, kind: str, at: Syntax) -> None:
        """Refuse another type."""
        if node.type != kind:
            raise self.wrong_type(node, TYPE_NAMES[kind], at)

    @staticmethod
    def wrong_type(node: Node, expected: str, at: Syntax) -> FormulaFault:
        """The refusal of a type."""
        found = TYPE_NAMES[node.type]
        message = f"这里要{expected}，写的是{found}{TO_OTHER_TYPE.get((found, expected), '')}"
        return FormulaFault("type", at.start, at.end, message, found=found, expected=expected)

    def one_unit(self, at: Syntax, *parts: Node) -> Powers | None:
        """The unit all parts share; bare literals take it, an unchecked one makes the result unchecked."""
        fixed = [part for part in parts if not is_literal(part)]
        known = [part.unit for part in fixed if part.unit is not None]
        for unit in known[1:]:
            if unit != known[0]:
                pair = f"{show(known[0])} 和 {show(unit)}"
                message = f"单位不一致：{pair}" + ("（1 是没有单位）" if () in (known[0], unit) else "")
                raise FormulaFault("unit", at.start, at.end, message, found=show(unit), expected=show(known[0]))
        if len(known) < len(fixed):
            return None
        return known[0] if known else ()

    def read_item(self, node: Node) -> CompiledItem | None:
        """The item a node reads, when it is nothing but a read."""
        return self.scope.items[node.item] if isinstance(node, bound.Read) else None

    @contextmanager
    def opened(self, dims: Sequence[str], *, grain: str | None = None) -> Iterator[None]:
        """Within an aggregation its dimensions may be used, and its period."""
        before = self.allowed, self.grain
        self.allowed = self.allowed | set(dims)
        self.grain = grain if grain is not None else self.grain
        try:
            with self._spread(self.spreads and grain is None):
                yield
        finally:
            self.allowed, self.grain = before

    @contextmanager
    def _spread(self, yes: bool) -> Iterator[None]:
        before = self.spreads
        self.spreads = yes
        try:
            yield
        finally:
            self.spreads = before


def _is_periods(at: Syntax) -> bool:
    if not isinstance(at, Invocation):
        return False
    function = find_function(at.function)
    return function is not None and function.name == "PERIODS"


def is_literal(node: Node) -> bool:
    """True for what is made of bare numbers only: it takes the unit of what stands beside it."""
    match node:
        case Constant():
            return node.type == "number"
        case Unary():
            return is_literal(node.operand)
        case Binary():
            return node.type == "number" and is_literal(node.left) and is_literal(node.right)
        case bound.Call(function="MIN" | "MAX" | "SUM" | "ROUND" | "ABS" | "INT"):
            return all(map(is_literal, node.args))
        case bound.Call(function="IF"):
            return all(map(is_literal, node.args[1:]))
    return False
