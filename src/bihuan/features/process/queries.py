"""Whose turn it is, since when, how long it was whose, what was done; the chain is checked on every reading of a history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from bihuan.features.access.model import Principal
from bihuan.features.access.queries import names_of
from bihuan.features.process import view
from bihuan.features.process.flow import Node, flow_of
from bihuan.features.process.model import Case, NoSuchTask, broken_link
from bihuan.features.process.moving import applies, approvers, case_of
from bihuan.features.process.spans import walk
from bihuan.store.unit_of_work import Reader


def my_tasks(reader: Reader, actor: Principal) -> Sequence[RowMapping]:
    """The open tasks of the person who asks, oldest first."""
    return reader.rows("process.tasks_of", holder_id=actor.user_id)


def done_by(reader: Reader, actor: Principal, *, limit: int = 50) -> Sequence[RowMapping]:
    """What the person who asks decided, newest first."""
    return reader.rows("process.done_by", user_id=actor.user_id, limit=limit)


def open_cases(reader: Reader, actor: Principal, *, limit: int = 500) -> list[RowMapping]:
    """Everybody's open tasks at places where the actor may give them to somebody else, oldest turn first."""
    rows = reader.rows("process.open_cases", limit=limit)
    return [r for r in rows if actor.may("process.reassign", **r["place"])]


def started_by(reader: Reader, actor: Principal, *, limit: int = 50) -> list[dict[str, Any]]:
    """Cases the person who asks submitted: where each stands, who has it, since when; those under way first."""
    now = reader.now()
    return [_started(dict(row), now) for row in reader.rows("process.started_by", user_id=actor.user_id, limit=limit)]


def _started(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    nodes = row.pop("definition")["nodes"]
    running = row["status"] == "running"
    since = row["held_since"] if running else row["moved_at"]
    until = now if row["ended_at"] is None else row["ended_at"]
    begun = since if row["ended_at"] is None else row["started_at"]
    hours = round((until - begun).total_seconds() / 3600, 2)
    return {**row, "node": nodes[row["node"]]["title"] if running else "", "since": since, "hours": hours}


def case(reader: Reader, actor: Principal, instance_id: int) -> dict[str, Any]:
    """An instance: where it stands, its steps, who holds it and who had it how long, and everything that was done.

    Shown to the requester, to whoever had a task in it, and to those who may read cases at its place.
    """
    row = reader.row("process.instance", id=instance_id)
    if row is None or not _may_see(reader, actor, row):
        raise NoSuchTask(f"没有审批事项 {instance_id}，或您看不到它。", instance=instance_id)
    found = case_of(row, instance_id)
    actions = [dict(a) for a in reader.rows("process.actions", instance_id=instance_id)]
    told = _told(reader, actor, found, actions)
    may_reassign = found.status == "running" and actor.may("process.reassign", **found.place)
    turn = holders(reader, instance_id)
    same = ("id", "subject_kind", "subject_id", "title", "requester", "status", "round", "started_at", "ended_at")
    return {
        **{k: row[k] for k in same},
        "org": found.place.get("org", ""),
        "model": found.place.get("model", ""),
        "requester_name": told.names[found.requester],
        "node": found.flow.nodes[found.node].title,
        "flow_title": found.flow.title,
        "holders": [{**h, "name": told.names[h["holder"]]} for h in turn],
        "actions": [view.action(told, a) for a in actions],
        "nodes": view.cards(told),
        "spans": [view.span(told, s) for s in told.spans],
        "returns": sum(a["action"] == "return" for a in actions),
        "chain_broken_at": broken_link(actions),
        "my_task": next((h["task"] for h in turn if h["holder"] == actor.login), None),
        "may_reassign": may_reassign,
        "may_remind": found.status == "running" and (actor.user_id == found.requester_id or may_reassign),
    }


def _told(reader: Reader, actor: Principal, found: Case, actions: Sequence[dict[str, Any]]) -> view.Told:
    tasks = reader.rows("process.task_owners", instance_id=found.id)
    visits, spans = walk(
        actions,
        requester=found.requester,
        owners={t["id"]: t["holder"] for t in tasks},
        holders=[t["holder"] for t in tasks if t["status"] == "open"],
        status=found.status,
    )
    expected = _expected(reader, actor, found)
    logins = {found.requester} | {a["actor"] for a in actions} | {t["holder"] for t in tasks}
    names = names_of(reader, logins | {p for node in expected for p in node})
    return view.Told(found, visits, spans, tasks, expected, names, reader.now())


def candidates(reader: Reader, actor: Principal, instance_id: int) -> list[dict[str, str]]:
    """Login and name of those who may decide the case's node and have no open task in it, the actor not among them.

    For whoever has a task in it or may reassign; nobody for others.
    """
    row = reader.row("process.instance", id=instance_id)
    if row is None or not _may_see(reader, actor, row):
        raise NoSuchTask(f"没有审批事项 {instance_id}，或您看不到它。", instance=instance_id)
    found = case_of(row, instance_id)
    has_it = {t["holder"] for t in reader.rows("process.tasks_open", instance_id=instance_id)}
    if actor.login not in has_it and not actor.may("process.reassign", **found.place):
        return []
    logins = tuple(r["login"] for r in reader.rows("process.all_active"))
    anybody = Node("", "", holders=logins)
    people = set(approvers(reader, actor, anybody, found.place, found.requester_id).values()) - has_it - {actor.login}
    names = names_of(reader, people)
    return [{"login": p, "name": names[p]} for p in sorted(people)]


def _expected(reader: Reader, actor: Principal, found: Case) -> list[list[str]]:
    """For each node that is still to come: who would decide, as things stand; empty for one whose condition does not hold."""
    live = found.status in ("running", "returned")
    out: list[list[str]] = []
    for i, node in enumerate(found.flow.nodes):
        ahead = live and i > found.node and applies(reader, found, node)
        people = approvers(reader, actor, node, found.place, found.requester_id) if ahead else {}
        out.append(sorted(people.values()))
    return out


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
            "hours": round((now - t["created_at"]).total_seconds() / 3600, 2),
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
