"""Routes of control: check, drafts and requests, balance rows and their explanation, release, transfers, reconciliation."""

from uuid import uuid4

from fastapi import APIRouter, Header, Query

from bihuan.features.access.http import Edge, requires
from bihuan.features.control import commands, documents, queries, transfer_queries
from bihuan.features.control.asking import ask_transfer
from bihuan.features.control.checking import check as check_request
from bihuan.features.control.forms import forms
from bihuan.features.control.forms import policies as shown_policies
from bihuan.features.control.model import Request
from bihuan.features.control.reconcile import reconcile as find_differences
from bihuan.features.control.wire import (
    AlertOut,
    BucketOut,
    CheckIn,
    CheckOut,
    CommitmentIn,
    DifferenceOut,
    DocumentOut,
    DocumentRowOut,
    DraftIn,
    DraftOut,
    EffectIn,
    EffectOut,
    ExplainedOut,
    PolicyOut,
    Reason,
    ReleasedOut,
    ReleaseIn,
    RequestIn,
    ReservationOut,
    SpendFormOut,
    SubmissionIn,
    SubtreeIn,
    SubtreeOut,
    TransferIn,
    TransferMadeOut,
    TransferOut,
    as_decimal,
    budget_cells,
    request_lines,
)
from bihuan.features.process.api import moved_out
from bihuan.store.unit_of_work import UnitOfWork

router = APIRouter(prefix="/api/v1", tags=["control"])


@router.get("/spend/forms", **requires("control.request"))
def spend_forms(edge: Edge, model: str | None = None) -> list[SpendFormOut]:
    """What one may ask for: a form per policy, its members cut to where one may ask."""
    with edge.read() as reader:
        return [SpendFormOut.model_validate(f) for f in forms(reader, edge.actor, model)]


@router.post("/spend/check", **requires("control.request"))
def check(edge: Edge, body: CheckIn) -> CheckOut:
    """What a request would be answered now, line by line and rule by rule, with ways to make it pass; holds nothing."""
    with edge.read() as reader:
        lines = request_lines(body.lines, body.fields)
        return CheckOut.model_validate(
            check_request(reader, edge.actor, policy=body.policy, lines=lines, kind=body.kind)
        )


@router.post("/spend/requests", status_code=201, **requires("control.request"))
def request(edge: Edge, body: RequestIn, idempotency_key: str | None = Header(None)) -> ReservationOut:
    """Holds every line or none, and starts the approval of its kind; the same key again changes nothing."""
    with edge.write() as uow:
        if body.number:
            key = body.key or idempotency_key or f"{body.policy}/{body.kind}/{body.number}"
            return _file(uow, edge, body, key, body.number)

        def act() -> ReservationOut:
            in_force = queries.policy(uow, body.policy)
            return _file(uow, edge, body, str(uuid4()), commands.next_number(uow, in_force, body.kind))

        return ReservationOut.model_validate(edge.once(uow, body, act))


def _file(uow: UnitOfWork, edge: Edge, body: RequestIn, key: str, number: str) -> ReservationOut:
    asked = Request(
        key, number, request_lines(body.lines, body.fields), body.kind, body.title, fields=body.fields or None
    )
    return _submitted(commands.file(uow, edge.actor, policy=body.policy, request=asked, flow=body.flow))


def _submitted(done: commands.Submitted) -> ReservationOut:
    held = done.reservation
    return ReservationOut(
        document_id=held.document_id,
        number=held.number,
        repeated=held.repeated,
        warnings=list(held.warnings),
        case=None if done.case is None else moved_out(done.case),
    )


@router.get("/spend/requests", **requires("control.read"))
def requests(  # noqa: PLR0917 - query parameters
    edge: Edge,
    mine: bool = False,
    model: str | None = None,
    state: str | None = None,
    before: int | None = None,
    limit: int = Query(50, ge=1, le=200),
) -> list[DocumentRowOut]:
    """One's own requests (``mine``), or all that one may see, newest first, with where they stand and who holds them."""
    with edge.read() as reader:
        found = documents.listed(reader, edge.actor, mine=mine, model=model, state=state, before=before, limit=limit)
    return [DocumentRowOut.model_validate(d) for d in found]


