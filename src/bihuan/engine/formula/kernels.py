"""Operators and functions on blocks of cells: plain functions over arrays, no item or model in sight.

A `Cells` is one operand: numbers and states that broadcast to rows x columns, and an exponent: the value is
``values`` x 10^-exponent. Money read from an item of scale 2 has exponent 2, so adding and comparing money adds and
compares whole numbers; only functions that need the plain number divide.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bihuan.engine import rounding, scratch
from bihuan.engine.formula import spans
from bihuan.engine.rounding import Floats
from bihuan.engine.states import Bytes, Family, combine, spread
from bihuan.kernel.state import FIRST_ERROR, State

LONGEST = 1000  # characters of a text
Flags = NDArray[np.bool_]
Bound = Callable[[spans.Span | None, spans.Span | None], spans.Span | None]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """``values`` float64, or texts for type text; ``clean``: BLANK and VALUE only; ``owned``: may be overwritten;
    ``span``: bounds of ``values`` where they are known.
    """

    values: NDArray[Any]
    states: Bytes
    exponent: int = 0
    clean: bool = False
    owned: bool = False
    span: spans.Span | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns, either of them 1 where the operand repeats."""
        return np.broadcast_shapes(self.values.shape, self.states.shape)


def constant(value: float | str | bool) -> Cells:
    """One value everywhere."""
    kind = np.str_ if isinstance(value, str) else np.float64
    span = None if isinstance(value, str) else (float(value), float(value))
    return Cells(np.array([[value]], kind), np.ones((1, 1), np.uint8), clean=True, span=span)


def blank() -> Cells:
    """Blank everywhere."""
    return Cells(np.zeros((1, 1)), np.zeros((1, 1), np.uint8), clean=True)


def make(values: NDArray[Any], states: Bytes, exponent: int = 0) -> Cells:
    """Cells that keep the convention: 0.0 where there is no value."""
    clean = bool(states.size == 0 or states.max() <= State.VALUE)
    return Cells(np.where(states == State.VALUE, values, _nothing(values)), states, exponent, clean, owned=True)


def _nothing(values: NDArray[Any]) -> float | str:
    return "" if values.dtype.kind == "U" else 0.0


def natural(cells: Cells) -> Floats:
    """The plain numbers."""
    return cells.values if cells.exponent == 0 else _shift(cells.values, -cells.exponent)


def _shift(values: Floats, by: int, out: Floats | None = None) -> Floats:
    """``values`` x 10^by; dividing by a whole power is correctly rounded, multiplying by 0.01 is not."""
    return np.multiply(values, 10.0**by, out=out) if by >= 0 else np.divide(values, 10.0**-by, out=out)


# --- arithmetic -----------------------------------------------------------------------------------------------------


def add(left: Cells, right: Cells) -> Cells:
    """Blank beside a value counts as nothing."""
    return _additive(np.add, spans.added, left, right)


def subtract(left: Cells, right: Cells) -> Cells:
    """Blank beside a value counts as nothing."""
    return _additive(np.subtract, spans.subtracted, left, right)


def _additive(ufunc: np.ufunc, bound: Bound, left: Cells, right: Cells) -> Cells:
    exponent = max(left.exponent, right.exponent)
    a, b = (_shift(c.values, exponent - c.exponent) if c.exponent != exponent else c.values for c in (left, right))
    clean = left.clean and right.clean
    states = combine(Family.UNITE, left.states, right.states, clean=clean)
    values = ufunc(a, b, out=_buffer(left, right))
    span = bound(*(spans.shifted(c.span, exponent - c.exponent) for c in (left, right)))
    return _settle(values, states, exponent, clean, span)


def multiply(left: Cells, right: Cells) -> Cells:
    """Blank beside a value wins."""
    clean = left.clean and right.clean
    states = combine(Family.MEET, left.states, right.states, clean=clean)
    values = np.multiply(left.values, right.values, out=_buffer(left, right))
    if states.size and states.min() != State.VALUE:
        np.add(values, 0.0, out=values)  # nothing x a negative is -0.0
    return _settle(values, states, left.exponent + right.exponent, clean, spans.multiplied(left.span, right.span))


def divide(left: Cells, right: Cells) -> Cells:
    """x / 0 is DIV_BY_ZERO, also 0 / 0; blank / 0 is blank."""
    clean = left.clean and right.clean
    states = combine(Family.MEET, left.states, right.states, clean=clean)
    zero = (right.values == 0.0) & (states == State.VALUE)
    if zero.any():
        states = np.where(zero, State.DIV_BY_ZERO, states).astype(np.uint8)
    values = np.zeros(np.broadcast_shapes(left.values.shape, right.values.shape, states.shape))
    np.divide(left.values, right.values, out=values, where=states == State.VALUE)
    return _settle(values, states, left.exponent - right.exponent, clean=False)


