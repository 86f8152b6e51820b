"""Splitting an amount typed on a total among the cells below it. Pure; amounts are whole numbers of the item's last decimal.

The parts add up to the amount exactly: what rounding leaves goes by one to the largest remainders, the first cell first among
equals (Hamilton's method). Methods are those of the field: proportional to what is there, equal, equal where something is,
relative to another slice; and along time, where every row keeps its share and takes one course (`engine.shapes`, another year's).
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Method = Literal["proportional", "equal", "filled", "repeat", "like", "seasonal", "growth", "line", "pattern"]
Integers = NDArray[np.int32] | NDArray[np.intp]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
LARGEST = 2.0**53  # whole numbers beyond are not exact


class NothingToSpreadOn(ValueError):
    """No cell can take a part, or the method gives none of them a share."""


class PartTooLarge(ValueError):
    """Shares of both signs almost cancel out: a part would be beyond the whole numbers that are exact."""


def weights_of(method: Method, now: Floats, filled: Flags, like: Floats | None) -> Floats:
    """The share of each cell, not normed. ``now``: amounts, 0 where blank; ``filled``: cells that are not blank.

    "proportional" on nothing but zeros and blanks is equal, as is "filled" where nothing is filled.
    """
    ones = np.ones(len(now))
    if method == "proportional":
        return now if now.sum() != 0.0 else ones
    if method == "filled":
        return filled.astype(np.float64) if filled.any() else ones
    if method == "like":
        assert like is not None, "the caller reads the other slice"
        return like
    return ones


def split(amount: float, weights: Floats) -> Floats:
    """``amount`` (a whole number) in parts (whole numbers) by ``weights``, which may be negative but not add up to nothing.

    A negative amount is split as its positive, with the sign turned. Every part is off by less than 1, of whichever sign it is.
    Raises `NothingToSpreadOn`, `PartTooLarge`; shapes [n] → [n].
    """
    total = weights.sum()
    if not len(weights) or total == 0.0 or not np.isfinite(total):
        raise NothingToSpreadOn
    return np.asarray(np.sign(amount) * in_whole(weights / total * abs(amount), abs(amount)) + 0.0)  # -0.0 is 0.0


def in_whole(exact: Floats, amount: float) -> Floats:
    """Parts [n] that add up to ``amount`` (a whole number) but for rounding -> whole numbers that do; a part of 0 stays 0.

    Every part is off by less than 1. Raises `NothingToSpreadOn`, `PartTooLarge`.
    """
    if not np.abs(exact).sum() < LARGEST:  # adding 1 to a part would change nothing: the loop below would not end
        raise PartTooLarge
    parts = np.floor(exact)
    left = amount - parts.sum()
    share = np.flatnonzero(exact != 0.0)
    order = share[np.argsort(-(exact - parts)[share], kind="stable")]
    if left != 0.0 and not len(order):
        raise NothingToSpreadOn
    while left != 0.0:  # once; again only where a large amount's fractions were themselves rounded
        count = int(min(abs(left), len(order)))
        parts[order[:count]] += np.sign(left)
        left = amount - parts.sum()
    return np.asarray(parts + 0.0)


def by_course(now: Floats, row: Integers, period: Integers, course: Floats) -> Floats:
    """Weights of cells by what their row has in all × the course of the periods; ``row`` and ``period`` number from 0.

    Rows that come to nothing together share equally. Shapes: now, row, period [n], course [p] → [n].
    """
    have: Floats = np.asarray(np.bincount(row, weights=now), np.float64)
    if have.sum() == 0.0:
        have = np.ones(len(have))
    return np.asarray(have[row] * course[period])
