"""Binding of differences and sums of periods and of dates."""

from typing import TYPE_CHECKING

from bihuan.engine.formula import bound
from bihuan.engine.formula.bound import TYPE_NAMES, Binary, Node, Unary
from bihuan.engine.formula.lex import FormulaFault
from bihuan.engine.formula.syntax import Infix
from bihuan.kernel.unit import show

if TYPE_CHECKING:
    from bihuan.engine.formula.bind import Binder


def period_arithmetic(binder: "Binder", at: Infix, left: Node, right: Node) -> Node:
    """period - period = how many; period ± number = period."""
    kinds = (left.type, at.op, right.type)
    if kinds == ("period", "-", "period"):
        return Binary(op="-", left=left, right=right, **binder.shape(at, left, right))
    if kinds in {("period", "+", "number"), ("period", "-", "number"), ("number", "+", "period")}:
        op: bound.Operator = "+" if at.op == "+" else "-"
        return Binary(op=op, left=left, right=right, type="period", **binder.shape(at, left, right))
    found = f"{TYPE_NAMES[left.type]} {at.op} {TYPE_NAMES[right.type]}"
    message = "期间只能相减（得期数）或加减期数"
    raise FormulaFault("type", at.start, at.end, message, found=found, expected="期间 - 期间，期间 ± 数")


def date_arithmetic(binder: "Binder", at: Infix, left: Node, right: Node) -> Node:
    """date - date = days; date ± days = date."""
    if at.op == "-" and {left.type, right.type} <= {"date", "text"}:
        left, right = binder.date_of(left, at.left), binder.date_of(right, at.right)
        return bound.Call(function="DAYS", args=(left, right), **binder.shape(at, left, right))
    kinds = (left.type, at.op, right.type)
    if kinds in {("date", "+", "number"), ("date", "-", "number"), ("number", "+", "date")}:
        day, number = (right, left) if left.type == "number" else (left, right)
        if number.unit:
            message = f"天数不能有单位，这里是 {show(number.unit)}"
            raise FormulaFault("unit", at.start, at.end, message, found=show(number.unit), expected="1")
        if at.op == "-":
            number = Unary(op="-", operand=number, unit=number.unit, **binder.shape(at, number))
        return bound.Call(function="ADDDAYS", args=(day, number), type="date", **binder.shape(at, day, number))
    found = f"{TYPE_NAMES[left.type]} {at.op} {TYPE_NAMES[right.type]}"
    message = "日期只能相减（得天数）或加减天数"
    raise FormulaFault("type", at.start, at.end, message, found=found, expected="日期 - 日期，日期 ± 数")
