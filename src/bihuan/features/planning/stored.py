"""How many cells are stored for a model, by item, member and period: what a package's plan says it touches; which are filled."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.panel import Panel
from bihuan.features.modelling.touched import Stored, StoredCells
from bihuan.features.planning import cells, versions
from bihuan.features.planning.replica import replica_of
from bihuan.kernel.state import State
from bihuan.store.unit_of_work import Reader


@dataclass
class _Tally:
    cells: int = 0
    members: dict[str, Counter[int]] = field(default_factory=dict)
    periods: Counter[str] = field(default_factory=Counter)

    def add(self, model: CompiledModel, item: CompiledItem, panel: Panel) -> None:
        filled = panel.states != State.BLANK
        per_row, keys = filled.sum(axis=1), panel.keys
        self.cells += int(per_row.sum())
        for column, dim in enumerate(item.dims):
            ids, place = np.unique(keys[:, column], return_inverse=True)
            sums = np.bincount(place.reshape(-1), weights=per_row, minlength=len(ids))
            counts = {int(i): int(n) for i, n in zip(ids, sums, strict=True) if n}
            self.members.setdefault(dim, Counter()).update(counts)
        per_column = zip(cells.axis(model, item), filled.sum(axis=0), strict=True)
        self.periods.update({code: int(n) for code, n in per_column if n})


def stored_cells(reader: Reader, model_id: int) -> StoredCells:
    """Cells that are not blank, over every version that moves on with a revision (all but closed ones).

    A branch counts as a version of its own, though at rest it shares its base's blocks.
    """
    replica, found = replica_of(reader), dict[ItemRef, _Tally]()
    for version in versions.all_of(reader, model_id):
        if version.status == "closed":
            continue
        state = replica.pin(reader, version.id)
        for ref, panel in state.sheet.inputs.items():
            found.setdefault(ref, _Tally()).add(state.model, state.model.items[ref], panel)
    return {ref: Stored(tally.cells, tally.members, tally.periods) for ref, tally in found.items() if tally.cells}


def filled_items(reader: Reader, model_id: int) -> frozenset[ItemRef]:
    """Items with a cell that is not blank in some version that is not closed: the keys of `stored_cells`, nothing counted.

    An item found in one version is not looked at again in the next.
    """
    replica, found = replica_of(reader), set[ItemRef]()
    for version in versions.all_of(reader, model_id):
        if version.status == "closed":
            continue
        inputs = replica.pin(reader, version.id).sheet.inputs
        found |= {ref for ref, panel in inputs.items() if ref not in found and (panel.states != State.BLANK).any()}
    return frozenset(found)
