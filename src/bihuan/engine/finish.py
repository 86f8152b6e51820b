"""The last step of a formula: its cells as they are kept, in the item's scale, and a check of their range."""

import numpy as np

from bihuan.engine import rounding
from bihuan.engine.compiled import CompiledItem
from bihuan.engine.formula.kernels import Cells, natural
from bihuan.engine.panel import Floats
from bihuan.engine.states import Bytes
from bihuan.kernel.state import State


def finish(cells: Cells, item: CompiledItem, shape: tuple[int, int], out: Floats | None = None) -> tuple[Floats, Bytes]:
    """Values in units of 10^-scale, rounded half away from zero (coarser where the item says ``round``), and states.

    ``out`` is where the values should be put if that saves a copy; the answer may still be elsewhere.
    """
    room = out if cells.values.shape == shape else None
    values, states = _rounded(cells, item, room), cells.states
    if item.scale is not None and values.size and max(values.max(), -values.min()) > rounding.LIMIT:
        over = np.abs(values) > rounding.LIMIT
        values = np.where(over, 0.0, values)
        states = np.where(over, State.OVERFLOW, states).astype(np.uint8)
    return np.broadcast_to(values, shape), np.broadcast_to(states, shape)


def _rounded(cells: Cells, item: CompiledItem, out: Floats | None) -> Floats:
    coarser = item.definition.round
    if coarser is None:
        if item.scale is None:
            return natural(cells)
        if cells.exponent == item.scale and _is_whole(cells.values):
            return cells.values
        return rounding.to_scale(cells.values, item.scale - cells.exponent, item.scale, owned=cells.owned, out=out)
    whole = rounding.to_scale(cells.values, coarser - cells.exponent, coarser)
    up = (item.scale or 0) - coarser
    return whole * 10.0**up if up >= 0 else whole / 10.0**-up


def _is_whole(values: Floats) -> bool:
    return bool((values == np.rint(values)).all())
