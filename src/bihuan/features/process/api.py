"""Routes of process: my tasks, deciding them, the history of a case, flow definitions."""

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from bihuan.features.access.http import Edge, requires, signed_in
from bihuan.features.process import commands, queries
from bihuan.features.process.commands import Moved
from bihuan.features.process.model import flow_of

router = APIRouter(prefix="/api/v1", tags=["process"])


class TaskOut(BaseModel):
    """A turn of the person who asks."""

    id: int
    instance_id: int
    title: str
    subject_kind: str
    subject_id: int
    requester: str
    definition_title: str
    round: int
    created_at: datetime
    due_at: datetime | None


class Decision(BaseModel):
    """``to``: the login a reassigned task goes to. Everything but approve needs a comment."""

    action: Literal["approve", "return", "reject", "reassign"]
    comment: str = ""
    to: str | None = None


class Comment(BaseModel):
    comment: str = ""


class MovedOut(BaseModel):
    """Where the case stands, and whose turn it is: task id -> login."""

    instance_id: int
    status: str
    tasks: dict[int, str]


class HolderOut(BaseModel):
    task: int
    holder: str
    since: datetime
    hours: float
    due_at: datetime | None


class ActionOut(BaseModel):
    seq: int
    node: str
    round: int
    action: str
    actor: str
    comment: str
    at: datetime


class CaseOut(BaseModel):
    """``chain_broken_at``: the first action whose hash does not fit; null = the history is whole."""

    id: int
    subject_kind: str
    subject_id: int
    title: str
    requester: str
    status: str
    round: int
    started_at: datetime
    node: str
    holders: list[HolderOut]
    actions: list[ActionOut]
    chain_broken_at: int | None


class NodeIn(BaseModel):
    title: str
    code: str = ""
    holders: list[str] = []
    role: str = ""
    due_days: int | None = None


class FlowIn(BaseModel):
    title: str
    nodes: list[NodeIn]


def moved_out(moved: Moved) -> MovedOut:
    """The wire form of where a case stands."""
    return MovedOut(instance_id=moved.instance_id, status=moved.status, tasks=dict(moved.tasks))


@router.get("/tasks", **signed_in())
def tasks(edge: Edge) -> list[TaskOut]:
    """My open tasks, oldest first."""
    with edge.read() as reader:
        return [TaskOut.model_validate(dict(t)) for t in queries.my_tasks(reader, edge.actor)]


@router.post("/tasks/{task_id}/decision", **requires("process.approve"))
def decide(edge: Edge, task_id: int, body: Decision) -> MovedOut:
    """Approves, returns, rejects or reassigns."""
    with edge.write() as uow:
        moved = commands.act(uow, edge.actor, task_id=task_id, action=body.action, comment=body.comment, to=body.to)
    return moved_out(moved)


@router.get("/cases/{instance_id}", **signed_in())
def case(edge: Edge, instance_id: int) -> CaseOut:
    """Where a case stands, who holds it since when, what was done."""
    with edge.read() as reader:
        return CaseOut.model_validate(queries.case(reader, edge.actor, instance_id))


@router.post("/cases/{instance_id}/withdrawal", **signed_in())
def withdraw(edge: Edge, instance_id: int, body: Comment) -> MovedOut:
    """The requester takes it back."""
    with edge.write() as uow:
        return moved_out(commands.withdraw(uow, edge.actor, instance_id=instance_id, comment=body.comment))


@router.post("/cases/{instance_id}/resubmission", **signed_in())
def resubmit(edge: Edge, instance_id: int, body: Comment) -> MovedOut:
    """The requester submits a returned case again."""
    with edge.write() as uow:
        return moved_out(commands.resubmit(uow, edge.actor, instance_id=instance_id, comment=body.comment))


@router.put("/flows/{code}", **requires("process.flow"))
def put_flow(edge: Edge, code: str, body: FlowIn) -> dict[str, Any]:
    """Writes a flow's newest revision; running cases stay on theirs."""
    with edge.write() as uow:
        flow = flow_of({"code": code, **body.model_dump()})
        return {"id": commands.put_flow(uow, edge.actor, flow)}
