"""Of which kind a condition's value is, before any fact is known: number, text or truth. Pure.

Comparing a number with a text, or adding one, is always a slip of whoever wrote it: found where the text is read, not on somebody's
document.
"""

from collections.abc import Mapping
from typing import Literal

from bihuan.engine.formula.syntax import Infix, Number, Prefix, Reference, Syntax, Text, Truth
from bihuan.features.process.condition import BadCondition, Condition

Kind = Literal["number", "text", "truth"]
SPOKEN: Mapping[Kind, str] = {"number": "数字", "text": "文字", "truth": "是否"}
_ARITHMETIC = frozenset("+-*/")


def kind_of(condition: Condition, facts: Mapping[str, Kind]) -> Kind:
    """The kind of its value over facts of these kinds; raises `BadCondition` for what does not fit or is not among them."""
    return _kind(condition.syntax, facts)


def _kind(node: Syntax, facts: Mapping[str, Kind]) -> Kind:
    match node:
        case Number():
            return "number"
        case Text():
            return "text"
        case Truth():
            return "truth"
        case Reference(name=name):
            if name not in facts:
                raise BadCondition(f"没有“{name}”，有的是 {'、'.join(facts) or '（无）'}")
            return facts[name]
        case Prefix(op=op, operand=operand):
            return _all(op, "truth" if op == "NOT" else "number", facts, operand)
        case Infix(op="AND" | "OR" as op, left=left, right=right):
            return _all(op, "truth", facts, left, right)
        case Infix(op="&", left=left, right=right):
            if "truth" in (_kind(left, facts), _kind(right, facts)):
                raise BadCondition("& 连接文字和数字，不连接是否")
            return "text"
        case Infix(op=op, left=left, right=right) if op in _ARITHMETIC:
            return _all(op, "number", facts, left, right)
        case Infix(op=op, left=left, right=right):
            one, other = _kind(left, facts), _kind(right, facts)
            if one != other:
                raise BadCondition(f"{op} 的两边一个是{SPOKEN[one]}，一个是{SPOKEN[other]}，不能比较")
            return "truth"
    raise AssertionError("read_condition lets nothing else through")


def _all(op: str, wanted: Kind, facts: Mapping[str, Kind], *nodes: Syntax) -> Kind:
    for node in nodes:
        if (found := _kind(node, facts)) != wanted:
            raise BadCondition(f"{op} 用于{SPOKEN[wanted]}，这里是{SPOKEN[found]}")
    return wanted
