"""Circles that an item allows to be solved by repetition: interest on the average of a debt that pays for the interest.

Every round calculates the circle's cells anew from those of the round before (Gauss-Seidel: what was calculated earlier in a
round is already used). A circle is settled when no cell moves by more than the stated tolerance; cells that still move after the
last round are errors, NO_CONVERGE, and so is what reads them. Not settled is never a number that looks settled.
"""

from collections.abc import Callable, Sequence

import numpy as np

from bihuan.engine.definition import Iteration
from bihuan.engine.panel import Flags, Panel
from bihuan.kernel.state import FIRST_ERROR, State


def settle(panels: Sequence[Panel], sweep: Callable[[], None], iteration: Iteration) -> None:
    """Repeats ``sweep``, which calculates all cells of ``panels`` in place once; from blank cells, so always alike.

    An error of one round may come from a cell that was still blank: the next round reads it as blank. Which errors are true
    shows at the end, when they may spread.
    """
    moving = _repeat(panels, sweep, iteration)
    if not any(m.any() for m in moving) and not any((p.base_states >= FIRST_ERROR).any() for p in panels):
        return
    for _ in range(len(panels) + 1):  # an error comes one node further a round at least
        before = [p.base_states.copy() for p in panels]
        sweep()
        for panel, marked in zip(panels, moving, strict=True):
            panel.base_values[marked], panel.base_states[marked] = 0.0, State.NO_CONVERGE
        if all(np.array_equal(p.base_states, b) for p, b in zip(panels, before, strict=True)):
            return


def _repeat(panels: Sequence[Panel], sweep: Callable[[], None], iteration: Iteration) -> list[Flags]:
    """The cells that moved in the last round by more than the tolerance."""
    moving: list[Flags] = []
    for _ in range(iteration.most):
        before = [(p.base_values.copy(), p.base_states.copy()) for p in panels]
        for panel in panels:
            panel.base_states[panel.base_states >= FIRST_ERROR] = State.BLANK
        sweep()
        moving = [
            (np.abs(p.base_values - values) > iteration.tolerance) | (p.base_states != states)
            for p, (values, states) in zip(panels, before, strict=True)
        ]
        if not any(m.any() for m in moving):
            break
    return moving
