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


def split_each(amounts: Floats, weights: Floats, group: Integers) -> Floats:
    """Each group's amount (a whole number) in parts among its cells by ``weights``, equally where a group's come to nothing.

    As `split`, for every group at once. Shapes: amounts [g], weights and group [n] → [n]. Raises `NothingToSpreadOn` where a
    group with an amount has no cell, `PartTooLarge`.
    """
    size = len(amounts)
    sums: Floats = np.asarray(np.bincount(group, weights=weights, minlength=size), np.float64)
    nothing = sums == 0.0
    shares = np.where(nothing[group], 1.0, weights)
    sums = np.where(nothing, np.maximum(np.bincount(group, minlength=size), 1), sums)
    exact = shares / sums[group] * np.abs(amounts)[group]
    return np.asarray(np.sign(amounts)[group] * _in_whole_each(exact, np.abs(amounts), group) + 0.0)


def in_whole(exact: Floats, amount: float) -> Floats:
    """Parts [n] that add up to ``amount`` (a whole number) but for rounding -> whole numbers that do; a part of 0 stays 0.

    Every part is off by less than 1. Raises `NothingToSpreadOn`, `PartTooLarge`.
    """
    return _in_whole_each(exact, np.array([amount]), np.zeros(len(exact), np.intp))


def _in_whole_each(exact: Floats, amounts: Floats, group: Integers) -> Floats:
    if not np.abs(exact).sum() < LARGEST:  # adding 1 to a part would change nothing: the loop below would not end
        raise PartTooLarge
    parts = np.floor(exact)
    shares = np.flatnonzero(exact != 0.0)
    mine = group[shares]
    count = np.bincount(mine, minlength=len(amounts))
    rank = _rank((parts - exact)[shares], mine, count)
    while (left := amounts - np.bincount(group, weights=parts, minlength=len(amounts))).any():
        if (count[left != 0.0] == 0).any():
            raise NothingToSpreadOn
        # once; again only where a large amount's fractions were themselves rounded
        parts[shares] += np.where(rank < np.abs(left)[mine], np.sign(left)[mine], 0.0)
    return np.asarray(parts + 0.0)


def _rank(value: Floats, group: Integers, count: NDArray[np.intp]) -> NDArray[np.intp]:
    """The place of each cell in its group by ascending value, the first cell first among equals; from 0."""
    order = np.lexsort((value, group))
    first = np.cumsum(count) - count
    rank = np.empty(len(value), np.intp)
    rank[order] = np.arange(len(value)) - first[group[order]]
    return rank


def by_course(now: Floats, row: Integers, period: Integers, course: Floats) -> Floats:
    """Weights of cells by what their row has in all × the course of the periods; ``row`` and ``period`` number from 0.

    Rows that come to nothing together share equally. Shapes: now, row, period [n], course [p] → [n].
    """
    have: Floats = np.asarray(np.bincount(row, weights=now), np.float64)
    if have.sum() == 0.0:
        have = np.ones(len(have))
    return np.asarray(have[row] * course[period])