@router.post("/spend/drafts", status_code=201, **requires("control.request"))
def save_draft(edge: Edge, body: DraftIn) -> DraftOut:
    """Keeps what was typed, complete or not; holds nothing."""
    with edge.write() as uow:

        def act() -> DraftOut:
            made = commands.save_draft(uow, edge.actor, draft=body.draft())
            return DraftOut(document_id=made, number=queries.document(uow, made)["number"])

        return DraftOut.model_validate(edge.once(uow, body, act))


@router.put("/spend/requests/{document_id}/draft", **requires("control.request"))
def change_draft(edge: Edge, document_id: int, body: DraftIn) -> DraftOut:
    """Keeps what was typed since, in one's own draft or in a request that was returned or withdrawn."""
    with edge.write() as uow:
        commands.save_draft(uow, edge.actor, draft=body.draft(), document_id=document_id)
        return DraftOut(document_id=document_id, number=queries.document(uow, document_id)["number"])


@router.delete("/spend/requests/{document_id}/draft", status_code=204, **requires("control.request"))
def discard(edge: Edge, document_id: int) -> None:
    """Drops a draft that was never submitted."""
    with edge.write() as uow:
        commands.discard(uow, edge.actor, document_id=document_id)


@router.post("/spend/requests/{document_id}/submission", **requires("control.request"))
def submit(edge: Edge, document_id: int, body: SubmissionIn) -> ReservationOut:
    """Submits one's own draft, or again a request that was returned or withdrawn, by a fresh check."""
    with edge.write() as uow:

        def act() -> ReservationOut:
            lines = request_lines(body.lines, body.fields)
            return _submitted(commands.submit(uow, edge.actor, document_id=document_id, lines=lines, title=body.title))

        return ReservationOut.model_validate(edge.once(uow, body, act))


@router.get("/spend/requests/{document_id}", **requires("control.read"))
def document(edge: Edge, document_id: int) -> DocumentOut:
    """A document, what each line still holds, its history in the ledger, and what its approvers said."""
    with edge.read() as reader:
        return DocumentOut.model_validate(documents.shown(reader, edge.actor, document_id))


@router.post("/spend/requests/{document_id}/release", **requires("control.request"))
def release(edge: Edge, document_id: int, body: Reason) -> dict[str, str]:
    """The requester gives back what the document holds."""
    with edge.write() as uow:
        given_back = commands.release(uow, edge.actor, document_id=document_id, reason=body.reason)
    return {"released": format(given_back, "f")}


@router.post("/spend/requests/{document_id}/commitment", **requires("control.request"))
def commit(edge: Edge, document_id: int, body: CommitmentIn) -> ReservationOut:
    """Turns reserved into committed: the contract is signed."""
    amounts = None if body.amounts is None else {n: as_decimal(a) for n, a in body.amounts.items()}
    with edge.write() as uow:
        done = commands.commit_stage(uow, edge.actor, document_id=document_id, amounts=amounts)
    return ReservationOut(
        document_id=done.document_id, number=done.number, repeated=False, warnings=list(done.warnings), case=None
    )


@router.get("/control/policies", **requires("control.read"))
def policies(edge: Edge) -> list[PolicyOut]:
    """The policies in force of the models one may read: rules, and the periods budget was released for."""
    with edge.read() as reader:
        return [PolicyOut.model_validate(p) for p in shown_policies(reader, edge.actor)]


@router.post("/control/policies", **requires("control.policy"))
def apply_policies(edge: Edge, model: str) -> list[str]:
    """Brings the policies of a model's applied package into force."""
    with edge.write() as uow:
        return [p.policy.code for p in commands.apply_policies(uow, edge.actor, model=model)]


@router.post("/control/releases", **requires("control.release"))
def release_budget(edge: Edge, body: ReleaseIn) -> ReleasedOut:
    """下达: approved plan units become the budget that may be spent."""
    with edge.write() as uow:
        done = commands.release_budget(uow, edge.actor, version_id=body.version_id, policy=body.policy, orgs=body.orgs)
    return ReleasedOut(seq=done.seq, cells=done.cells, total=done.total)


