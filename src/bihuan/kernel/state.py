"""The state of a cell: what kind of thing stands in it, beside its value.

Convention kept by every array of values in the system: where the state is not ``VALUE`` the number beside it is 0.0.
So sums may add the numbers without a mask, and a fresh zeroed array is a blank one.
"""

from enum import IntEnum


class State(IntEnum):
    """One byte per cell. Errors are 16 and above; the origin of an error is found by tracing, left to right."""

    BLANK = 0
    VALUE = 1
    NOT_APPLICABLE = 2
    DIV_BY_ZERO = 16
    OVERFLOW = 17
    CYCLE = 18
    NO_DRIVER = 19
    NO_RATE = 20
    NO_CONVERGE = 21
    BAD_NUMBER = 22  # outside a function's domain: (-1) ^ 0.5, a negative period count


FIRST_ERROR = 16


def is_error(state: int) -> bool:
    """True for a fault in a number, which spreads through everything that reads it."""
    return state >= FIRST_ERROR