def power(left: Cells, right: Cells) -> Cells:
    """A result that is no real number is BAD_NUMBER."""
    states = combine(Family.MEET, left.states, right.states)
    with np.errstate(all="ignore"):
        values = np.power(natural(left), natural(right))
    zero = (states == State.VALUE) & (left.values == 0.0) & (right.values < 0.0)
    states = np.where(zero, State.DIV_BY_ZERO, states).astype(np.uint8)
    states = np.where((states == State.VALUE) & np.isnan(values), State.BAD_NUMBER, states).astype(np.uint8)
    return _settle(np.where(states == State.VALUE, values, 0.0), states, 0, clean=False)


def negate(operand: Cells) -> Cells:
    """-blank is blank."""
    return subtract(Cells(np.zeros((1, 1)), np.zeros((1, 1), np.uint8), operand.exponent, clean=True), operand)


def _buffer(left: Cells, right: Cells) -> Floats:
    """Room for the result: a temporary of its shape that may be written over, so that a chain of operators reuses one."""
    shape = np.broadcast_shapes(left.values.shape, right.values.shape)
    owned = next((c.values for c in (left, right) if c.owned and c.values.shape == shape), None)
    return scratch.take(shape) if owned is None else owned


def _settle(values: Floats, states: Bytes, exponent: int, clean: bool, span: spans.Span | None = None) -> Cells:
    """A number that has run out of range becomes OVERFLOW; values that met an error are cleared."""
    if clean and span is not None:
        return Cells(values, states, exponent, clean, owned=True, span=span)
    if not clean:
        values = np.where(states == State.VALUE, values, 0.0)
        clean = bool(states.size == 0 or states.max() <= State.VALUE)
    if values.size and not np.isfinite(values.sum()) and not np.isfinite(values).all():
        bad = ~np.isfinite(values)
        states = np.where(bad, State.OVERFLOW, states).astype(np.uint8)
        values, clean = np.where(bad, 0.0, values), False
    return Cells(values, states, exponent, clean, owned=True)


# --- comparison, text, logic ----------------------------------------------------------------------------------------

_COMPARE: Mapping[str, Callable[..., Any]] = {
    "=": np.equal, "<>": np.not_equal, "<": np.less, ">": np.greater, "<=": np.less_equal, ">=": np.greater_equal,
}  # fmt: skip


def compare(operator: str, left: Cells, right: Cells) -> Cells:
    """Blank counts as 0 or as empty text; numbers are snapped to 9 decimals first."""
    a, b = left.values, right.values
    if a.dtype.kind == "U" or b.dtype.kind == "U":
        a, b = (np.where(c.states == State.VALUE, c.values.astype(np.str_), "") for c in (left, right))
    elif left.exponent != right.exponent or left.exponent <= 0:  # else whole numbers of one unit: exact as they are
        a, b = rounding.snap(natural(left)), rounding.snap(natural(right))
    states = combine(Family.ALWAYS, left.states, right.states, clean=left.clean and right.clean)
    return make(_COMPARE[operator](a, b).astype(np.float64), states)


def concatenate(left: Cells, right: Cells) -> Cells:
    """Texts side by side; numbers without a trailing point. What is longer than a text may be is OVERFLOW."""
    states = combine(Family.ALWAYS, left.states, right.states)
    a, b = as_text(left), as_text(right)
    long = np.char.str_len(a) + np.char.str_len(b) > LONGEST
    if long.any():
        a, b = np.where(long, "", a), np.where(long, "", b)
        states = np.where(long & (states == State.VALUE), State.OVERFLOW, states).astype(np.uint8)
    return make(np.char.add(a, b), states)


def as_text(cells: Cells) -> NDArray[np.str_]:
    """Texts, numbers without a trailing point; empty where there is no value."""
    if cells.values.dtype.kind == "U":
        return cells.values
    shown = np.frompyfunc(lambda v: f"{v:.9f}".rstrip("0").rstrip("."), 1, 1)(natural(cells)).astype(np.str_)
    return np.where(cells.states == State.VALUE, shown, "")


def truth(cells: Cells) -> Flags:
    """Where a condition holds; blank and error are not TRUE."""
    return np.asarray(cells.values != 0.0)


def logical_and(left: Cells, right: Callable[[], Cells]) -> Cells:
    """Stops at the first FALSE; the right side is asked for only where some left side is TRUE."""
    return choose(truth(left), left.states, right, lambda: constant(False))


def logical_or(left: Cells, right: Callable[[], Cells]) -> Cells:
    """Stops at the first TRUE."""
    return choose(truth(left), left.states, lambda: constant(True), right)


def as_boolean(cells: Cells) -> Cells:
    """A blank condition is FALSE."""
    return make(truth(cells).astype(np.float64), spread(cells.states))


def logical_not(operand: Cells) -> Cells:
    """NOT blank is TRUE."""
    return make((~truth(operand)).astype(np.float64), spread(operand.states))


