"""A case as people look at it: where it stands, its steps as cards, who had it how long, what was done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from bihuan.features.process.model import Case
from bihuan.features.process.spans import DECIDES, Span, Visit


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a case: its visits and spans, its tasks, who is expected at each node, names by login."""

    case: Case
    visits: Sequence[Visit]
    spans: Sequence[Span]
    tasks: Sequence[RowMapping]
    expected: Sequence[Sequence[str]]
    names: Mapping[str, str]
    now: datetime


def cards(told: Told) -> list[dict[str, Any]]:
    """A card per step: done by whom in which time, at whom now until when, still to come, or passed over."""
    return [_card(told, i) for i in range(len(told.case.flow.nodes))]


def _card(told: Told, index: int) -> dict[str, Any]:
    node = told.case.flow.nodes[index]
    been = _visits(told, index)
    last = been[-1] if been else None
    state = _state(told, index, last)
    here = [t for t in told.tasks if t["node"] == index and t["status"] == "open"]
    decided = [
        s for s in told.spans if last and s.node == node.title and s.since >= last.since and s.outcome in DECIDES
    ]
    people = [t["holder"] for t in here] if state == "current" else [s.person for s in decided] or told.expected[index]
    seconds = sum(((v.until or told.now) - v.since).total_seconds() for v in been)
    return {
        "code": node.code,
        "title": node.title,
        "state": state,
        "people": [told.names[p] for p in dict.fromkeys(people)],
        "agreed": [told.names[s.person] for s in decided if s.outcome == "approve"],
        "need": node.need,
        "when": node.when,
        "outcome": last.outcome if last else "",
        "since": last.since if last else None,
        "until": last.until if last else None,
        "hours": round(seconds / 3600, 2),
        "due_days": node.due_days,
        "due_at": min((t["due_at"] for t in here if t["due_at"]), default=None),
        "visited": any(t["node"] == index for t in told.tasks),
    }


def _visits(told: Told, index: int) -> list[Visit]:
    """The node's turns of this round; of an earlier one when a return came straight back past it."""
    case = told.case
    been = [v for v in told.visits if v.node == case.flow.nodes[index].title]
    return [v for v in been if v.round == case.round] or (been if index < case.node else [])


def _state(told: Told, index: int, last: Visit | None) -> str:
    if last is not None:
        return "current" if last.until is None else "done"
    over = told.case.status not in ("running", "returned")
    passed = index < told.case.node and told.case.status == "running"
    unwanted = index > told.case.node and not told.expected[index]
    return "skipped" if over or passed or unwanted else "pending"


def span(told: Told, one: Span) -> dict[str, Any]:
    """One person's part, in hours."""
    return {
        "node": one.node,
        "person": one.person,
        "name": told.names[one.person],
        "round": one.round,
        "since": one.since,
        "until": one.until,
        "hours": round(one.seconds(told.now) / 3600, 2),
        "outcome": one.outcome,
    }


def action(told: Told, one: Mapping[str, Any]) -> dict[str, Any]:
    """One line of the log; ``target_name``: the person or the node it names."""
    kept = ("seq", "node", "round", "action", "actor", "comment", "target", "opened", "at")
    at = told.case.flow.index(one["target"]) if one["action"] == "return" else None
    target = told.names.get(one["target"], one["target"]) if at is None else told.case.flow.nodes[at].title
    return {**{k: one[k] for k in kept}, "name": told.names[one["actor"]], "target_name": target}
