"""Two states of entered cells against each other."""

import numpy as np

from bihuan.engine.panel import empty, unpack
from bihuan.features.planning import cells
from bihuan.features.planning.replica import PlanState
from bihuan.store.blocks import ChangedCells, join_changes


def changes_between(now: PlanState, then: PlanState) -> ChangedCells:
    """What would turn the entered cells of ``now`` into those of ``then``, on the items and periods ``now`` has."""
    parts = []
    for ref, item in now.model.items.items():
        sizes, axis = cells.sizes(now.model, item), cells.axis(now.model, item)
        mine = now.sheet.inputs.get(ref) or empty(sizes, len(axis))
        was = then.model.items.get(ref)
        theirs = then.sheet.inputs.get(ref) if was is not None and was.dims == item.dims else None
        if was is not None and theirs is not None:
            theirs = cells.moved(theirs, cells.axis(then.model, was), axis)
        theirs = theirs or empty(sizes, len(axis))
        mine, theirs = mine.resized(sizes), theirs.resized(sizes)
        codes = np.union1d(mine.codes, theirs.codes)
        before, before_state, _ = mine.gather(codes)
        after, after_state, _ = theirs.gather(codes)
        row, column = np.nonzero((before != after) | (before_state != after_state))
        if len(row):
            keys = unpack(codes, sizes)[row]
            parts.append(
                ChangedCells(
                    (cells.code_of(ref),),
                    tuple(axis),
                    np.zeros(len(row), np.int32),
                    keys,
                    column.astype(np.int32),
                    before[row, column],
                    before_state[row, column],
                    after[row, column],
                    after_state[row, column],
                )
            )
    return join_changes(parts)
