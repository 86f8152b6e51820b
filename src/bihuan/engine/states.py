"""How the states of two operands make the state of the result, on arrays. One rule per family of operators.

UNITE   + - MIN MAX: a value beside a blank wins            MEET   * / ^: a blank beside a value wins
ALWAYS  comparisons, &: a blank counts as 0 or ""           In each family an error wins, the left one first.
"""

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from bihuan.kernel.state import FIRST_ERROR, State

Bytes = NDArray[np.uint8]


class Family(Enum):
    """The three ways in which blanks combine."""

    UNITE = "unite"
    MEET = "meet"
    ALWAYS = "always"


def combine(family: Family, left: Bytes, right: Bytes, *, clean: bool = False) -> Bytes:
    """States of the result; ``clean`` promises that both hold BLANK and VALUE only. Broadcasts."""
    if clean:
        for one, other in ((left, right), (right, left)):
            if one.size == 1 and family is not Family.ALWAYS:  # a constant: no cell needs to be looked at
                other_wins = (one.item() == State.VALUE) == (family is Family.MEET)
                return other if other_wins else one
        if family is Family.UNITE:
            return left | right
        if family is Family.MEET:
            return left & right
        return np.ones(np.broadcast_shapes(left.shape, right.shape), np.uint8)
    first = np.where(left >= FIRST_ERROR, left, np.where(right >= FIRST_ERROR, right, 0))
    return np.where(first > 0, first, _plain(family, left, right)).astype(np.uint8)


def _plain(family: Family, left: Bytes, right: Bytes) -> NDArray[np.uint8]:
    """The rule among BLANK, VALUE and NOT_APPLICABLE; cells with an error may hold anything."""
    inapplicable = (left == State.NOT_APPLICABLE) | (right == State.NOT_APPLICABLE)
    if family is Family.UNITE:
        value = (left == State.VALUE) | (right == State.VALUE)
        return np.where(value, State.VALUE, np.where(inapplicable, State.NOT_APPLICABLE, State.BLANK)).astype(np.uint8)
    if family is Family.MEET:
        blank = (left == State.BLANK) | (right == State.BLANK)
        return np.where(inapplicable, State.NOT_APPLICABLE, np.where(blank, State.BLANK, State.VALUE)).astype(np.uint8)
    return np.full(np.broadcast_shapes(left.shape, right.shape), State.VALUE, np.uint8)


def spread(state: Bytes) -> Bytes:
    """States of a function that is defined for blank too (ISBLANK, NOT): errors stay, all else is a VALUE."""
    return np.where(state >= FIRST_ERROR, state, State.VALUE).astype(np.uint8)
