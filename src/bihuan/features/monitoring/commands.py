"""Cases: a deviation is opened, explained, decided, approved, executed, and verified by the numbers of a later load.

Each step appends an event; the state repeats the last one, and the case says whose turn it is. Nobody can close a case by
hand: only `verify` does. A decision to transfer budget is approved and executed by the transfer's own approval
(`transferring`).
"""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bihuan.features.access.commands import record
from bihuan.features.access.live import Event, announce
from bihuan.features.access.model import Principal, system
from bihuan.features.control.hooks import Forced
from bihuan.features.monitoring import queries
from bihuan.features.monitoring.model import (
    STEPS,
    ByTransfer,
    Case,
    CaseState,
    Decision,
    NeedsTransfer,
    NoSuchCase,
    Place,
    SameDecider,
    Threshold,
    VarianceRow,
    WrongStep,
)
from bihuan.features.monitoring.people import coordinate, nearest
from bihuan.features.monitoring.verifying import holds
from bihuan.store.unit_of_work import UnitOfWork

DUE_DAYS = 15
EXPLAIN, DECIDE, APPROVE, VERIFY = "monitoring.explain", "monitoring.decide", "monitoring.approve", "monitoring.verify"


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
    rule = {"amount": str(threshold.amount), "rate": str(threshold.rate), "along": along}
    opened = []
    for row in rows:
        if threshold.reached(row) and not row.partial:  # nobody opens a case on more than they see
            place = Place(item, {**members, along: row.node}, period, ytd)
            amount = row.difference or Decimal(0)
            opened.append(
                open_case(
                    uow, actor, model, "variance", place, rule=rule, amount=amount, title=_title(row), due_days=due_days
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
    open_case(
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


def open_case(
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
    """Opens a case, or notes on the one that is open for the place that it was seen again; its owner explains first."""
    said = {"item": place.item, "members": dict(place.members), "period": place.period, "ytd": place.ytd}
    named = rule.get("rule") or rule.get("alert")
    identity = json.dumps([model, kind, said, named], ensure_ascii=False, sort_keys=True)
    fact = {"amount": str(amount), **({"bucket": rule["bucket"]} if rule.get("bucket") else {})}
    owners = nearest(uow, EXPLAIN, model, place) if model else []
    case_id = uow.value(
        "monitoring.open_case",
        model=model,
        kind=kind,
        place=json.dumps(said, ensure_ascii=False),
        identity=identity,
        rule=json.dumps(dict(rule), ensure_ascii=False),
        amount=amount,
        title=title,
        alert_id=alert_id,
        now=uow.now(),
        due_at=uow.now() + timedelta(days=due_days),
        owner=owners[0] if owners else "",
    )
    if case_id is None:
        existing = int(uow.value("monitoring.open_case_of", identity=identity))
        append(uow, actor, existing, "seen_again", {**fact, "title": title})
        return existing
    append(uow, actor, case_id, "opened", fact)
    return int(case_id)


def explain(
    uow: UnitOfWork,
    actor: Principal,
    *,
    case_id: int,
    text: str,
    owner: str = "",
    links: Sequence[Mapping[str, str]] = (),
) -> Case:
    """Says why, with links to the vouchers and documents that show it, and may hand the matter to another owner."""
    case = locked(uow, actor, case_id)
    chosen = owner or case.owner or actor.login
    detail = {"text": text, "owner": chosen, **({"links": [dict(x) for x in links]} if links else {})}
    uow.run("monitoring.set_owner", id=case_id, owner=chosen)
    return step(uow, actor, case_id, "explained", detail)


def decide(uow: UnitOfWork, actor: Principal, *, case_id: int, decision: Decision, text: str = "") -> Case:
    """Says what will be done; a transfer is decided by `transferring.decide_transfer`, which also asks for it."""
    if decision == "transfer":
        raise NeedsTransfer(case=case_id)
    by_hand(locked(uow, actor, case_id))
    uow.run("monitoring.set_transfer", id=case_id, transfer_id=None)
    return step(uow, actor, case_id, "decided", {"decision": decision, "text": text})


def approve(uow: UnitOfWork, actor: Principal, *, case_id: int, text: str = "") -> Case:
    """Agrees with the decision; somebody else than who decided. Accepting a deviation is executed by being approved."""
    case = by_hand(locked(uow, actor, case_id))
    if case.decided_by == actor.user_id:
        raise SameDecider(case=case_id)
    case = step(uow, actor, case_id, "approved", {"text": text})
    if case.decision == "accept":
        return step(uow, actor, case_id, "executed", {"evidence": "accepted"}, by_right=False)
    return case


def refuse(uow: UnitOfWork, actor: Principal, *, case_id: int, text: str) -> Case:
    """Sends the decision back."""
    by_hand(locked(uow, actor, case_id))
    return step(uow, actor, case_id, "refused", {"text": text})


def by_hand(case: Case) -> Case:
    """The case, unless a transfer of it is under way: that is decided in its own approval."""
    if case.state == "decided" and case.transfer_id is not None:
        raise ByTransfer(case=case.id, transfer=case.transfer_id)
    return case


def execute(uow: UnitOfWork, actor: Principal, *, case_id: int, evidence: str) -> Case:
    """Says with what the decision was carried out: a change set, a forecast, a finished task."""
    return step(uow, actor, case_id, "executed", {"evidence": evidence})


def verify(uow: UnitOfWork, actor: Principal, *, case_id: int) -> Case:
    """Evaluates the case's own rule again on today's numbers: back in bounds closes it, else it is reopened."""
    case = locked(uow, actor, case_id)
    held, found = holds(uow, actor, case)
    return step(uow, actor, case_id, "verified" if held else "reopened", found)


def verify_model(uow: UnitOfWork, actor: Principal, *, model: str) -> dict[str, list[int]]:
    """After a load: verifies every case of the model whose decision was carried out."""
    done: dict[str, list[int]] = {"closed": [], "reopened": []}
    for row in uow.rows("monitoring.cases_to_verify", model=model):
        case = verify(uow, actor, case_id=row["id"])
        done["closed" if case.state == "closed" else "reopened"].append(case.id)
    return done


# --- a step ----------------------------------------------------------------------------------------------------------

ACTIONS = {
    "explained": EXPLAIN,
    "executed": EXPLAIN,
    "verified": VERIFY,
    "reopened": VERIFY,
    "approved": APPROVE,
    "refused": APPROVE,
}  # the other steps are monitoring.decide


def locked(uow: UnitOfWork, actor: Principal, case_id: int) -> Case:
    """The case under its row's lock, if the actor may see it."""
    row = uow.row("monitoring.lock_case", id=case_id)
    if row is None:
        raise NoSuchCase(case=case_id)
    return queries.case(uow, actor, case_id=case_id)


def step(
    uow: UnitOfWork,
    actor: Principal,
    case_id: int,
    event: str,
    detail: Mapping[str, Any],
    *,
    by_right: bool = True,
    holders: Sequence[str] | None = None,
) -> Case:
    """Takes one step. ``by_right`` False: another feature's command has asked for the right (a transfer's approval).

    ``holders``: whose turn it is next, where somebody else knows; else those whose rights say so.
    """
    if by_right:
        actor.require(ACTIONS.get(event, DECIDE))
    case = locked(uow, actor, case_id)
    if by_right:
        actor.require(ACTIONS.get(event, DECIDE), model=case.model, **coordinate(case.place))
    allowed, state = STEPS[event]
    if case.state not in allowed:
        raise WrongStep(case=case_id, state=case.state, step=event, expected=list(allowed))
    append(uow, actor, case_id, event, detail)
    now = turn_of(uow, case, state, actor) if holders is None else list(holders)
    uow.run("monitoring.set_state", id=case_id, state=state, now=uow.now(), holder=",".join(now))
    record(uow, actor, f"monitoring.{event}", ("case", case_id), case.state, state)
    org = case.place.members.get("org")
    where = {"org": org} if org else {}
    announce(uow, Event("monitoring.case", "monitoring.read", case.model, where, {"case": case_id, "state": state}))
    return queries.case(uow, actor, case_id=case_id)


def turn_of(uow: UnitOfWork, case: Case, state: CaseState, actor: Principal) -> list[str]:
    """Whose turn it is in a state: the owner explains, decides and executes; somebody else approves; a load verifies."""
    if state == "decided":
        return nearest(uow, APPROVE, case.model, case.place, but=(actor.login,))
    if state in ("executed", "closed"):
        return []
    owner = queries.owner(uow, case.id)
    if state == "explained":
        deciders = nearest(uow, DECIDE, case.model, case.place)
        return [owner] if owner in deciders or not deciders else deciders
    return [owner] if owner else nearest(uow, EXPLAIN, case.model, case.place)


def append(uow: UnitOfWork, actor: Principal, case_id: int, event: str, detail: Mapping[str, Any]) -> None:
    """Appends an event to a case whose row is locked, or new."""
    uow.run(
        "monitoring.add_event",
        case_id=case_id,
        event=event,
        actor_id=actor.user_id,
        actor=actor.login,
        now=uow.now(),
        detail=json.dumps(dict(detail), ensure_ascii=False),
    )
