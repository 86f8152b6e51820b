"""Rounding on arrays: half away from zero, after snapping to 9 decimals so that float noise decides nothing.

Numbers of an item with ``scale`` s are integers of 10^-s. ``to_scale`` is where every computed leaf value becomes one.
"""

import numpy as np
from numpy.typing import NDArray

from bihuan.engine import scratch

Floats = NDArray[np.float64]

LIMIT = 2.0**53  # beyond it a float64 no longer holds every integer
_WHOLE = 2.0**52  # from here on a float64 is a whole number already, and adding a half would spoil it
SNAP = 9  # decimals


def half_away(
    values: Floats, decimals_left: int = SNAP, out: Floats | None = None, *, small: bool = False, positive: bool = False
) -> Floats:
    """Nearest whole number, half away from zero; within 10^-decimals_left / 2 below the half counts as the half.

    ``out`` must not be ``values``. ``small``, ``positive``: no number reaches 2^52, none is below zero.
    """
    half = 0.5 + 0.5 * 10.0**-decimals_left
    if small and positive:
        return np.trunc(found := np.add(values, half, out=out), out=found)
    moved = np.copysign(half, values, out=scratch.take(values.shape))
    moved += values
    np.trunc(moved, out=moved)
    if not small and moved.size and max(moved.max(), -moved.min()) >= _WHOLE:
        np.copyto(moved, values, where=np.abs(values) >= _WHOLE)
    return np.add(moved, 0.0, out=out)  # no negative zero: equal numbers have equal bits


def to_scale(
    values: Floats,
    shift: int,
    scale: int,
    *,
    owned: bool = False,
    out: Floats | None = None,
    span: tuple[float, float] | None = None,
) -> Floats:
    """``values`` x 10^shift rounded to whole units of 10^-scale; ``owned`` values may be written over.

    ``span`` bounds the product, where it is known.
    """
    room = values if owned else None
    if shift > 0:
        values = np.multiply(values, 10.0**shift, out=room)
    elif shift < 0:
        values = np.divide(values, 10.0**-shift, out=room)
    small = span is not None and max(-span[0], span[1]) < _WHOLE / 2
    return half_away(values, SNAP - scale, out, small=small, positive=span is not None and span[0] >= 0.0)


def snap(values: Floats) -> Floats:
    """Values to 9 decimals; large ones, which have no such digits, stay as they are."""
    large = np.abs(values) >= 2.0**52 / 10.0**SNAP
    return np.where(large, values, np.rint(values * 10.0**SNAP) / 10.0**SNAP)


def round_to(values: Floats, digits: Floats | int) -> Floats:
    """ROUND: half away from zero to ``digits`` decimals (negative: tens, hundreds)."""
    power = _power(digits)
    return np.where(power >= 1, half_away(snap(values) * power) / power, half_away(snap(values) / (1 / power)) / power)


def round_up(values: Floats, digits: Floats | int) -> Floats:
    """ROUNDUP: away from zero."""
    power = _power(digits)
    return np.copysign(np.ceil(snap(np.abs(snap(values)) * power)) / power, values) + 0.0


def round_down(values: Floats, digits: Floats | int) -> Floats:
    """ROUNDDOWN: towards zero."""
    power = _power(digits)
    return np.copysign(np.floor(snap(np.abs(snap(values)) * power)) / power, values) + 0.0


def ceiling(values: Floats, multiple: Floats) -> Floats:
    """The next multiple upwards on the number line."""
    step = np.abs(multiple)
    return np.ceil(snap(snap(values) / step)) * step + 0.0


def floor(values: Floats, multiple: Floats) -> Floats:
    """The next multiple downwards on the number line."""
    step = np.abs(multiple)
    return np.floor(snap(snap(values) / step)) * step + 0.0


def mround(values: Floats, multiple: Floats) -> Floats:
    """The nearest multiple, half away from zero."""
    step = np.abs(multiple)
    return half_away(snap(values) / step) * step + 0.0


def _power(digits: Floats | int) -> Floats:
    return np.asarray(np.power(10.0, np.asarray(digits, np.float64)))
