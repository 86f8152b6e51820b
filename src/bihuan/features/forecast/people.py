"""Which forecast cells a person has edited: read from the log, so that a refresh can leave them alone.

A cell is a person's when the last change set that touched it and still stands was made by a person and not by a run. A
change set that was taken back does not stand, nor does the one that took it back.
"""

from collections.abc import Sequence

from sqlalchemy import RowMapping

from bihuan.features.forecast.model import SOURCE, Run
from bihuan.store.blocks import ChangedCells, decode_changes
from bihuan.store.unit_of_work import Reader

NOT_PEOPLE = frozenset({SOURCE, "package", "load", "model"})
CellKey = tuple[str, tuple[int, ...], str]  # cube!item, leaf member ids, period


def edited(reader: Reader, last: Run | None, version_id: int, widths: dict[str, int]) -> dict[CellKey, int]:
    """Cell -> seq of the person's change set, for the items of ``widths`` (item -> number of its dimensions).

    ``last`` is the last run that stands: what it kept, and the log since."""
    out: dict[CellKey, int] = {}
    since = 0
    if last is not None:
        since = last.seq or 0
        for row in reader.rows("forecast.kept", run=last.id):
            for period, seq in row["kept"].items():
                out[row["item"], tuple(row["members"]), period] = seq
    rows = reader.rows("forecast.log", version=version_id, after=since)
    for row in standing(rows):
        person = row["author"] > 0 and row["source"] not in NOT_PEOPLE and row["kind"] != "undo"
        for key in cells_of(decode_changes(row["payload"]), widths):
            if person:
                out[key] = row["seq"]
            else:
                out.pop(key, None)
    return out


def standing(rows: Sequence[RowMapping]) -> list[RowMapping]:
    """The rows that were not taken back within them; an undo of something within them falls out with what it undid."""
    known = {row["seq"] for row in rows}
    gone: set[int] = set()
    for seq, undoes in sorted({(r["seq"], r["undoes"]) for r in rows if r["undoes"] is not None}, reverse=True):
        if seq not in gone and undoes in known:
            gone |= {seq, undoes}
    return [row for row in rows if row["seq"] not in gone]


def cells_of(changes: ChangedCells, widths: dict[str, int]) -> list[CellKey]:
    """The cells of a change set that belong to the items of ``widths``."""
    out = []
    for k in range(len(changes)):
        item = changes.items[changes.item[k]]
        if (width := widths.get(item)) is not None:
            members = tuple(int(m) for m in changes.members[k, :width])
            out.append((item, members, changes.periods[changes.period[k]]))
    return out
