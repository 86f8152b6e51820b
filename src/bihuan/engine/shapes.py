"""The course of an amount along time: weights of its periods, not normed. Pure.

A shape says how periods stand to each other, never how much they come to: `spread.split` brings them to the amount typed.
Source: the growth, straight-line and pattern methods of planning tools (4-4-5 is the retail quarter of 13 weeks).
"""

from dataclasses import dataclass

import numpy as np

from bihuan.engine.spread import Floats

STEEPEST = 10.0  # tenfold more per period is a slip of the keyboard
LONGEST = 400  # parts of a pattern: more than the days of a year


class BadShape(ValueError):
    """A shape that gives no weights; the text says where and what to do, in the user's words."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Each period is the one before × (1 + ``rate``); 0.05 is five per cent."""

    rate: float


@dataclass(frozen=True, slots=True)
class Line:
    """Equal steps from ``first`` to ``last``: only how these two stand to each other counts."""

    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Pattern:
    """Weights that are repeated until the last period: 4-4-5 over a year is four times 4-4-5."""

    parts: tuple[float, ...]


Shape = Growth | Line | Pattern


def pattern_of(text: str) -> Pattern:
    """``"4-4-5"``, ``"1-2-1"``: weights of at least 0, joined by "-". Raises `BadShape`."""
    words = text.strip().split("-")
    if len(words) > LONGEST:
        raise BadShape(f"节奏最多 {LONGEST} 段，这里有 {len(words)} 段")
    try:
        parts = tuple(_part(word) for word in words)
    except ValueError:
        raise BadShape(f"节奏写成用“-”连起来的数，如 4-4-5；读不懂“{text}”") from None
    if not any(parts):
        raise BadShape(f"节奏 {text} 每一段都是 0，没有一期分得到")
    return Pattern(parts)


def _part(word: str) -> float:
    if not word.isascii() or not word.replace(".", "", 1).isdigit() or len(word) > 12:
        raise ValueError
    return float(word)


def along(shape: Shape, count: int) -> Floats:
    """The weights of ``count`` periods in order, float[count]. Raises `BadShape`."""
    place = np.arange(count, dtype=np.float64)
    match shape:
        case Growth(rate):
            if not -1.0 < rate <= STEEPEST:
                raise BadShape(f"每期增长率要大于 -100 %、不超过 {STEEPEST:.0%}")
            from_largest = (
                place - (count - 1) if rate > 0.0 else place
            )  # the largest is 1: no course runs out of numbers
            return np.asarray((1.0 + rate) ** from_largest)
        case Line(first, last):
            if first < 0.0 or last < 0.0 or first == last == 0.0:
                raise BadShape("首期和末期的比重不能小于 0，也不能都是 0")
            return np.asarray(first + (last - first) * (place / max(count - 1, 1)))
        case Pattern(parts):
            if count % len(parts):
                raise BadShape(f"节奏有 {len(parts)} 段，这里有 {count} 期，分不成整数轮")
            return np.tile(np.array(parts), count // len(parts))
