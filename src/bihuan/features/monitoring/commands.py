"""Cases: a deviation is opened, explained, decided, approved, executed, and verified by the numbers of a later load.

Each step appends an event; the state repeats the last one. Nobody can close a case by hand: only `verify` does.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal, system
from bihuan.features.control.hooks import Forced
from bihuan.features.monitoring import queries
from bihuan.features.monitoring.model import (
    STEPS,
    Case,
    Decision,
    NoSuchCase,
    Place,
    SameDecider,
    Threshold,
    VarianceRow,
    WrongStep,
)
from bihuan.store.unit_of_work import UnitOfWork

DUE_DAYS = 15


def open_deviations(
    uow: UnitOfWork,
    actor: Principal,
    *,
    model: str,
    item: str,
    members: Mapping[str, str],
    along: str = "org",
    nodes: Sequence[str] | None = None,
    period: str,
    ytd: bool = False,
    threshold: Threshold,
    due_days: int = DUE_DAYS,
) -> list[int]:
    """Opens a case for each row of the variance that reaches the threshold; one that is open already is answered as it is."""
    actor.require("monitoring.open")
    rows = queries.variance(
        uow, actor, model=model, item=item, members=members, along=along, nodes=nodes, period=period, ytd=ytd
    )
    opened = []
    for row in rows:
        if threshold.reached(row):
            place = Place(item, {**members, along: row.node}, period, ytd)
            rule = {"amount": str(threshold.amount), "rate": str(threshold.rate), "along": along}
            opened.append(
                _open(
                    uow,
                    actor,
                    model,
                    "variance",
                    place,
                    rule=rule,
                    amount=row.difference or Decimal(0),
                    title=_title(row),
                    due_days=due_days,
                )
            )
    return opened


def _title(row: VarianceRow) -> str:
    rate = "" if row.rate is None else f"（{row.rate:+.1%}）"
    span = "累计" if row.ytd else ""
    return f"{row.name} {row.item.partition('!')[2]} {row.period}{span}：超预算 {abs(row.difference or 0):,.2f}{rate}"


def on_forced(uow: UnitOfWork, forced: Forced, /) -> None:
    """Control booked a fact beyond its limit: that is a deviation too. In the same transaction."""
    members = {dim: member for dim, member in forced.coordinate.items() if dim != "item"}
    item = forced.coordinate.get("item", "")
    model = uow.value("monitoring.model_of_item", bucket=forced.bucket_id, item=item) or ""
    place = Place(item, members, forced.period)
    rule = {"rule": forced.rule, "bucket": forced.bucket_id}
    _open(
        uow,
        system("control"),
        model,
        "forced",
        place,
        rule=rule,
        amount=forced.amount,
        title=forced.message,
        alert_id=forced.alert_id,
    )


def _open(
    uow: UnitOfWork,
    actor: Principal,
    model: str,
    kind: str,
    place: Place,
    *,
    rule: Mapping[str, Any],
    amount: Decimal,
    title: str,
    alert_id: int | None = None,
    due_days: int = DUE_DAYS,
) -> int:
    said = {"item": place.item, "members": dict(place.members), "period": place.period, "ytd": place.ytd}
    identity = json.dumps([model, kind, said, rule.get("rule")], ensure_ascii=False, sort_keys=True)
    fact = {"amount": str(amount), **({"bucket": rule["bucket"]} if rule.get("bucket") else {})}
    case_id = uow.value(
        "monitoring.open_case",
        model=model,
        kind=kind,
        place=json.dumps(said, ensure_ascii=False),
        identity=identity,
        rule=json.dumps(dict(rule)),
        amount=amount,
        title=title,
        alert_id=alert_id,
        now=uow.now(),
        due_at=uow.now() + timedelta(days=due_days),
    )
    if case_id is None:
        existing = int(uow.value("monitoring.open_case_of", identity=identity))
        _append(uow, actor, existing, "seen_again", {**fact, "title": title})
        return existing
    _append(uow, actor, case_id, "opened", fact)
    return int(case_id)


def explain(uow: UnitOfWork, actor: Principal, *, case_id: int, text: str, owner: str = "") -> Case:
    """Says why, and who owns the matter (default: who explains)."""
    return _step(uow, actor, case_id, "explained", {"text": text, "owner": owner or actor.login})


def decide(uow: UnitOfWork, actor: Principal, *, case_id: int, decision: Decision, text: str = "") -> Case:
    """Says what will be done."""
    return _step(uow, actor, case_id, "decided", {"decision": decision, "text": text})


def approve(uow: UnitOfWork, actor: Principal, *, case_id: int, text: str = "") -> Case:
    """Agrees with the decision; somebody else than who decided. Accepting a deviation is executed by being approved."""
    case = _locked(uow, actor, case_id)
    last = _last(case, "decided")
    if last is not None and last["by"] == actor.user_id:
        raise SameDecider(case=case_id)
    case = _step(uow, actor, case_id, "approved", {"text": text})
    if last is not None and last["decision"] == "accept":
        return _step(uow, actor, case_id, "executed", {"evidence": "accepted"})
    return case


def refuse(uow: UnitOfWork, actor: Principal, *, case_id: int, text: str) -> Case:
    """Sends the decision back."""
    return _step(uow, actor, case_id, "refused", {"text": text})


def execute(uow: UnitOfWork, actor: Principal, *, case_id: int, evidence: str) -> Case:
    """Says with what the decision was carried out: a transfer, a change set, a finished task."""
    return _step(uow, actor, case_id, "executed", {"evidence": evidence})


def verify(uow: UnitOfWork, actor: Principal, *, case_id: int) -> Case:
    """Evaluates the case's own rule again on today's numbers: back in bounds closes it, else it is reopened."""
    case = _locked(uow, actor, case_id)
    held, found = _holds(uow, actor, case)
    return _step(uow, actor, case_id, "verified" if held else "reopened", found)


def _holds(uow: UnitOfWork, actor: Principal, case: Case) -> tuple[bool, dict[str, Any]]:
    """Whether the deviation is gone, or no larger than what was accepted; and the figures."""
    accepted = (_last(case, "decided") or {}).get("decision") == "accept"
    if case.kind == "forced":
        return _relieved(uow, case, accepted)
    place = case.place
    along = str(case.rule["along"])
    rows = queries.variance(
        uow,
        actor,
        model=case.model,
        item=place.item,
        members=place.members,
        along=along,
        nodes=[place.members[along]],
        period=place.period,
        ytd=place.ytd,
    )
    row = rows[0] if rows else None
    threshold = Threshold(Decimal(case.rule["amount"]), Decimal(case.rule["rate"]))
    difference = (row.difference if row else None) or Decimal(0)
    held = row is None or not threshold.reached(row) or (accepted and abs(difference) <= abs(case.amount))
    return held, {"difference": str(difference)}


def _relieved(uow: UnitOfWork, case: Case, accepted: bool) -> tuple[bool, dict[str, Any]]:
    """Whether the balance rows that were overrun have room again; a fact without any balance row stays as it is."""
    seen = [e.detail for e in case.events if e.event in ("opened", "seen_again")]
    buckets = sorted({d["bucket"] for d in seen if "bucket" in d})
    worst = max(Decimal(d["amount"]) for d in seen)
    beyond = uow.value("monitoring.forced_most", ids=buckets) if buckets else worst
    return beyond <= (worst if accepted else Decimal(0)), {"forced": str(beyond)}


def verify_model(uow: UnitOfWork, actor: Principal, *, model: str) -> dict[str, list[int]]:
    """After a load: verifies every case of the model whose decision was carried out."""
    done: dict[str, list[int]] = {"closed": [], "reopened": []}
    for row in uow.rows("monitoring.cases_to_verify", model=model):
        case = verify(uow, actor, case_id=row["id"])
        done["closed" if case.state == "closed" else "reopened"].append(case.id)
    return done


def _locked(uow: UnitOfWork, actor: Principal, case_id: int) -> Case:
    row = uow.row("monitoring.lock_case", id=case_id)
    if row is None:
        raise NoSuchCase(case=case_id)
    return queries.case(uow, actor, case_id=case_id)


def _last(case: Case, event: str) -> dict[str, Any] | None:
    """The detail of the last such event with who did it, or None."""
    found = [e for e in case.events if e.event == event]
    return {**found[-1].detail, "by": found[-1].actor_id} if found else None


ACTIONS = {
    "explained": "monitoring.explain",
    "executed": "monitoring.explain",
    "verified": "monitoring.verify",
    "reopened": "monitoring.verify",
}  # the other steps are monitoring.decide


def _step(uow: UnitOfWork, actor: Principal, case_id: int, event: str, detail: Mapping[str, Any]) -> Case:
    actor.require(ACTIONS.get(event, "monitoring.decide"))
    case = _locked(uow, actor, case_id)
    allowed, state = STEPS[event]
    if case.state not in allowed:
        raise WrongStep(case=case_id, state=case.state, step=event, expected=list(allowed))
    _append(uow, actor, case_id, event, detail)
    uow.run("monitoring.set_state", id=case_id, state=state, now=uow.now())
    record(uow, actor, f"monitoring.{event}", ("case", case_id), case.state, state)
    return queries.case(uow, actor, case_id=case_id)


def _append(uow: UnitOfWork, actor: Principal, case_id: int, event: str, detail: Mapping[str, Any]) -> None:
    uow.run(
        "monitoring.add_event",
        case_id=case_id,
        event=event,
        actor_id=actor.user_id,
        actor=actor.login,
        now=uow.now(),
        detail=json.dumps(dict(detail), ensure_ascii=False),
    )
