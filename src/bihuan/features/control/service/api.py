"""Routes of the ledger for other systems. Every call is one transaction; a batch is as many as its operations, in order."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any, TypeVar

from fastapi import APIRouter
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, ValidationError

from bihuan.features.access.http import Edge, RequestEdge, requires, signed_in
from bihuan.features.control.commands.spend import Reservation
from bihuan.features.control.model import WrongDocument
from bihuan.features.control.service import operations, wire
from bihuan.features.control.service.once import Once
from bihuan.features.control.service.operations import ACTIONS, OPERATIONS, ExplanationOut, LedgerQueryOut
from bihuan.features.control.service.sandbox import open_sandbox
from bihuan.features.control.wire import CheckOut
from bihuan.kernel.errors import BihuanError
from bihuan.store.unit_of_work import UnitOfWork

PROBLEM = {
    "type": "object",
    "required": ["type", "code", "status", "title", "action", "detail", "facts", "request_id"],
    "properties": {
        **{n: {"type": "string"} for n in ("type", "code", "title", "action", "detail", "request_id")},
        "status": {"type": "integer"},
        "facts": {"type": "object"},
    },
}
SAID = {
    400: "The content is not UTF-8",
    401: "Not signed in: no token, or none that is good",
    403: "Not permitted",
    404: "Nothing of that name, or not visible to this account",
    409: "Refused by the budget, by the document's state, or because the key names something else",
    422: "The request does not fit the contract, the model or the rules",
    429: "More calls than the account's rate; Retry-After says how long to wait",
    503: "The database is away, or gave this call up for another's sake: nothing was written, ask again",
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": said, "content": {"application/problem+json": {"schema": PROBLEM}}}
    for status, said in SAID.items()
}
router = APIRouter(prefix="/api/v1/ledger", tags=["ledger"], responses=PROBLEMS)
Answered = TypeVar("Answered", bound=BaseModel)
KEY = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "maxLength": 200},
            "description": "The same key and content again is answered as the first time; other content is refused.",
        }
    ]
}


def _asks(action: str) -> dict[str, Any]:
    marked = requires(action, sandbox=True)
    return {**marked, "openapi_extra": {**marked["openapi_extra"], **KEY}}


def _once(
    edge: RequestEdge, body: BaseModel, answer: type[Answered], act: Callable[[UnitOfWork, Any, Any], Answered]
) -> Answered:
    with edge.write() as uow:
        return answer.model_validate(edge.once(uow, body, lambda: act(uow, edge.actor, body)))


@router.post("/check", **requires("control.request", sandbox=True))
def check(edge: Edge, body: wire.LedgerCheckIn) -> CheckOut:
    """What reserve would answer now, rule by rule, with ways to make it pass; holds nothing."""
    with edge.read() as reader:
        return operations.check(reader, edge.actor, body)


@router.post("/reserve", **_asks("control.request"))
def reserve(edge: Edge, body: wire.ReserveIn) -> wire.HeldOut:
    """Holds a new document's lines: all or none, or line by line where it says partial. 预占"""
    return _once(edge, body, wire.HeldOut, operations.reserve)


@router.post("/commit", **_asks("control.request"))
def commit(edge: Edge, body: wire.CommitIn) -> wire.HeldOut:
    """Turns reserved into committed; what exceeds the reservation is checked like a new request. 占用"""
    return _once(edge, body, wire.HeldOut, operations.commit)


@router.post("/execute", **_asks("control.execute"))
def execute(edge: Edge, body: wire.ExecuteIn) -> wire.ExecutedOut:
    """Books facts, each once by its key; those that name a document take over what it holds. 执行"""
    return _once(edge, body, wire.ExecutedOut, operations.execute)


@router.post("/release", **_asks("control.request"))
def release(edge: Edge, body: wire.LedgerReleaseIn) -> wire.GivenBackOut:
    """Gives back what a document holds; close: it is done; cancel: earlier documents hold again. 释放"""
    return _once(edge, body, wire.GivenBackOut, operations.release)


@router.post("/reverse", **_asks("control.execute"))
def reverse(edge: Edge, body: wire.ReverseIn) -> wire.ReversedOut:
    """Undoes everything a voucher booked; the documents it executed hold again. 冲回"""
    return _once(edge, body, wire.ReversedOut, operations.reverse)


@router.post("/amend", **_asks("control.request"))
def amend(edge: Edge, body: wire.AmendIn) -> wire.HeldOut:
    """Other amounts, dates or dimensions: reverse and reserve again in one step, judged by the difference. 变更"""
    return _once(edge, body, wire.HeldOut, operations.amend)


@router.post("/query", **requires("control.read", sandbox=True))
def query(edge: Edge, body: wire.LedgerQueryIn) -> LedgerQueryOut:
    """Balance rows with every term of their formula, or one document with its history. 查询"""
    with edge.read() as reader:
        return operations.query(reader, edge.actor, body)


@router.post("/explain", **requires("control.read", sandbox=True))
def explain(edge: Edge, body: wire.LedgerExplainIn) -> ExplanationOut:
    """Balance rows with the documents and vouchers that used them. 解释"""
    with edge.read() as reader:
        return operations.explain(reader, edge.actor, body)


