"""Routes of process: my work and what I started, deciding, the history of a case, flow definitions."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Query

from bihuan.features.access.http import Edge, requires, signed_in
from bihuan.features.access.queries import business_date
from bihuan.features.process import commands, queries, tending, todo
from bihuan.features.process.commands import Moved
from bihuan.features.process.flow import flow_of
from bihuan.features.process.wire import (
    CandidateOut,
    CaseOut,
    Comment,
    Decision,
    DoneOut,
    FlowIn,
    MovedOut,
    OpenTaskOut,
    Reassignment,
    StartedOut,
    TaskOut,
    TodoOut,
    TodosOut,
)

__all__ = ["CaseOut", "MovedOut", "moved_out", "router"]

router = APIRouter(prefix="/api/v1", tags=["process"])


def moved_out(moved: Moved) -> MovedOut:
    """The wire form of where a case stands."""
    return MovedOut(instance_id=moved.instance_id, status=moved.status, tasks=dict(moved.tasks))


@router.get("/tasks", **signed_in())
def tasks(edge: Edge) -> list[TaskOut]:
    """My open tasks, oldest first."""
    with edge.read() as reader:
        return [TaskOut.model_validate(dict(t)) for t in queries.my_tasks(reader, edge.actor)]


@router.get("/tasks/done", **signed_in())
def done(edge: Edge, *, limit: int = Query(50, ge=1, le=200)) -> list[DoneOut]:
    """What I decided, newest first."""
    with edge.read() as reader:
        return [DoneOut.model_validate(dict(t)) for t in queries.done_by(reader, edge.actor, limit=limit)]


@router.get("/tasks/all", **requires("process.reassign"))
def all_tasks(edge: Edge) -> list[OpenTaskOut]:
    """Everybody's open tasks where I may give them to somebody else, oldest first."""
    with edge.read() as reader:
        return [OpenTaskOut.model_validate(dict(t)) for t in queries.open_cases(reader, edge.actor)]


@router.get("/todos", **signed_in())
def my_todos(edge: Edge) -> TodosOut:
    """My open work of every kind: what is due first, then what waits longest; counted per stage."""
    with edge.read() as reader:
        found, now = todo.todos(reader, edge.actor), reader.now()
        today = business_date(reader)
    return TodosOut(todos=[_todo_out(t, now, today) for t in found], counts=todo.counts(found))


def _todo_out(one: todo.Todo, now: datetime, today: date) -> TodoOut:
    """A moment is late by the clock, a day by the business date."""
    if isinstance(one.due, datetime):
        overdue, due_today = one.due < now, one.due.astimezone().date() == now.astimezone().date()
    else:
        overdue, due_today = one.due is not None and one.due < today, one.due == today
    return TodoOut(**asdict(one), overdue=overdue, due_today=due_today and not overdue)


@router.get("/started", **signed_in())
def started(edge: Edge, *, limit: int = Query(50, ge=1, le=200)) -> list[StartedOut]:
    """The cases I submitted: where each stands, who has it, how long."""
    with edge.read() as reader:
        return [StartedOut.model_validate(c) for c in queries.started_by(reader, edge.actor, limit=limit)]


@router.post("/tasks/{task_id}/decision", **requires("process.approve"))
def decide(edge: Edge, task_id: int, body: Decision) -> MovedOut:
    """Approves, returns, rejects or reassigns."""
    with edge.write() as uow:
        moved = commands.act(
            uow,
            edge.actor,
            task_id=task_id,
            action=body.action,
            comment=body.comment,
            to=body.to,
            resume=body.resume,
        )
    return moved_out(moved)


@router.post("/tasks/{task_id}/reassignment", **requires("process.reassign"))
def reassign(edge: Edge, task_id: int, body: Reassignment) -> MovedOut:
    """The administrator gives an absent approver's task to somebody else."""
    with edge.write() as uow:
        return moved_out(tending.reassign(uow, edge.actor, task_id=task_id, to=body.to, comment=body.comment))


@router.get("/cases/{instance_id}/candidates", **signed_in())
def candidates(edge: Edge, instance_id: int) -> list[CandidateOut]:
    """Who may decide the case where it stands and has no task in it yet: whom a task can be given to."""
    with edge.read() as reader:
        return [CandidateOut.model_validate(c) for c in queries.candidates(reader, edge.actor, instance_id)]


@router.post("/cases/{instance_id}/reminder", **signed_in())
def remind(edge: Edge, instance_id: int, body: Comment) -> MovedOut:
    """The requester or the administrator reminds whose turn it is."""
    with edge.write() as uow:
        return moved_out(tending.remind(uow, edge.actor, instance_id=instance_id, comment=body.comment))


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
        flow = flow_of({"code": code, **body.model_dump(exclude={"model"})})
        return {"id": commands.put_flow(uow, edge.actor, flow, model=body.model)}
