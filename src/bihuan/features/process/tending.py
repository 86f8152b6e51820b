"""What is done about a case that stands still: remind, give an absent person's task to another, open again what was approved."""

from datetime import timedelta

from bihuan.features.access.model import Principal
from bihuan.features.process.commands import Moved, need_reason, open_task, pass_on
from bihuan.features.process.model import REMIND_MINUTES, RemindedAlready, WrongStatus
from bihuan.features.process.moving import end, finish, locked, log, tell
from bihuan.store.unit_of_work import UnitOfWork


def reassign(uow: UnitOfWork, actor: Principal, *, task_id: int, to: str, comment: str) -> Moved:
    """The administrator gives an absent approver's task to another person who may decide it."""
    need_reason("reassign", comment)
    case, _, holder = open_task(uow, task_id)
    actor.require("process.reassign", **case.place)
    uow.run("process.task_end", id=task_id, status="cancelled", at=uow.now())
    finish(uow, case, [holder])
    moved = pass_on(uow, actor, case, task_id=task_id, to=to, comment=comment, holder=holder)
    tell(uow, actor, [holder], case, "task.taken", comment)
    return moved


def remind(uow: UnitOfWork, actor: Principal, *, instance_id: int, comment: str = "") -> Moved:
    """The requester or the administrator reminds whose turn it is; written down, and told to them."""
    case, _ = locked(uow, instance_id)
    if actor.user_id != case.requester_id:
        actor.require("process.reassign", **case.place)
    if case.status != "running":
        raise WrongStatus(status=case.status, expected=["running"])
    last = uow.value("process.last_reminder", instance_id=case.id, actor_id=actor.user_id)
    if last is not None and uow.now() - last < timedelta(minutes=REMIND_MINUTES):
        raise RemindedAlready(last=last)
    turn = uow.rows("process.tasks_open", instance_id=case.id)
    log(uow, actor, case, "remind", comment)
    tell(uow, actor, [t["holder_id"] for t in turn], case, "task.reminded", comment)
    return Moved(case.id, case.status, {t["id"]: t["holder"] for t in turn})


def hold(uow: UnitOfWork, kind: str, subject_id: int) -> None:
    """Locks a subject's newest case, for a command that will change both: cases come before subjects in the order of locks."""
    instance_id = uow.value("process.instance_of", kind=kind, id=subject_id)
    if instance_id is not None:
        locked(uow, instance_id)


def reopen(uow: UnitOfWork, actor: Principal, *, kind: str, subject_id: int, comment: str) -> None:
    """For a subject's own command that has asked its action and opens what was approved: the case says so."""
    need_reason("reopen", comment)
    instance_id = uow.value("process.instance_of", kind=kind, id=subject_id)
    if instance_id is None:
        return
    case, _ = locked(uow, instance_id)
    if case.status != "approved":
        raise WrongStatus(status=case.status, expected=["approved"])
    log(uow, actor, case, "reopen", comment)
    tell(uow, actor, [case.requester_id], case, "task.reopened", comment)
    end(uow, case, "reopened")