def choose(where: Flags, condition: Bytes, then: Callable[[], Cells], other: Callable[[], Cells]) -> Cells:
    """``then`` where the condition holds, else ``other``; an error of the condition itself wins. Lazy per cell."""
    failed = condition >= FIRST_ERROR
    if where.all() and not failed.any():
        return then()
    if not where.any() and not failed.any():
        return other()
    a, b = same_exponent(then() if where.any() else blank(), other() if not (where | failed).all() else blank())
    values = np.where(where, a.values, b.values)
    states = np.where(failed, condition, np.where(where, a.states, b.states)).astype(np.uint8)
    return make(values, states, a.exponent)


def same_exponent(left: Cells, right: Cells) -> tuple[Cells, Cells]:
    """Both with the larger exponent (texts have none)."""
    if left.exponent == right.exponent:
        return left, right
    top = max(left.exponent, right.exponent)
    a, b = (
        c if c.exponent == top else Cells(_shift(c.values, top - c.exponent), c.states, top, c.clean)
        for c in (left, right)
    )
    return a, b


# --- functions of their arguments -----------------------------------------------------------------------------------


def _fold(ufunc: np.ufunc) -> Callable[..., Cells]:
    def two(left: Cells, right: Cells) -> Cells:
        a, b = same_exponent(left, right)
        return make(ufunc(a.values, b.values), combine(Family.UNITE, a.states, b.states), a.exponent)

    return lambda *args: reduce(two, args)


def _rounding(function: Callable[[Floats, Floats], Floats], *, multiple: bool) -> Callable[..., Cells]:
    def apply(value: Cells, other: Cells | None = None) -> Cells:
        right = other if other is not None else constant(1.0 if multiple else 0.0)
        states = combine(Family.MEET, value.states, right.states)
        if multiple:
            states = np.where((right.values == 0.0) & (states == State.VALUE), State.DIV_BY_ZERO, states)
        with np.errstate(all="ignore"):
            values = function(natural(value), natural(right))
        return make(values, states.astype(np.uint8))  # the states may be one for all values

    return apply


def absolute(operand: Cells) -> Cells:
    """ABS."""
    return Cells(np.abs(operand.values), operand.states, operand.exponent, operand.clean, owned=True)


def is_blank(operand: Cells) -> Cells:
    """TRUE where blank or inapplicable; an error stays."""
    return make((operand.states % State.NOT_APPLICABLE == State.BLANK).astype(np.float64), spread(operand.states))


def is_error(operand: Cells) -> Cells:
    """TRUE where an error."""
    return make((operand.states >= FIRST_ERROR).astype(np.float64), np.ones_like(operand.states))


def _average(*args: Cells) -> Cells:
    total, count = reduce(add, args), _count(*args)
    with np.errstate(all="ignore"):
        values = natural(total) / count.values
    return make(np.nan_to_num(values, posinf=0.0, neginf=0.0), total.states)


def _count(*args: Cells) -> Cells:
    states = reduce(lambda a, b: combine(Family.UNITE, a, b), (a.states for a in args))
    return make(reduce(np.add, ((a.states == State.VALUE).astype(np.float64) for a in args)), states)


def _plain(
    function: Callable[[Floats], Floats], domain: Callable[[Floats], Flags] | None = None
) -> Callable[[Cells], Cells]:
    """A function of one number; outside its domain BAD_NUMBER."""

    def apply(operand: Cells) -> Cells:
        x, states = natural(operand), operand.states
        if domain is not None:
            states = np.where((states == State.VALUE) & ~domain(x), State.BAD_NUMBER, states).astype(np.uint8)
        with np.errstate(all="ignore"):
            values = np.where(states == State.VALUE, function(x), 0.0)
        return _settle(values, np.broadcast_to(states, values.shape), 0, clean=False)

    return apply


def _is_positive(x: Floats) -> Flags:
    return x > 0.0


FUNCTIONS: Mapping[str, Callable[..., Cells]] = {
    "MIN": _fold(np.minimum),
    "MAX": _fold(np.maximum),
    "SUM": lambda *args: reduce(add, args),
    "AVERAGE": _average,
    "COUNT": _count,
    "ABS": absolute,
    "INT": _plain(lambda x: np.floor(rounding.snap(x)) + 0.0),
    "SIGN": _plain(np.sign),
    "POWER": power,
    "SQRT": _plain(np.sqrt, lambda x: x >= 0.0),
    "EXP": _plain(np.exp),
    "LN": _plain(np.log, _is_positive),
    "LOG10": _plain(np.log10, _is_positive),
    "ROUND": _rounding(rounding.round_to, multiple=False),
    "ROUNDUP": _rounding(rounding.round_up, multiple=False),
    "ROUNDDOWN": _rounding(rounding.round_down, multiple=False),
    "CEILING": _rounding(rounding.ceiling, multiple=True),
    "FLOOR": _rounding(rounding.floor, multiple=True),
    "MROUND": _rounding(rounding.mround, multiple=True),
    "MOD": _rounding(np.mod, multiple=True),
    "ISBLANK": is_blank,
    "ISERROR": is_error,
    "NOT": logical_not,
}
BINARY: Mapping[str, Callable[[Cells, Cells], Cells]] = {
    "+": add, "-": subtract, "*": multiply, "/": divide, "^": power, "&": concatenate,
}  # fmt: skip
