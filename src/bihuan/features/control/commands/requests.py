"""Spend requests as a person files them: drafts, submission through the approval the policy names, filing again after a return.

A draft is what was typed, complete or not; it holds nothing. Submitting makes its lines a revision of the document, holds them
and starts the approval, in one transaction; when any of it is refused, nothing has happened.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from bihuan.features.access.commands import record
from bihuan.features.access.model import Principal
from bihuan.features.access.queries import business_date
from bihuan.features.control import queries
from bihuan.features.control.commands import filing, spend
from bihuan.features.control.commands.spend import Reservation
from bihuan.features.control.events import tell_changed
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.mapped_lines import mapped_lines
from bihuan.features.control.model import NoSuchDocument, NotHeld, Request, RequestLine, WrongDocument
from bihuan.features.process import commands as process
from bihuan.features.process import queries as process_queries
from bihuan.features.process.commands import Moved
from bihuan.store.unit_of_work import Reader, UnitOfWork

DOCUMENT = "document"  # the kind of subject that an approval moves


@dataclass(frozen=True, slots=True)
class Submitted:
    """A request that holds its amounts, and where its approval stands (None: its policy asks for none)."""

    reservation: Reservation
    case: Moved | None


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed: the form as the front end sends it, kept as it is."""

    policy: str
    kind: str
    title: str
    content: Mapping[str, Any]


def file(uow: UnitOfWork, actor: Principal, *, policy: str, request: Request, flow: str | None = None) -> Submitted:
    """Holds a new request and starts its approval: the one its document type names; ``flow`` only where the policy names none."""
    in_force = queries.policy(uow, policy)
    named = in_force.policy.document(request.kind)
    chosen = named.flow if named else flow
    held = filing.reserve(uow, actor, policy=policy, request=request)
    if held.repeated:
        return Submitted(held, None)
    lines = mapped_lines(in_force.policy, request.kind, request.lines)
    moved = _start(uow, actor, chosen, held.document_id, request.title or request.number, lines, in_force)
    tell_changed(uow, in_force, [x.coordinate for x in lines], held.document_id)
    return Submitted(held, moved)


def save_draft(uow: UnitOfWork, actor: Principal, *, draft: Draft, document_id: int | None = None) -> int:
    """Keeps what was typed, in a new draft or in one's own that holds nothing (a draft, or a request returned or withdrawn)."""
    actor.require("control.request", model=queries.policy(uow, draft.policy).policy.model)
    if document_id is None:
        return _new_draft(uow, actor, draft)
    head = own(uow, actor, document_id)
    if (head["policy"], head["kind"]) != (draft.policy, draft.kind):
        raise WrongDocument("单据类型不能改，请另建一张。", document=document_id)
    content = json.dumps(dict(draft.content), ensure_ascii=False)
    if uow.value("control.draft_update", id=document_id, title=draft.title, draft=content) is None:
        raise NotHeld(f"单据 {head['number']} 已提交，先撤回再改。", document=document_id, status=head["status"])
    return document_id


def _new_draft(uow: UnitOfWork, actor: Principal, draft: Draft) -> int:
    in_force = queries.policy(uow, draft.policy)
    in_force.policy.document(draft.kind)
    document_id = uow.value(
        "control.draft_insert",
        policy_id=in_force.id,
        kind=draft.kind,
        number=next_number(uow, in_force, draft.kind),
        title=draft.title,
        requester=actor.login,
        idem_key=str(uuid4()),
        draft=json.dumps(dict(draft.content), ensure_ascii=False),
        at=uow.now(),
    )
    assert document_id is not None, "its key and number are new"
    record(uow, actor, "control.draft", (DOCUMENT, document_id), None, {"title": draft.title})
    return int(document_id)


def discard(uow: UnitOfWork, actor: Principal, *, document_id: int) -> None:
    """Drops one's own draft."""
    head = own(uow, actor, document_id)
    if uow.value("control.draft_delete", id=document_id) is None:
        raise NotHeld(f"单据 {head['number']} 提交过，不能删除。", document=document_id, status=head["status"])
    record(uow, actor, "control.discard", (DOCUMENT, document_id), {"number": head["number"]})


