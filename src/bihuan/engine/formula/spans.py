"""Bounds of the numbers of an operand, so that a check for range may be made once and not on every cell.

A span is (least, greatest), both finite and reached or not; None = nothing is known. Adding and multiplying floats never
turns an order round, so the results at the ends, rounded as the cells are, bound the cells' results.
"""

from math import isfinite

Span = tuple[float, float]


def _known(numbers: tuple[float, ...]) -> Span | None:
    return (min(numbers), max(numbers)) if all(map(isfinite, numbers)) else None


def added(a: Span | None, b: Span | None) -> Span | None:
    """Of a + b."""
    return None if a is None or b is None else _known((a[0] + b[0], a[1] + b[1]))


def subtracted(a: Span | None, b: Span | None) -> Span | None:
    """Of a - b."""
    return None if a is None or b is None else _known((a[0] - b[1], a[1] - b[0]))


def multiplied(a: Span | None, b: Span | None) -> Span | None:
    """Of a x b."""
    return None if a is None or b is None else _known((a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]))


def shifted(span: Span | None, by: int) -> Span | None:
    """Of ``span`` x 10^by."""
    if span is None or by == 0:
        return span
    return _known(tuple(end * 10.0**by if by >= 0 else end / 10.0**-by for end in span))


def within(span: Span | None, limit: float) -> bool:
    """Whether no number is beyond ``limit`` on either side."""
    return span is not None and -limit < span[0] and span[1] < limit
