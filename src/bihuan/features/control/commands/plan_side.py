"""The plan's half of commands that change plan and ledger together. A policy that no version was released to has none."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from bihuan.features.access.model import Principal
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import BudgetCell
from bihuan.features.control.policy import ITEM
from bihuan.features.planning import cells, versions
from bihuan.features.planning import commands as planning
from bihuan.features.planning import queries as planning_queries
from bihuan.features.planning.cells import code_of, ref_of
from bihuan.features.planning.model import Cell, CellEdit
from bihuan.kernel.state import State
from bihuan.store.unit_of_work import Reader, UnitOfWork


def lock_plan(uow: UnitOfWork, policy: PolicyInForce) -> None:
    """Locks the head of the released version; comes before every other lock."""
    if policy.version_id is not None:
        planning.lock_heads(uow, [policy.version_id])


def append_to_plan(
    uow: UnitOfWork,
    actor: Principal,
    policy: PolicyInForce,
    changes: Sequence[tuple[BudgetCell, Decimal]],
    *,
    source: str,
    reason: str,
) -> None:
    """Adds each change to its plan cell, which holds the given budget now."""
    if policy.version_id is None:
        return
    edits = [_edit(cell, before) for cell, before in changes]
    planning.append(uow, actor, version_id=policy.version_id, edits=edits, source=source, reason=reason)


def _edit(cell: BudgetCell, before: Decimal) -> CellEdit:
    members = {d: m for d, m in cell.coordinate.items() if d != ITEM}
    return CellEdit(ref_of(cell.coordinate[ITEM]), members, cell.period, before, before + cell.amount)


def budget_cell(cell: Cell) -> BudgetCell:
    """A frozen plan cell as budget."""
    return BudgetCell({**cell.members, ITEM: code_of(cell.item)}, cell.period, cell.value)


def plan_cells(reader: Reader, version_id: int, items: Sequence[str]) -> dict[tuple[str, str, str], Decimal]:
    """Every filled leaf cell of some items as the plan has it now, by (item, members as `place_text`, period)."""
    state = planning_queries.replica_state(reader, version_id)
    found = {}
    for code in items:
        item = state.model.items[ref_of(code)]
        panel, columns = state.sheet.leaves(item.ref), cells.axis(state.model, item)
        for row, column in zip(*np.nonzero(panel.states == State.VALUE), strict=True):
            members = {
                d: state.model.dimensions[d].by_id[int(m)].code for d, m in zip(item.dims, panel.keys[row], strict=True)
            }
            amount = cells.shown(item, float(panel.values[row, column]), State.VALUE)
            assert amount is not None, "the state is VALUE"
            found[code, place_text(members), columns[column]] = amount
    return found


def released_orgs(reader: Reader, version_id: int) -> frozenset[str]:
    """Organisations whose cells were released; "" = the whole version."""
    return frozenset(k.org for k in versions.locks(reader, version_id) if k.kind == "released")


def place_text(members: Mapping[str, str]) -> str:
    """Members of a cell as comparable text, the item left out."""
    return json.dumps(sorted((d, m) for d, m in members.items() if d != ITEM), ensure_ascii=False)
