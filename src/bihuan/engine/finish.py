"""The last step of a formula: its cells as they are kept, in the item's scale, and a check of their range."""

import numpy as np

from bihuan.engine import rounding
from bihuan.engine.compiled import CompiledItem
from bihuan.engine.formula import spans
from bihuan.engine.formula.kernels import Cells, natural
from bihuan.engine.panel import Floats
from bihuan.engine.states import Bytes
from bihuan.engine.texts import codes_of
from bihuan.kernel.state import State


def finish(cells: Cells, item: CompiledItem, shape: tuple[int, int], out: Floats | None = None) -> tuple[Floats, Bytes]:
    """Values in units of 10^-scale, rounded half away from zero (coarser where the item says ``round``), and states.

    ``out`` is where the values should be put if that saves a copy; the answer may still be elsewhere.
    """
    if cells.values.dtype.kind == "U":
        return np.broadcast_to(codes_of(cells.values), shape), np.broadcast_to(cells.states, shape)
    room = out if cells.values.shape == shape else None
    values, states = _rounded(cells, item, room), cells.states
    if (
        item.scale is not None
        and values.size
        and not _in_range(cells, item)
        and max(values.max(), -values.min()) > rounding.LIMIT
    ):
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
        shift = item.scale - cells.exponent
        span = spans.shifted(cells.span, shift)
        return rounding.to_scale(cells.values, shift, item.scale, owned=cells.owned, out=out, span=span)
    whole = rounding.to_scale(cells.values, coarser - cells.exponent, coarser)
    up = (item.scale or 0) - coarser
    return whole * 10.0**up if up >= 0 else whole / 10.0**-up


def _in_range(cells: Cells, item: CompiledItem) -> bool:
    """Whether the bounds promise it; half the limit leaves room for the rounding."""
    return spans.within(spans.shifted(cells.span, (item.scale or 0) - cells.exponent), rounding.LIMIT / 2)


def _is_whole(values: Floats) -> bool:
    return bool((values == np.rint(values)).all())
