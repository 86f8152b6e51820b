"""The naive evaluator's tables: what operators and functions do with values, blanks and errors, in exact fractions."""

import math
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from tests import naive_money

from bihuan.engine.formula import bound
from bihuan.kernel.state import State, is_error

Value = Any
Cell = tuple[State, Value]
BLANK: Cell = (State.BLANK, None)


def good(value: Value) -> Cell:
    """A cell with a value."""
    return (State.VALUE, value)


def snap(value: Fraction) -> Fraction:
    """To 9 decimals: float noise decides nothing."""
    return Fraction(round(value * 10**9), 10**9)


def round_half_away(value: Fraction, digits: int) -> Fraction:
    """Half away from zero."""
    unit = Fraction(10) ** -digits
    return math.floor(abs(value) / unit + Fraction(1, 2)) * unit * (-1 if value < 0 else 1)


def fold(function: str, cells: Iterable[Cell]) -> Cell:
    """Over a dimension: the first error, else of the values; blanks are skipped, none left is blank."""
    cells = list(cells)
    for state, _ in cells:
        if is_error(state):
            return (state, None)
    values = [value for state, value in cells if state == State.VALUE]
    if not values:
        return BLANK
    if function == "COUNT":
        return good(Fraction(len(values)))
    if function == "AVERAGE":
        return good(sum(values, Fraction(0)) / len(values))
    return good({"SUM": lambda v: sum(v, Fraction(0)), "MIN": min, "MAX": max}[function](values))


def weighted(cells: list[Cell], weights: list[Cell]) -> Cell:
    for state, _ in (*cells, *weights):
        if is_error(state):
            return (state, None)
    both = [(c[1], w[1]) for c, w in zip(cells, weights, strict=True) if c[0] == w[0] == State.VALUE]
    if not both:
        return BLANK
    total = sum((w for _, w in both), Fraction(0))
    return good(sum((v * w for v, w in both), Fraction(0)) / total) if total else (State.DIV_BY_ZERO, None)


def compare(op: str, left: Cell, right: Cell, kind: str) -> bool:
    """Blank counts as 0, "" or FALSE; numbers are snapped first."""
    nothing: Value = {"number": Fraction(0), "boolean": False, "period": 0}.get(kind, "")
    a, b = (value if state == State.VALUE else nothing for state, value in (left, right))
    if kind == "number":
        a, b = snap(a), snap(b)
    return {"=": a == b, "<>": a != b}[op] if op in {"=", "<>"} else _ORDER[op](a, b)


_ORDER: Mapping[str, Callable[[Value, Value], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


def binary(op: str, left: Cell, right: Cell, node: bound.Binary) -> Cell:
    """Two operands without errors."""
    a, b = left[1], right[1]
    there = left[0] == State.VALUE, right[0] == State.VALUE
    if op in {"=", "<>", "<", ">", "<=", ">="}:
        return good(compare(op, left, right, node.left.type))
    if op == "&":
        return good("".join(shown(value) if state == State.VALUE else "" for state, value in (left, right)))
    if op in {"+", "-"}:
        if not any(there):
            return BLANK
        sign = 1 if op == "+" else -1
        return good((a if there[0] else 0) + sign * (b if there[1] else 0))
    if not all(there):
        return BLANK
    if op == "*":
        return good(a * b)
    if op == "/":
        return good(a / b) if b != 0 else (State.DIV_BY_ZERO, None)
    return power(a, b)


def power(base: Fraction, exponent: Fraction) -> Cell:
    """A whole exponent exactly, another one as a float."""
    if base == 0 and exponent < 0:
        return (State.DIV_BY_ZERO, None)
    if exponent.denominator == 1 and abs(exponent) < 100:
        return good(base ** int(exponent))
    if base < 0 and exponent.denominator != 1:
        return (State.BAD_NUMBER, None)
    try:
        return good(Fraction(float(base) ** float(exponent)))
    except OverflowError:
        return (State.OVERFLOW, None)


def shown(value: Value) -> str:
    """As ``&`` writes it."""
    if isinstance(value, Fraction):
        return f"{float(value):.9f}".rstrip("0").rstrip(".")
    return str(value)


def call(name: str, cells: list[Cell]) -> Cell:
    """Functions of their arguments, none of them an error."""
    if name == "ISBLANK":
        return good(cells[0][0] != State.VALUE)
    if name in {"MIN", "MAX", "SUM"}:
        if all(state != State.VALUE for state, _ in cells):
            return BLANK
        return fold(name, [good(value if state == State.VALUE else Fraction(0)) for state, value in cells])
    if name in {"AVERAGE", "COUNT"}:
        return fold(name, cells)
    if any(state != State.VALUE for state, _ in cells):
        return BLANK
    values = [value for _, value in cells]
    if name in _MONEY:
        try:
            return good(Fraction(_MONEY[name](*(whole(value) for value in values))))
        except (ValueError, IndexError, ZeroDivisionError):
            return (State.BAD_NUMBER, None)
    return _multiples(name, *values) if name in {"CEILING", "FLOOR", "MROUND", "MOD"} else _plain(name, values)


_MONEY: Mapping[str, Callable[..., float]] = {
    "PMT": naive_money.pmt, "PV": naive_money.pv, "FV": naive_money.fv, "IPMT": naive_money.ipmt,
    "PPMT": naive_money.ppmt, "SLN": naive_money.sln, "SYD": naive_money.syd, "DDB": naive_money.ddb,
}  # fmt: skip


def whole(value: Fraction) -> float | int:
    """A count as a count."""
    return int(value) if value.denominator == 1 else float(value)


def _multiples(name: str, value: Fraction, multiple: Fraction) -> Cell:
    if multiple == 0:
        return (State.DIV_BY_ZERO, None)
    if name == "MOD":
        return good(value - multiple * math.floor(value / multiple))
    step = abs(multiple)
    times = snap(snap(value) / step)
    rounded: Mapping[str, Callable[[], Value]] = {
        "CEILING": lambda: math.ceil(times),
        "FLOOR": lambda: math.floor(times),
        "MROUND": lambda: round_half_away(times, 0),
    }
    return good(Fraction(rounded[name]()) * step)


def _plain(name: str, values: list[Fraction]) -> Cell:
    value = values[0]
    if name in {"ROUND", "ROUNDUP", "ROUNDDOWN"}:
        unit = Fraction(10) ** -int(values[1])
        if name == "ROUND":
            return good(Fraction(round_half_away(snap(value), int(values[1]))))
        times = snap(abs(snap(value)) / unit)
        whole = math.ceil(times) if name == "ROUNDUP" else math.floor(times)
        return good(whole * unit * (-1 if value < 0 else 1))
    if name == "ABS":
        return good(abs(value))
    if name == "INT":
        return good(Fraction(math.floor(snap(value))))
    if name == "SIGN":
        return good(Fraction((value > 0) - (value < 0)))
    functions: Mapping[str, Callable[[float], float]] = {
        "SQRT": math.sqrt, "EXP": math.exp, "LN": math.log, "LOG10": math.log10,
    }  # fmt: skip
    try:
        return good(Fraction(functions[name](float(value))))
    except ValueError:
        return (State.BAD_NUMBER, None)
    except OverflowError:
        return (State.OVERFLOW, None)
