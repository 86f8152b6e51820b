"""Who held a case how long, read from its action log. Pure.

A *visit* is a node's turn from the action that opened it to the one that left it; a *span* is one person's part of it. Between
a return and the next submission the requester holds the case. Whoever could have decided but did not has no span.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

DECIDES = frozenset({"approve", "return", "reject"})


@dataclass(frozen=True, slots=True)
class Visit:
    """A node's turn; ``until`` None = it is there now. ``node`` is the title, "" = the requester has it."""

    node: str
    round: int
    since: datetime
    until: datetime | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A person's turn at a node; ``person`` is a login."""

    node: str
    person: str
    round: int
    since: datetime
    until: datetime | None = None
    outcome: str = ""

    def seconds(self, now: datetime) -> float:
        """How long, to ``now`` for one that lasts."""
        return ((self.until or now) - self.since).total_seconds()


@dataclass(slots=True)
class _Walk:
    requester: str
    owners: Mapping[int, str]
    visits: list[Visit]
    spans: list[Span]
    at: Visit | None = None
    since: dict[str, datetime] | None = None

    def open(self, node: str, round_: int, at: datetime) -> None:
        self.at, self.since = Visit(node, round_, at), {}

    def person_leaves(self, person: str, at: datetime, outcome: str) -> None:
        if self.at is not None and self.since is not None:
            begun = self.since.pop(person, self.at.since)
            self.spans.append(Span(self.at.node, person, self.at.round, begun, at, outcome))

    def close(self, at: datetime, outcome: str) -> None:
        if self.at is not None:
            self.visits.append(Visit(self.at.node, self.at.round, self.at.since, at, outcome))
        self.at = None


def walk(
    actions: Sequence[Mapping[str, Any]],
    *,
    requester: str,
    owners: Mapping[int, str],
    holders: Sequence[str],
    status: str,
) -> tuple[list[Visit], list[Span]]:
    """Visits and spans of a case, in order; those that last come last, open.

    ``actions``: the log from its beginning; ``owners``: task id -> the login whose task it was; ``holders``: whose turn it is.
    """
    w = _Walk(requester, owners, [], [])
    for a in actions:
        _step(w, a)
    if status == "running" and w.at is not None and w.since is not None:
        w.spans += [Span(w.at.node, p, w.at.round, w.since.get(p, w.at.since)) for p in holders]
        w.visits.append(w.at)
    elif status == "returned" and w.at is not None:
        w.spans.append(Span("", requester, w.at.round, w.at.since))
        w.visits.append(w.at)
    elif w.at is not None:
        w.close(actions[-1]["at"], str(actions[-1]["action"]))
    return w.visits, w.spans


def _step(w: _Walk, a: Mapping[str, Any]) -> None:
    action, at, round_ = a["action"], a["at"], a["round"]
    owner = w.owners.get(a["task_id"] or 0, a["actor"])
    if action == "submit":
        if w.at is not None:
            w.person_leaves(w.requester, at, "submit")
            w.close(at, "submit")
        w.open(a["opened"], round_, at)
    elif action in DECIDES:
        w.person_leaves(owner, at, action)
        if a["opened"] or action != "approve":
            w.close(at, action)
        if a["opened"]:
            w.open(a["opened"], round_, at)
        elif action == "return":
            w.open("", round_, at)
    elif action == "reassign":
        w.person_leaves(owner, at, action)
        if w.since is not None:
            w.since[a["target"]] = at
    elif action == "withdraw":
        if w.at is not None and w.at.node == "":
            w.person_leaves(w.requester, at, action)
        w.close(at, action)