@router.post("/sandbox", **requires("control.request", sandbox=True))
def sandbox(edge: Edge, body: wire.DocumentPolicyIn) -> wire.SandboxOut:
    """A fresh sandbox of a policy, with its budget of now and nothing spent; for sandbox accounts."""
    with edge.write() as uow:
        return wire.SandboxOut(policy=open_sandbox(uow, edge.actor, body.policy).policy.code)


@router.post("/batch", **signed_in(sandbox=True))
def batch(edge: Edge, body: wire.OperationsIn) -> wire.OperationsOut:
    """Many operations in one call, answered in order. Reservations that follow each other under one policy share a
    transaction and its locks, which is what makes a batch fast; any other operation has one of its own.
    """
    if body.atomic:
        return wire.OperationsOut(results=_all_or_nothing(edge, body.operations))
    results: list[wire.OperationOut] = []
    for key, group in groupby(body.operations, key=_together):
        every = list(group)
        if key is None:
            results += [_alone(edge, operation) for operation in every]
        else:
            with edge.write() as uow:
                results += _reservations(edge, uow, every)
    return wire.OperationsOut(results=results)


def _together(operation: wire.OperationIn) -> object:
    return operation.body.get("policy") if operation.op == "reserve" else None


def _alone(edge: RequestEdge, operation: wire.OperationIn) -> wire.OperationOut:
    model, act = OPERATIONS[operation.op]
    try:
        edge.actor.require(ACTIONS.get(operation.op, "control.request"))
        body = model.model_validate(operation.body)
        with edge.write() as uow:
            once = Once(uow, edge.actor.user_id)
            return _done(once.one(operation.key, operation.op, body, lambda: act(uow, edge.actor, body)))
    except (BihuanError, ValidationError) as fault:
        return _refused(fault)


def _reservations(
    edge: RequestEdge, uow: UnitOfWork, group: Sequence[wire.OperationIn], *, raising: bool = False
) -> list[wire.OperationOut]:
    """Reservations under one policy, each held or refused by itself in one transaction."""
    results: dict[int, wire.OperationOut] = {}
    bodies: dict[int, wire.ReserveIn] = {}
    edge.actor.require("control.request")
    for n, operation in enumerate(group):
        try:
            bodies[n] = wire.ReserveIn.model_validate(operation.body)
        except ValidationError as fault:
            results[n] = _refused(fault)
    once = Once(uow, edge.actor.user_id)
    known = once.many({n: (group[n].key, "reserve", body) for n, body in bodies.items()})
    for n, said in known.items():
        results[n] = _refused(said) if isinstance(said, BihuanError) else _done(said)
    todo = [n for n in bodies if n not in results]
    for n, answer in zip(todo, _answers(edge, uow, [bodies[n] for n in todo]), strict=True):
        if not isinstance(answer, Reservation):
            if raising:
                raise answer
            once.free(n)
            results[n] = _refused(answer)
        else:
            told = wire.HeldOut.model_validate(answer)
            once.keep(n, told)
            results[n] = _done(told)
    once.write()
    return [results[n] for n in range(len(group))]


def _answers(edge: RequestEdge, uow: UnitOfWork, bodies: Sequence[wire.ReserveIn]) -> Iterator[Any]:
    if not bodies:
        return iter(())
    try:
        return iter(operations.reserve_each(uow, edge.actor, bodies))
    except BihuanError as fault:  # the policy, or a document that is drawn on, is not there
        return iter([fault] * len(bodies))


def _all_or_nothing(edge: RequestEdge, every: Sequence[wire.OperationIn]) -> list[wire.OperationOut]:
    if {(o.op, o.body.get("policy")) for o in every} != {("reserve", every[0].body.get("policy"))}:
        raise WrongDocument("atomic 只用于同一控制方案下的 reserve。")
    with edge.write() as uow:
        done = _reservations(edge, uow, every, raising=True)
        for n, result in enumerate(done):
            if result.status == "refused" and result.problem is not None:
                raise WrongDocument(
                    f"第 {n + 1} 项：{result.problem.detail}", operation=n + 1, code=result.problem.code
                )
        return done


def _done(answer: object) -> wire.OperationOut:
    return wire.OperationOut(status="done", answer=jsonable_encoder(answer))


def _refused(fault: Exception) -> wire.OperationOut:
    if isinstance(fault, BihuanError):
        facts = jsonable_encoder(dict(fault.facts), custom_encoder={Decimal: lambda d: format(d, "f")})
        problem = wire.ProblemOut(code=fault.code, detail=str(fault), facts=facts)
    else:
        assert isinstance(fault, ValidationError), "nothing else is caught"
        fields: list[Mapping[str, str]] = [
            {"where": ".".join(map(str, e["loc"])), "message": e["msg"]} for e in fault.errors()
        ]
        problem = wire.ProblemOut(code="bad_request", detail="", facts={"fields": fields})
    return wire.OperationOut(status="refused", problem=problem)