@router.post("/control/subtree-releases", **requires("control.release"))
def release_subtree(edge: Edge, body: SubtreeIn) -> SubtreeOut:
    """下达: every approved unit of a subtree of a cycle at once."""
    with edge.write() as uow:
        done = commands.release_subtree(uow, edge.actor, cycle_id=body.cycle_id, org=body.org)
    return SubtreeOut(
        seq=done.seq,
        orgs=list(done.orgs),
        left=list(done.left),
        policies=list(done.policies),
        cells=done.cells,
        total=done.total,
    )


@router.get("/control/buckets", **requires("control.read"))
def buckets(  # noqa: PLR0917 - query parameters
    edge: Edge,
    policy: str,
    rule: str | None = None,
    window: str | None = None,
    period: str | None = None,
    limit: int = Query(200, ge=1, le=2000),
    skip: int = Query(0, ge=0),
) -> list[BucketOut]:
    """Balance rows that one may see, every term of the formula shown; ``period`` with ``rule``: its windows at that period."""
    with edge.read() as reader:
        found = queries.shown_balances(
            reader, edge.actor, policy, rule=rule, window=window, period=period, limit=limit, skip=skip
        )
    return [BucketOut.model_validate(f) for f in found]


@router.get("/control/buckets/{bucket_id}", **requires("control.read"))
def explain(edge: Edge, bucket_id: int) -> ExplainedOut:
    """One balance row, with the documents and vouchers that used it."""
    with edge.read() as reader:
        return ExplainedOut.model_validate(queries.explained(reader, edge.actor, bucket_id))


@router.get("/control/reconcile", **requires("control.ledger.read"))
def reconcile(edge: Edge, policy: str) -> list[DifferenceOut]:
    """Proves counters = entries = released plan cells; the answer is every difference."""
    with edge.read() as reader:
        found = find_differences(reader, queries.policy(reader, policy))
    return [DifferenceOut.model_validate(f) for f in found]


@router.get("/control/alerts", **requires("control.ledger.read"))
def alerts(edge: Edge, limit: int = Query(100, ge=1, le=1000)) -> list[AlertOut]:
    """Facts that went beyond what control allows, newest first."""
    with edge.read() as reader:
        return [AlertOut.model_validate(dict(a)) for a in reader.rows("control.alerts", limit=limit)]


@router.post("/transfers", status_code=201, **requires("control.transfer"))
def transfer(edge: Edge, body: TransferIn) -> TransferMadeOut:
    """Asks for a transfer or supplement; its source is held from now on, and with a flow its head is asked."""
    cells, policy, kind, reason = budget_cells(body.lines), body.policy, body.kind, body.reason
    with edge.write() as uow:
        if body.flow:
            made, moved = ask_transfer(
                uow, edge.actor, policy=policy, kind=kind, cells=cells, reason=reason, flow=body.flow
            )
            return TransferMadeOut(id=made, case=moved_out(moved))
        held = commands.request_transfer(uow, edge.actor, policy=policy, kind=kind, cells=cells, reason=reason)
    return TransferMadeOut(id=held, case=None)


@router.post("/transfers/check", **requires("control.transfer"))
def check_transfer(edge: Edge, body: EffectIn) -> list[EffectOut]:
    """What a transfer would do to each balance row now; holds nothing."""
    with edge.read() as reader:
        found = transfer_queries.effect(
            reader, edge.actor, policy=body.policy, kind=body.kind, cells=budget_cells(body.lines)
        )
    return [EffectOut.model_validate(f) for f in found]


@router.get("/transfers", **requires("control.read"))
def transfers(edge: Edge, limit: int = Query(100, ge=1, le=1000)) -> list[TransferOut]:
    """Transfers that one may see, newest first, with whose turn it is."""
    with edge.read() as reader:
        return [TransferOut.model_validate(t) for t in transfer_queries.transfers(reader, edge.actor, limit=limit)]


@router.get("/transfers/{transfer_id}", **requires("control.read"))
def one_transfer(edge: Edge, transfer_id: int) -> TransferOut:
    """One transfer with its approval."""
    with edge.read() as reader:
        return TransferOut.model_validate(transfer_queries.transfer(reader, edge.actor, transfer_id))
