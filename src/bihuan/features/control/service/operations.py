"""The operations as other systems name them: a document by policy and number, the policy perhaps a sandbox.

Each takes what its call takes and answers what its call answers; a unit of work is the caller's.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from bihuan.features.access.model import Principal
from bihuan.features.control import commands, documents, queries
from bihuan.features.control.checking import check as check_lines
from bihuan.features.control.commands.filing import Answer
from bihuan.features.control.explaining import sight
from bihuan.features.control.model import NoSuchBucket, NoSuchDocument, Request, WrongDocument
from bihuan.features.control.service import wire
from bihuan.features.control.service.sandbox import opened
from bihuan.features.control.ways import rows_by_key
from bihuan.features.control.wire import BucketOut, CheckOut, DocumentOut, ExplainedOut, as_decimal
from bihuan.store.unit_of_work import Reader, UnitOfWork


class LedgerQueryOut(BaseModel):
    """``document`` where a number was named, else ``balances``."""

    balances: list[BucketOut]
    document: DocumentOut | None = None


class ExplanationOut(BaseModel):
    """Every balance row with who used it."""

    rows: list[ExplainedOut]


def check(uow: Reader, actor: Principal, body: wire.LedgerCheckIn) -> CheckOut:
    """What reserve would answer now."""
    policy = opened(uow, actor, body.policy)
    lines = wire.lines_in(body.lines, body.fields, _drawn(uow, policy, body.lines))
    return CheckOut.model_validate(check_lines(uow, actor, policy=policy, lines=lines, kind=body.kind))


def reserve(uow: UnitOfWork, actor: Principal, body: wire.ReserveIn) -> wire.HeldOut:
    """Holds a new document."""
    policy = opened(uow, actor, body.policy)
    held = commands.reserve(uow, actor, policy=policy, request=asked(uow, policy, body))
    return wire.HeldOut.model_validate(held)


def reserve_each(uow: UnitOfWork, actor: Principal, bodies: Sequence[wire.ReserveIn]) -> list[Answer]:
    """A batch under one policy."""
    policy = opened(uow, actor, bodies[0].policy)
    return commands.reserve_each(uow, actor, policy=policy, requests=[asked(uow, policy, b) for b in bodies])


def asked(reader: Reader, policy: str, body: wire.ReserveIn) -> Request:
    """The request; its number is its key, so a repeat is recognised without any header."""
    return wire.request_in(body, f"{policy}/{body.kind}/{body.number}", _drawn(reader, policy, body.lines))


def commit(uow: UnitOfWork, actor: Principal, body: wire.CommitIn) -> wire.HeldOut:
    """Reserved becomes committed."""
    amounts = None if body.amounts is None else {n: as_decimal(a) for n, a in body.amounts.items()}
    done = commands.commit_stage(uow, actor, document_id=_document(uow, actor, body), amounts=amounts)
    return wire.HeldOut.model_validate(done)


def execute(uow: UnitOfWork, actor: Principal, body: wire.ExecuteIn) -> wire.ExecutedOut:
    """Books facts."""
    policy = opened(uow, actor, body.policy)
    lines = [wire.voucher_in(policy, v) for v in body.vouchers]
    found = commands.execute(uow, actor, policy=policy, lines=lines)
    told = [{**_fields(p), "key": v.key} for p, v in zip(found, body.vouchers, strict=True)]
    return wire.ExecutedOut.model_validate({"vouchers": told})


def release(uow: UnitOfWork, actor: Principal, body: wire.LedgerReleaseIn) -> wire.GivenBackOut:
    """Gives back, closes or cancels."""
    if body.lines is not None and body.how != "close":
        raise WrongDocument("只有关闭可以按行：how 为 close 时才写 lines。", how=body.how)
    document_id = _document(uow, actor, body)
    if body.how == "close":
        back = commands.close(uow, actor, document_id=document_id, lines=body.lines, reason=body.reason)
    else:
        act = commands.cancel if body.how == "cancel" else commands.release
        back = act(uow, actor, document_id=document_id, reason=body.reason)
    return wire.GivenBackOut(released=back)


def reverse(uow: UnitOfWork, actor: Principal, body: wire.ReverseIn) -> wire.ReversedOut:
    """Undoes a voucher."""
    policy = opened(uow, actor, body.policy)
    done = commands.reverse(uow, actor, policy=policy, voucher=body.voucher, reason=body.reason)
    return wire.ReversedOut(amount=done.amount, restored=done.restored, documents=list(done.documents))


def amend(uow: UnitOfWork, actor: Principal, body: wire.AmendIn) -> wire.HeldOut:
    """Other amounts, dates or dimensions in one step."""
    if any(line.draws for line in body.lines):
        raise WrongDocument("变更时不能再接续前序单据。")
    document_id = _document(uow, actor, body)
    lines = wire.lines_in(body.lines, body.fields)
    done = commands.amend(uow, actor, document_id=document_id, lines=lines, reason=body.reason)
    return wire.HeldOut.model_validate(done)


def query(uow: Reader, actor: Principal, body: wire.LedgerQueryIn) -> LedgerQueryOut:
    """Balance rows the account may see, or one document."""
    policy = opened(uow, actor, body.policy)
    if body.number is not None:
        found = documents.shown(uow, actor, _id(uow, policy, body.number, body.kind))
        return LedgerQueryOut(balances=[], document=DocumentOut.model_validate(found))
    rows = queries.shown_balances(
        uow, actor, policy, rule=body.rule, window=body.window, limit=body.limit, skip=body.skip
    )
    return LedgerQueryOut(balances=[BucketOut.model_validate(r) for r in rows])


def explain(uow: Reader, actor: Principal, body: wire.LedgerExplainIn) -> ExplanationOut:
    """A balance row, or all that a place counts in, with who used them."""
    in_force = queries.policy(uow, opened(uow, actor, body.policy))
    if body.bucket is not None:
        if uow.value("control.bucket_policy", id=body.bucket) != in_force.id:
            raise NoSuchBucket(bucket=body.bucket)
        return ExplanationOut(rows=[ExplainedOut.model_validate(queries.explained(uow, actor, body.bucket))])
    if body.coordinate is None or body.period is None:
        raise WrongDocument("写明 bucket，或 coordinate 与 period。")
    rows = rows_by_key(uow, in_force, in_force.policy.touched(body.coordinate, body.period)).values()
    seen = [queries.explained(uow, actor, r.id) for r in rows if sight(actor, in_force, r) != "verdict"]
    return ExplanationOut(rows=[ExplainedOut.model_validate(r) for r in seen])


OPERATIONS: Mapping[str, tuple[type[BaseModel], Callable[[UnitOfWork, Principal, Any], BaseModel]]] = {
    "check": (wire.LedgerCheckIn, check),
    "reserve": (wire.ReserveIn, reserve),
    "commit": (wire.CommitIn, commit),
    "execute": (wire.ExecuteIn, execute),
    "release": (wire.LedgerReleaseIn, release),
    "reverse": (wire.ReverseIn, reverse),
    "amend": (wire.AmendIn, amend),
    "query": (wire.LedgerQueryIn, query),
    "explain": (wire.LedgerExplainIn, explain),
}
ACTIONS = {
    "execute": "control.execute",
    "reverse": "control.execute",
    "query": "control.read",
    "explain": "control.read",
}


def _fields(posted: Any) -> dict[str, Any]:
    return {n: getattr(posted, n) for n in ("key", "outcome", "liquidated", "forced", "unbudgeted")}


def _document(reader: Reader, actor: Principal, ref: wire.DocumentRef) -> int:
    return _id(reader, opened(reader, actor, ref.policy), ref.number, ref.kind)


def _id(reader: Reader, policy: str, number: str, kind: str | None) -> int:
    in_force = queries.policy(reader, policy)
    found = reader.rows("control.documents_of_number", policy_id=in_force.id, number=number, kind=kind)
    if len(found) > 1:
        kinds = "、".join(r["kind"] for r in found)
        raise WrongDocument(f"单号“{number}”有几种单据（{kinds}），请写明 kind。", number=number)
    if not found:
        raise NoSuchDocument(number=number)
    return int(found[0]["id"])


def _drawn(reader: Reader, policy: str, lines: Sequence[wire.LedgerLineIn]) -> dict[int, tuple[int, int]]:
    return {
        n: (_id(reader, policy, line.draws.number, line.draws.kind), line.draws.line)
        for n, line in enumerate(lines)
        if line.draws
    }