def submit(
    uow: UnitOfWork, actor: Principal, *, document_id: int, lines: Sequence[RequestLine], title: str
) -> Submitted:
    """Submits one's own draft, or again a request that was returned or withdrawn, with the lines as they are now."""
    head = own(uow, actor, document_id)
    in_force = queries.policy_by_id(uow, head["policy_id"])
    if head["status"] not in ("draft", "released"):
        raise NotHeld(f"单据 {head['number']} 已占用预算。", document=document_id, status=head["status"])
    lines = mapped_lines(in_force.policy, head["kind"], lines)
    uow.memo[filed(document_id)] = (lines, title)
    instance_id = process_queries.instance_of(uow, DOCUMENT, document_id)
    stands = None if instance_id is None else process_queries.status(uow, instance_id)
    if stands in ("approved", "rejected"):
        raise NotHeld(f"单据 {head['number']} 已经办结，请另建一张。", document=document_id, status=stands)
    named = in_force.policy.document(head["kind"])
    if stands == "returned" and instance_id is not None:
        _require_same_place(uow, in_force, document_id, lines)
        moved: Moved | None = process.resubmit(uow, actor, instance_id=instance_id)
    elif named is None:
        hold_filed(uow, actor, document_id)
        moved = None
    else:
        moved = _start(uow, actor, named.flow, document_id, title or head["number"], lines, in_force)
    tell_changed(uow, in_force, [x.coordinate for x in lines], document_id)
    held: Reservation = uow.memo.pop(filed(document_id))
    return Submitted(held, moved)


def hold_filed(uow: UnitOfWork, actor: Principal, document_id: int) -> None:
    """Holds what this transaction files for a document, or else its lines as they were; the approval's `on_submit` calls it."""
    lines, title = uow.memo.get(filed(document_id), (None, ""))
    uow.memo[filed(document_id)] = filing.reserve_again(uow, actor, document_id=document_id, lines=lines, title=title)


def filed(document_id: int) -> tuple[str, int]:
    """Where a transaction remembers what it files for a document: the flow between knows only the document's id."""
    return ("control.filing", document_id)


def own(reader: Reader, actor: Principal, document_id: int) -> Mapping[str, Any]:
    """The head of a document that is the actor's; somebody else's is not there."""
    actor.require("control.request")
    head = queries.document(reader, document_id)
    if head["requester"] != actor.login:
        raise NoSuchDocument(document=document_id)
    return dict(head)


def next_number(uow: UnitOfWork, in_force: PolicyInForce, kind: str) -> str:
    """The next free number of a kind: prefix, the business date's year, a running number."""
    type_ = in_force.policy.document(kind)
    year = business_date(uow).year
    while True:
        number = f"{type_.prefix if type_ else kind}-{year}-{uow.value('control.document_number'):04d}"
        if not uow.value("control.number_taken", policy_id=in_force.id, kind=kind, number=number):
            return number


def place_of(in_force: PolicyInForce, lines: Sequence[RequestLine]) -> dict[str, str]:
    """Model and the members that all lines share: where the approver must hold the right."""
    places = [dict(x.coordinate) for x in lines]
    shared = {d: m for d, m in places[0].items() if all(p.get(d) == m for p in places)} if places else {}
    return {**shared, "model": in_force.policy.model}


def _require_same_place(
    uow: UnitOfWork, in_force: PolicyInForce, document_id: int, lines: Sequence[RequestLine]
) -> None:
    """The case goes on with the approvers of its place; another place is another case."""
    before = place_of(in_force, spend.lines_of(uow, document_id))
    if place_of(in_force, lines) != before:
        raise WrongDocument("退回后换了部门或科目，审批人也会变：先撤回，再提交。", document=document_id)


def _start(  # noqa: PLR0917
    uow: UnitOfWork,
    actor: Principal,
    flow: str | None,
    document_id: int,
    title: str,
    lines: Sequence[RequestLine],
    in_force: PolicyInForce,
) -> Moved | None:
    if not flow:
        return None
    place = place_of(in_force, lines)
    return process.start(uow, actor, flow=flow, subject_kind=DOCUMENT, subject_id=document_id, title=title, place=place)
