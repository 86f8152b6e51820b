"""Whose turn it is, since when, and what was done; the chain is checked on every reading of a history."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping

from bihuan.features.access.model import Principal
from bihuan.features.process.model import NoSuchTask, broken_link, flow_of
from bihuan.store.unit_of_work import Reader


def my_tasks(reader: Reader, actor: Principal) -> Sequence[RowMapping]:
    """The open tasks of the person who asks, oldest first."""
    return reader.rows("process.tasks_of", holder_id=actor.user_id)


def case(reader: Reader, actor: Principal, instance_id: int) -> dict[str, Any]:
    """An instance: where it stands, who holds it and for how many hours, and everything that was done.

    Shown to the requester, to whoever had a task in it, and to those who may read cases at its place.
    """
    row = reader.row("process.instance", id=instance_id)
    if row is None or not _may_see(reader, actor, row):
        raise NoSuchTask(f"没有审批事项 {instance_id}，或您看不到它。", instance=instance_id)
    actions = [dict(a) for a in reader.rows("process.actions", instance_id=instance_id)]
    nodes = flow_of(row["definition"]).nodes
    return {
        **{
            k: row[k]
            for k in ("id", "subject_kind", "subject_id", "title", "requester", "status", "round", "started_at")
        },
        "node": nodes[row["node"]].title,
        "holders": holders(reader, instance_id),
        "actions": [{k: a[k] for k in ("seq", "node", "round", "action", "actor", "comment", "at")} for a in actions],
        "chain_broken_at": broken_link(actions),
    }


def _may_see(reader: Reader, actor: Principal, row: RowMapping) -> bool:
    if actor.user_id == row["requester_id"] or actor.may("process.read", **row["place"]):
        return True
    return bool(reader.value("process.had_task", instance_id=row["id"], user_id=actor.user_id))


def status(reader: Reader, instance_id: int) -> str:
    """Where an instance stands."""
    return str(reader.value("process.instance_status", id=instance_id))


def node_title(reader: Reader, instance_id: int) -> str:
    """The step an instance is at or ended at."""
    row = reader.row("process.instance", id=instance_id)
    assert row is not None, "instances are never removed"
    nodes = flow_of(row["definition"]).nodes
    return nodes[int(row["node"])].title


def holders(reader: Reader, instance_id: int) -> list[dict[str, Any]]:
    """Who holds an instance: task, person, since when, hours, due."""
    now = reader.now()
    return [
        {
            "task": t["id"],
            "holder": t["holder"],
            "since": t["created_at"],
            "hours": round((now - t["created_at"]).total_seconds() / 3600, 1),
            "due_at": t["due_at"],
        }
        for t in reader.rows("process.tasks_open", instance_id=instance_id)
    ]


def instance_of(reader: Reader, kind: str, subject_id: int) -> int | None:
    """The newest instance of a subject."""
    found = reader.value("process.instance_of", kind=kind, id=subject_id)
    return None if found is None else int(found)


def requester(reader: Reader, instance_id: int) -> str:
    """Who submitted an instance."""
    return str(reader.value("process.instance_requester", id=instance_id))
