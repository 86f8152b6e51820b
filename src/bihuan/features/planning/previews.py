"""What would be: edits tried on a private overlay that nobody else sees."""

from collections.abc import Sequence
from dataclasses import replace

from bihuan.features.access.model import Principal
from bihuan.features.planning import cells, commands, editing, slices, versions
from bihuan.features.planning.model import CellEdit, CellResult
from bihuan.features.planning.wire import QueryIn, QueryOut
from bihuan.store.unit_of_work import Reader


def preview(
    reader: Reader, actor: Principal, asked: QueryIn, edits: Sequence[CellEdit]
) -> tuple[QueryOut, tuple[CellResult, ...]]:
    """The slice as it would be after those edits that could be written, and why the others could not."""
    state = slices.state_for(reader, actor, asked.version, asked.as_of)
    trial = commands.checked(state, versions.known(reader, asked.version), actor, edits)
    trial = editing.refuse_locked(state.model, versions.locks(reader, asked.version), trial)
    overlay, _ = state.sheet.edit(cells.edits_of(state.model, trial.cells))
    return slices.answer(reader, actor, asked, replace(state, sheet=overlay)), trial.refused
