"""A person's open work: the tasks of flows, and what later features add as a `TodoSource` (bound in `bootstrap`).

A row says what it is, since when it waits, until when, and where to go; the figures are on that page.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from sqlalchemy import RowMapping

from bihuan.features.access.model import Principal
from bihuan.features.process.queries import my_tasks
from bihuan.store.unit_of_work import Reader

Stage = Literal["target", "prepare", "approve", "spend", "monitor", "analyse", "adjust", "forecast", "connect"]
Kind = Literal["approve", "fill", "returned", "close", "confirm", "reply", "target"]


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing somebody has to do.

    ``key`` is unique and stable (``task:12``); ``kind`` gives the tag and the action's word; ``stage`` counts it on the rail;
    ``source``: who it comes from, by name; ``link``: a path of our own; ``due`` a moment, or a day whose end is meant.
    """

    key: str
    kind: Kind
    stage: Stage
    title: str
    source: str
    since: datetime
    link: str
    note: str = ""
    due: datetime | date | None = None
    subject_kind: str = ""
    subject_id: int | None = None


class TodoSource(Protocol):
    """A later feature's open work of a person, cut by what the person may do."""

    def __call__(self, reader: Reader, actor: Principal, /) -> Sequence[Todo]: ...


_sources: dict[str, TodoSource] = {}


def add_source(name: str, source: TodoSource) -> None:
    """Binds a source; done once, in `bootstrap`. The same name again replaces it."""
    _sources[name] = source


def todos(reader: Reader, actor: Principal) -> list[Todo]:
    """Everything the person has to do: what is due first, then what waits longest."""
    found = [_of_task(t) for t in my_tasks(reader, actor)]
    for name in sorted(_sources):
        found += _sources[name](reader, actor)
    return sorted(found, key=lambda t: (t.due is None, _day(t.due), t.since, t.key))


def _day(due: datetime | date | None) -> str:
    return "" if due is None else due.isoformat()


def counts(found: Sequence[Todo]) -> dict[str, int]:
    """Open work per stage, for the rail."""
    return dict(Counter(t.stage for t in found))


def _of_task(row: RowMapping) -> Todo:
    return Todo(
        key=f"task:{row['id']}",
        kind="approve",
        stage="approve",
        title=row["title"],
        source=row["requester"],
        since=row["created_at"],
        link=f"/approve?case={row['instance_id']}",
        note=row["node_title"],
        due=row["due_at"],
        subject_kind=row["subject_kind"],
        subject_id=row["subject_id"],
    )
