"""Who changed a cell: read from the log, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np
from sqlalchemy import RowMapping

from bihuan.engine.compiled import CompiledItem
from bihuan.features.planning import cells, editing, versions
from bihuan.features.planning.model import Theirs
from bihuan.features.planning.replica import PlanState
from bihuan.kernel.state import State
from bihuan.store.blocks import ChangedCells, decode_changes
from bihuan.store.unit_of_work import Reader


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a cell; amounts in the item's unit."""

    seq: int
    author: str
    at: datetime
    source: str
    reason: str
    kind: str
    before: Decimal | None
    after: Decimal | None


def changes_of_cell(
    reader: Reader, state: PlanState, item: CompiledItem, members: list[int], period: str, *, after: int = 0
) -> Iterator[Change]:
    """Changes of one leaf cell in (after, state.seq], newest first; also those made in a branch's base before the fork."""
    unit = _unit(state, item, members)
    for version_id, low, high in reversed(_ranges(reader, state.version_id, after, state.seq)):
        rows = reader.rows("planning.recent_changes", version=version_id, after=low, upto=high, unit=unit)
        for row in rows:
            yield from _in_row(row, item, members, period)


def _ranges(reader: Reader, version_id: int, after: int, upto: int) -> list[tuple[int, int, int]]:
    """Log ranges in order: those of the bases up to each fork, then the version's own."""
    own = (version_id, after, upto)
    version = versions.by_id(reader, version_id)
    if after > 0 or version.base_version_id is None or version.base_seq is None:
        return [own]
    return [*_ranges(reader, version.base_version_id, 0, version.base_seq), own]


def _in_row(row: RowMapping, item: CompiledItem, members: list[int], period: str) -> Iterator[Change]:
    changes = decode_changes(row["payload"])
    for k in find(changes, cells.code_of(item.ref), members, period)[::-1]:
        yield Change(
            row["seq"],
            row["author_name"],
            row["at"],
            row["source"],
            row["reason"],
            row["kind"],
            cells.shown(item, changes.before[k], changes.before_state[k]),
            cells.shown(item, changes.after[k], changes.after_state[k]),
        )


def find(changes: ChangedCells, item: str, members: list[int], period: str) -> list[int]:
    """Positions of one cell in a change set."""
    if item not in changes.items or period not in changes.periods:
        return []
    hit = (changes.item == changes.items.index(item)) & (changes.period == changes.periods.index(period))
    for j, member in enumerate(members):
        hit &= changes.members[:, j] == member
    return [int(k) for k in np.flatnonzero(hit)]


def _unit(state: PlanState, item: CompiledItem, members: list[int]) -> str:
    if editing.ORG not in item.dims:
        return "*"
    return state.model.dimensions[editing.ORG].by_id[members[item.dims.index(editing.ORG)]].code


def theirs(reader: Reader, state: PlanState, now: ChangedCells, k: int, base_seq: int) -> Theirs:
    """What stands in cell ``k`` of ``now`` and who put it there, looking first at what came after ``base_seq``."""
    item = state.model.items[cells.ref_of(now.items[now.item[k]])]
    members = [int(m) for m in now.members[k, : len(item.dims)]]
    value = cells.shown(item, now.before[k], now.before_state[k])
    name = State(int(now.before_state[k])).name
    for after in dict.fromkeys((min(base_seq, state.seq), 0)):
        found = next(changes_of_cell(reader, state, item, members, now.periods[now.period[k]], after=after), None)
        if found is not None:
            return Theirs(value, name, found.author, found.at, found.seq)
    return Theirs(value, name, "", None, 0)
