"""Simulating a draft of a policy on the history of the one in force: read once, nothing is written.

What a reader may not read is in no list and in no count.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping

from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.availability import ZERO, explain
from bihuan.features.control.explaining import HIDDEN, Names, names_of, sight, terms, tightest
from bihuan.features.control.from_model import policy_of, text_of
from bihuan.features.control.ledger import Ledger, PolicyInForce
from bihuan.features.control.model import WrongDocument
from bihuan.features.control.policy import Policy
from bihuan.features.control.simulating.changes import changes
from bihuan.features.control.simulating.replay import Judged, Past, replay
from bihuan.features.modelling import queries as modelling
from bihuan.store.unit_of_work import Reader, UnitOfWork

LISTED = 500  # documents in the list; the counts are of all
FILE = "policy.yaml"  # what the text is called in its problems


def read_draft(reader: Reader, model: str, text: str) -> Policy:
    """The policy of a text that is in no package yet, on the model as it is applied; every problem at once."""
    return policy_of(modelling.compiled(reader, model), model, FILE, text)


def text_in_force(reader: Reader, actor: Principal, policy: str) -> dict[str, Any]:
    """The text to begin a draft with, and whether budget was released under it (then another is activated, by date)."""
    in_force = queries.policy(reader, policy)
    model = in_force.policy.model
    actor.require("control.policy", model=model)
    text = reader.value("control.edition_text", policy_id=in_force.id) or (
        text_of(reader, model, policy) if model else ""
    )
    return {"policy": policy, "title": in_force.policy.title, "text": text, "released": in_force.version_id is not None}


def simulate(
    reader: Reader,
    actor: Principal,
    policy: str,
    text: str,
    *,
    since: date | None = None,
    until: date | None = None,
) -> dict[str, Any]:
    """What the rules of ``text`` would have said to the documents filed under ``policy``, ``since``..``until`` included.

    Days are UTC. Amounts in budget currency, > 0.
    """
    in_force = queries.policy(reader, policy)
    actor.require("control.policy", model=in_force.policy.model)
    if since and until and since > until:
        raise WrongDocument(f"起始日 {since} 晚于截止日 {until}。", since=str(since), until=str(until))
    draft = read_draft(reader, in_force.policy.model, text)
    return run(reader, actor, in_force, draft, since=since, until=until)


def run(
    reader: Reader,
    actor: Principal,
    in_force: PolicyInForce,
    draft: Policy,
    *,
    since: date | None = None,
    until: date | None = None,
) -> dict[str, Any]:
    """As `simulate`, of a policy that was read."""
    after = _midnight(since) if since else datetime.min.replace(tzinfo=UTC)
    before = _midnight(until) + timedelta(days=1) if until and until < date.max else datetime.max.replace(tzinfo=UTC)
    history = [Past(**r) for r in reader.rows("control.history", policy_id=in_force.id, until=before)]
    # limits that follow revenue are not tried: what revenue was known at each moment is not kept
    tried = replace(draft, rules=tuple(rule for rule in draft.rules if not rule.linked))
    trial = PolicyInForce(0, tried, {}, None)
    ledger = Ledger(UnitOfWork(reader.conn, reader.now), actor.login, trial)
    steps = list(replay(ledger, history, lambda at: at >= after))
    heads = {r["id"]: r for r in reader.rows("control.documents_heads", ids=sorted({s.document for s in steps}))}
    shown = [s for s in worst(steps) if _may_see(actor, in_force, heads[s.document])]
    names = names_of(reader, in_force.policy.model)
    told = [s for s in shown if s.answer != "none"]
    return {
        "policy": in_force.policy.code,
        "title": draft.title,
        "since": since,
        "until": until,
        "documents": len(shown),
        "amount": sum((s.amount for s in shown), ZERO),
        "blocked": _count([s for s in shown if s.blocked]),
        "answers": [{"answer": a, **c} for a, c in _by_answer(told).items()],
        "excepted": _count([s for s in shown if s.excepted]),
        "listed": [_document(actor, trial, heads[s.document], s, names) for s in told[:LISTED]],
        "left_out": max(0, len(told) - LISTED),
        "changes": changes(in_force.policy, draft),
    }


def worst(steps: Sequence[Judged]) -> list[Judged]:
    """One step of each document: the first that blocks it, else the strongest answer. Blocked ones first, then by amount."""
    order = ["unplaced", "refuse", "exception", "confirm", "notify", "none"]
    found: dict[int, Judged] = {}
    for step in steps:
        kept = found.get(step.document)
        if kept is None or _rank(step, order) < _rank(kept, order):
            found[step.document] = step
    return sorted(found.values(), key=lambda s: (not s.blocked, order.index(s.answer), -s.amount, s.document))


def _rank(step: Judged, order: Sequence[str]) -> tuple[bool, int]:
    return (not step.blocked, 0 if step.blocked else order.index(step.answer))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _may_see(actor: Principal, policy: PolicyInForce, head: RowMapping) -> bool:
    if head["requester"] == actor.login:
        return True
    return all(actor.may("control.read", model=policy.policy.model, **c) for c in head["coordinates"])


def _count(steps: Sequence[Judged]) -> dict[str, Any]:
    return {"documents": len(steps), "amount": sum((s.amount for s in steps), ZERO)}


def _by_answer(steps: Sequence[Judged]) -> Mapping[str, dict[str, Any]]:
    by: dict[str, list[Judged]] = defaultdict(list)
    for step in steps:
        by[step.answer].append(step)
    return {answer: _count(found) for answer, found in by.items()}


def _document(actor: Principal, policy: PolicyInForce, head: RowMapping, step: Judged, names: Names) -> dict[str, Any]:
    of = ("id", "number", "kind", "title", "status", "requester", "requester_name")
    said = [f for f in tightest(step.findings) if f.verdict != "ok"]
    rules = []
    for finding in said:
        seen = sight(actor, policy, finding.before)
        hidden = seen == "verdict"
        after: Decimal | None = None if hidden else finding.before.available - finding.asked
        rules.append(
            {
                **terms(finding.before, names, seen),
                "asked": finding.asked,
                "after": after,
                "short": None if hidden else finding.short,
                "verdict": finding.verdict,
                "measure": finding.measure,
                "explanation": HIDDEN.format(title=finding.before.rule.title) if hidden else explain(finding),
            }
        )
    return {
        **{name: head[name] for name in of},
        "at": step.at,
        "step": step.step,
        "amount": step.amount,
        "answer": step.answer,
        "blocked": step.blocked,
        "excepted": step.excepted,
        "fault": step.fault,
        "rules": rules,
    }
