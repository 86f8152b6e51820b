"""Loading a package's ``data/`` into versions, when asked; applying a package never touches cells."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.modelling import queries as modelling
from bihuan.features.modelling.data import Entered
from bihuan.features.modelling.package import Package, read_package
from bihuan.features.planning import cells, editing, versions
from bihuan.features.planning.replica import PlanState
from bihuan.features.planning.writing import lock_heads, locked_state, write
from bihuan.kernel.errors import Problem, ProblemsFound
from bihuan.store.blocks import ChangedCells
from bihuan.store.unit_of_work import UnitOfWork


def load_data(uow: UnitOfWork, actor: Principal, *, model: str, folder: Path) -> dict[str, int]:
    """Writes the cells of the package's ``data/`` over what stands there; returns how many by version.

    Conditions are kept as 1 and 0. Texts cannot be kept yet: a package that enters some is refused with every place.
    """
    actor.require("plan.load", model=model)
    found = modelling.find(uow, model)
    ids = modelling.ids_of(uow.rows("modelling.members", model_id=found.id))
    package = read_package(folder, ids)
    by_version: dict[str, list[Entered]] = {}
    require_numbers(package)
    for cell in package.data:
        by_version.setdefault(cell.version, []).append(cell)
    targets = {name: versions.by_name(uow, found.id, name) for name in by_version}
    lock_heads(uow, [v.id for v in targets.values()])
    done = {}
    for name, entered in by_version.items():
        state = locked_state(uow, targets[name].id)
        changes = editing.entered(state, _changes(state, entered))
        differ = (changes.before != changes.after) | (changes.before_state != changes.after_state)
        done[name] = int(differ.sum())
        if done[name]:
            write(uow, actor, state, changes.take(differ), kind="edit", source="package", reason="模型包自带数据")
    record(uow, actor, "plan.load", ("model", model), after=done)
    return done


def require_numbers(package: Package) -> None:
    """Raises `ProblemsFound` with every entered text or date: a version cannot keep them yet."""
    problems = [
        Problem(
            "text_not_kept",
            cell.place.file,
            cell.place.line,
            cell.place.column,
            found=str(cell.value),
            expected="数或 TRUE、FALSE",
            message=f"“{cell.item.item}”的文本还不能存进版本，只能用 bihuan model test 试算；改用维度的属性",
        )
        for cell in package.data
        if isinstance(cell.value, str) and package.model.items[cell.item].type != "boolean"
    ]
    if problems:
        raise ProblemsFound(problems)


def _changes(state: PlanState, entered: Sequence[Entered]) -> ChangedCells:
    """The cells as a change set; their ``before`` is not yet known."""
    items = tuple(dict.fromkeys(cells.code_of(c.item) for c in entered))
    axes = {c.item: cells.axis(state.model, state.model.items[c.item]) for c in entered}
    periods = tuple(dict.fromkeys(code for axis in axes.values() for code in axis))
    item_at, period_at = ({code: i for i, code in enumerate(codes)} for codes in (items, periods))
    width = max(len(c.members) for c in entered)
    members = np.full((len(entered), width), -1, np.int32)
    for row, cell in enumerate(entered):
        members[row, : len(cell.members)] = cell.members
    amounts = [Decimal(c.value == "TRUE") if isinstance(c.value, str) else c.value for c in entered]
    stored = [cells.stored(state.model.items[c.item], a) for c, a in zip(entered, amounts, strict=True)]
    blank = np.zeros(len(entered))
    return ChangedCells(
        items,
        periods,
        np.array([item_at[cells.code_of(c.item)] for c in entered], np.int32),
        members,
        np.array([period_at[axes[c.item][c.index]] for c in entered], np.int32),
        blank,
        blank.astype(np.uint8),
        np.array([value for value, _ in stored]),
        np.array([s for _, s in stored], np.uint8),
    )
