"""Conditions of a flow's steps: the expressions of formulas, over the few facts a subject states. Pure.

``金额 >= 1000000 AND 组织 <> "HQ"``: numbers, texts, ``+ - * /``, comparisons, AND OR NOT. Operators, precedence and blanks
are those of formulas (docs/reference/formulas.md); a fact the subject does not state is blank.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import reduce

from bihuan.engine.formula import kernels
from bihuan.engine.formula.kernels import Cells
from bihuan.engine.formula.lex import FormulaFault
from bihuan.engine.formula.parse import parse_expression
from bihuan.engine.formula.syntax import Infix, Invocation, Number, Prefix, Reference, Syntax, Text, Truth
from bihuan.kernel.errors import Invalid
from bihuan.kernel.state import FIRST_ERROR, State

Fact = Decimal | int | str | None
_ARITHMETIC: Mapping[str, Callable[[Cells, Cells], Cells]] = {
    "+": kernels.add,
    "-": kernels.subtract,
    "*": kernels.multiply,
    "/": kernels.divide,
    "&": kernels.concatenate,
}
_COMPARISONS = frozenset({"=", "<>", "<", ">", "<=", ">="})
_INFIX = _COMPARISONS | _ARITHMETIC.keys() | {"AND", "OR"}


class BadCondition(Invalid):
    """条件写得不对。"""

    code = "invalid"


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed condition; ``names``: the facts it asks for."""

    text: str
    syntax: Syntax
    names: frozenset[str]

    def holds(self, facts: Mapping[str, Fact]) -> bool:
        """Whether it is TRUE; blank is not, and one that cannot be computed (÷ 0) counts as TRUE: the step is not skipped."""
        said = _value(self.syntax, facts)
        if int(said.states.flat[0]) >= FIRST_ERROR:
            return True
        return bool(kernels.truth(said).flat[0]) and int(said.states.flat[0]) == State.VALUE

    def value(self, facts: Mapping[str, Fact]) -> Fact:
        """What it comes to: TRUE and FALSE as 1 and 0, None = blank. Raises `BadCondition` where it cannot be computed (÷ 0)."""
        if isinstance(self.syntax, Reference):
            return facts.get(self.syntax.name)  # as it was said, whatever its digits
        said = _value(self.syntax, facts)
        state = int(said.states.flat[0])
        if state >= FIRST_ERROR:
            raise BadCondition(f"“{self.text}”算不出来（如除以 0）。", when=self.text)
        if state != State.VALUE:
            return None
        if said.values.dtype.kind == "U":
            return str(said.values.flat[0])
        return Decimal(repr(float(kernels.natural(said).flat[0])))


def read_condition(text: str) -> Condition:
    """Parses; raises `Invalid` with what is wrong."""
    try:
        syntax = parse_expression(text)
    except FormulaFault as fault:
        raise BadCondition(fault.message, when=text) from None
    names: set[str] = set()
    syntax = _plain(syntax)
    _collect(syntax, names)
    return Condition(text, syntax, frozenset(names))


def _plain(node: Syntax) -> Syntax:
    """``AND(a, b)``, ``OR(a, b)`` and ``NOT(a)`` as the operators they stand for."""
    if isinstance(node, Prefix):
        return replace(node, operand=_plain(node.operand))
    if isinstance(node, Infix):
        return replace(node, left=_plain(node.left), right=_plain(node.right))
    if not isinstance(node, Invocation) or node.over or node.by or node.where or not node.args:
        return node
    args, name = [_plain(a) for a in node.args], node.function.upper()
    if name == "NOT" and len(args) == 1:
        return Prefix(op=name, operand=args[0], start=node.start, end=node.end)
    if name in ("AND", "OR"):
        return reduce(lambda a, b: Infix(op=name, left=a, right=b, start=a.start, end=b.end), args)
    return node


def _collect(node: Syntax, names: set[str]) -> None:
    if isinstance(node, Reference) and node.cube is None and not node.picks:
        names.add(node.name)
    elif isinstance(node, Prefix):
        _collect(node.operand, names)
    elif isinstance(node, Infix) and node.op in _INFIX:
        _collect(node.left, names)
        _collect(node.right, names)
    elif not isinstance(node, Number | Text | Truth):
        raise BadCondition("只能用名称、数字、文字、四则、比较和 AND OR NOT")


def _value(node: Syntax, facts: Mapping[str, Fact]) -> Cells:
    match node:
        case Number(value=value) | Text(value=value) | Truth(value=value):
            return kernels.constant(value)
        case Reference(name=name):
            fact = facts.get(name)
            if fact is None:
                return kernels.blank()
            return kernels.constant(fact if isinstance(fact, str) else float(fact))
        case Prefix(op="NOT", operand=operand):
            return kernels.logical_not(_value(operand, facts))
        case Prefix(op=op, operand=operand):
            return kernels.negate(_value(operand, facts)) if op == "-" else _value(operand, facts)
        case Infix(op="AND", left=left, right=right):
            return kernels.logical_and(_value(left, facts), lambda: _value(right, facts))
        case Infix(op="OR", left=left, right=right):
            return kernels.logical_or(_value(left, facts), lambda: _value(right, facts))
        case Infix(op=op, left=left, right=right) if op in _COMPARISONS:
            return kernels.compare(op, _value(left, facts), _value(right, facts))
        case Infix(op=op, left=left, right=right) if op in _ARITHMETIC:
            return _ARITHMETIC[op](_value(left, facts), _value(right, facts))
    raise AssertionError("read_condition lets nothing else through")
