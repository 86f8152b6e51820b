"""The plan's half of commands that change plan and ledger together. A policy that no version was released to has none."""

from collections.abc import Sequence
from decimal import Decimal

from bihuan.features.access.model import Principal
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import BudgetCell
from bihuan.features.planning import commands as planning
from bihuan.features.planning.cells import code_of, ref_of
from bihuan.features.planning.model import Cell, CellEdit
from bihuan.store.unit_of_work import UnitOfWork

ITEM = "item"  # the dimension of coordinates that names the controlled item, as cube!item


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
