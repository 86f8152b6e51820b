"""Start, act, withdraw, resubmit (see `tending` for the rest).

Order of locks: what the subject locks first, then the instance, then the subject's buckets.
"""

import json
from collections.abc import Mapping
from dataclasses import replace

from bihuan.features.access.commands import record, require_separate
from bihuan.features.access.model import Principal, SamePerson
from bihuan.features.access.queries import names_of
from bihuan.features.process.flow import Flow, Node, flow_json, flow_of
from bihuan.features.process.model import (
    NEEDS_REASON,
    Action,
    Case,
    NoApprover,
    NoSuchFlow,
    NoSuchTask,
    NotVisited,
    NotYourTask,
    OpenAlready,
    ReasonRequired,
    Resume,
    Subject,
    TaskTaken,
    WrongStatus,
    subject_of,
)
from bihuan.features.process.moving import (
    Moved,
    Step,
    approvers,
    cancel,
    case_of,
    end,
    finish,
    hand_over,
    locked,
    log,
    next_step,
    open_step,
    tell,
)
from bihuan.store.unit_of_work import UnitOfWork

__all__ = ["Moved", "act", "approvers", "put_flow", "resubmit", "start", "withdraw"]


def put_flow(uow: UnitOfWork, actor: Principal, flow: Flow, *, model: str = "") -> int:
    """Makes ``flow`` the newest revision; running instances stay on theirs. The same definition again changes nothing.

    ``model``: whose own it is; "" = for every model that has none of this code itself.
    """
    actor.require("process.flow", model=model)
    uow.run("process.flow_lock", code=flow.code, model=model)
    old = uow.row("process.flow_own", code=flow.code, model=model)
    if old is not None and flow_of(old["definition"]) == flow:
        return int(old["id"])
    definition = flow_json(flow)
    text = json.dumps(definition, ensure_ascii=False)
    flow_id = uow.value("process.flow_insert", model=model, code=flow.code, definition=text)
    subject = f"{model}/{flow.code}" if model else flow.code
    record(uow, actor, "process.flow", ("flow", subject), old and old["definition"], definition)
    return int(flow_id)


def start(
    uow: UnitOfWork,
    actor: Principal,
    *,
    flow: str,
    subject_kind: str,
    subject_id: int,
    title: str,
    place: Mapping[str, str] | None = None,
    comment: str = "",
    submit_at: Mapping[str, str] | None = None,
) -> Moved:
    """Submits a subject. ``place``: ``model`` and coordinate (``org`` …) on which role holders must have the right.

    ``submit_at``: where the requester must have the right to submit, when that is another place: who asks for what others
    have submits at their own.
    """
    place = dict(place or {})
    subject = subject_of(subject_kind)
    actor.require(subject.submit_action, **(place if submit_at is None else submit_at))
    definition = uow.row("process.flow_latest", code=flow, model=place.get("model", ""))
    if definition is None:
        raise NoSuchFlow(f"没有审批流“{flow}”。", flow=flow)
    subject.lock(uow, subject_id)
    instance_id = uow.value(
        "process.instance_insert",
        flow_id=definition["id"],
        subject_kind=subject_kind,
        subject_id=subject_id,
        title=title,
        place=json.dumps(place, ensure_ascii=False),
        requester_id=actor.user_id,
        requester=actor.login,
        at=uow.now(),
    )
    if instance_id is None:
        raise OpenAlready(subject=subject_id, kind=subject_kind)
    case = case_of(uow.row("process.instance_lock", id=instance_id), instance_id)
    return _submitted(uow, actor, case, subject, comment)


def resubmit(uow: UnitOfWork, actor: Principal, *, instance_id: int, comment: str = "") -> Moved:
    """The requester submits a returned subject again, in the same case.

    Every node has its turn anew, unless the return asked to come straight back (`Resume` direct).
    """
    case, subject = _for_requester(uow, actor, instance_id, "returned")
    actor.require(subject.submit_action, **case.place)
    return _submitted(uow, actor, replace(case, round=case.round + 1), subject, comment)


def _submitted(uow: UnitOfWork, actor: Principal, case: Case, subject: Subject, comment: str) -> Moved:
    subject.on_submit(uow, actor, case.subject_id, comment)
    step = next_step(uow, actor, case, case.resume or 0)
    if step is None:
        raise NoApprover(f"审批流“{case.flow.title}”没有一个节点有人审批。", flow=case.flow.code)
    log(uow, actor, case, "submit", comment, opened=step.node.title)
    return open_step(uow, actor, replace(case, resume=None), step)


def withdraw(uow: UnitOfWork, actor: Principal, *, instance_id: int, comment: str) -> Moved:
    """The requester takes the subject back while it is under way or returned."""
    need_reason("withdraw", comment)
    case, subject = _for_requester(uow, actor, instance_id, "running", "returned")
    log(uow, actor, case, "withdraw", comment)
    subject.on_withdraw(uow, actor, case.subject_id, comment)
    return end(uow, case, "withdrawn")


def act(
    uow: UnitOfWork,
    actor: Principal,
    *,
    task_id: int,
    action: Action,
    comment: str = "",
    to: str | None = None,
    resume: Resume = "again",
) -> Moved:
    """Decides a task: approve, return, reject, or reassign to another person (``to``, a login).

    A return goes to the requester, or to an earlier node (``to``, its code); ``resume`` says whether after that every node
    has its turn anew or the case comes straight back here. The instance's row is locked first; a task that is no longer open
    then was decided by somebody else (`TaskTaken`). Nobody decides what they requested, nor what they submitted earlier.
    """
    need_reason(action, comment)
    case, subject, task_holder = open_task(uow, task_id)
    if task_holder != actor.user_id:
        raise NotYourTask(task=task_id)
    _require_other(uow, actor, case)
    uow.run("process.task_end", id=task_id, status="done", at=uow.now())
    finish(uow, case, [actor.user_id])
    if action == "reassign":
        return pass_on(uow, actor, case, task_id=task_id, to=to or "", comment=comment)
    if action == "return" and to:
        return _back_to_node(uow, actor, case, task_id=task_id, node=to, comment=comment, resume=resume)
    if action == "return":
        log(uow, actor, case, action, comment, task_id)
        subject.on_return(uow, actor, case.subject_id, comment)
        tell(uow, actor, [case.requester_id], case, "task.returned", comment)
        return end(uow, replace(case, resume=case.node if resume == "direct" else None), "returned")
    if action == "reject":
        log(uow, actor, case, action, comment, task_id)
        subject.on_reject(uow, actor, case.subject_id, comment)
        tell(uow, actor, [case.requester_id], case, "task.rejected", comment)
        return end(uow, case, "rejected")
    return _approve(uow, actor, case, subject, task_id=task_id, comment=comment)


def _approve(uow: UnitOfWork, actor: Principal, case: Case, subject: Subject, *, task_id: int, comment: str) -> Moved:
    waiting = uow.rows("process.tasks_open", instance_id=case.id)
    if case.flow.nodes[case.node].need == "all" and waiting:
        log(uow, actor, case, "approve", comment, task_id)
        subject.on_turn(uow, actor, case.subject_id, sorted(t["holder"] for t in waiting))
        return Moved(case.id, "running", {t["id"]: t["holder"] for t in waiting})
    step = next_step(uow, actor, case, case.node + 1 if case.resume is None else case.resume)
    log(uow, actor, case, "approve", comment, task_id, opened=step.node.title if step else "")
    cancel(uow, case)
    if step is not None:
        return open_step(uow, actor, replace(case, resume=None), step)
    subject.on_approve(uow, actor, case.subject_id, comment)
    tell(uow, actor, [case.requester_id], case, "task.approved", comment)
    return end(uow, case, "approved")


def _back_to_node(
    uow: UnitOfWork, actor: Principal, case: Case, *, task_id: int, node: str, comment: str, resume: Resume
) -> Moved:
    index = case.flow.index(node)
    visited = {r["node"] for r in uow.rows("process.visited", instance_id=case.id)}
    if index is None or index >= case.node or index not in visited:
        been = [n.code for i, n in enumerate(case.flow.nodes) if i in visited and i < case.node]
        raise NotVisited(f"不能退回到“{node}”；可以退回到：{'、'.join(been) or '申请人'}。", node=node, visited=been)
    chosen = case.flow.nodes[index]
    people = approvers(uow, actor, chosen, case.place, case.requester_id)
    if not people:
        raise NoApprover(f"节点“{chosen.title}”没有可以审批的人。", node=node)
    log(uow, actor, case, "return", comment, task_id, target=node, opened=chosen.title)
    cancel(uow, case)
    back = replace(case, resume=case.node if resume == "direct" else None)
    return open_step(uow, actor, back, Step(index, chosen, people))


def pass_on(
    uow: UnitOfWork, actor: Principal, case: Case, *, task_id: int, to: str, comment: str, holder: int = 0
) -> Moved:
    node = case.flow.nodes[case.node]
    chosen = Node(node.code, node.title, holders=(to,), due_days=node.due_days)
    people = approvers(uow, actor, chosen, case.place, case.requester_id)
    has_it = {t["holder_id"] for t in uow.rows("process.tasks_open", instance_id=case.id)}
    for one in (actor.user_id, holder, *has_it):
        people.pop(one, None)
    if not people:
        said = f"不能转办给“{to}”：没有这个人、没有审批权、已在审批，或与申请人、转办人相同。"
        raise NoApprover(said, to=to)
    log(uow, actor, case, "reassign", comment, task_id, target=to)
    return hand_over(uow, actor, case, node, people)


def need_reason(action: str, comment: str) -> None:
    if action in NEEDS_REASON and not comment.strip():
        raise ReasonRequired(action=action)


def open_task(uow: UnitOfWork, task_id: int) -> tuple[Case, Subject, int]:
    """The case of a task under its lock, and whose the task is; refused when it is no longer open."""
    task = uow.row("process.task", id=task_id)
    if task is None:
        raise NoSuchTask(task=task_id)
    case, subject = locked(uow, task["instance_id"])
    task = uow.row("process.task", id=task_id)
    assert task is not None, "tasks are never removed"
    if task["status"] != "open":
        raise TaskTaken(_taken(uow, case, task_id), task=task_id)
    return case, subject, int(task["holder_id"])


def _taken(uow: UnitOfWork, case: Case, task_id: int) -> str:
    """Who was faster, and what they did."""
    words = {"approve": "同意", "return": "退回", "reject": "拒绝", "reassign": "转办", "withdraw": "撤回"}
    done = [a for a in uow.rows("process.actions", instance_id=case.id) if a["action"] in words]
    if not done:
        return ""
    last = next((a for a in reversed(done) if a["task_id"] == task_id), done[-1])
    who = names_of(uow, [last["actor"]])[last["actor"]]
    return f"这个待办已由 {who} 在 {last['at'].astimezone():%m-%d %H:%M} 处理：{words[last['action']]}。"


def _require_other(uow: UnitOfWork, actor: Principal, case: Case) -> None:
    actor.require("process.approve", **case.place)
    if actor.user_id == case.requester_id:
        raise SamePerson(action="process.approve", separated_from=["process.submit"], person=actor.name)
    require_separate(uow, actor, "process.approve", (case.subject_kind, case.subject_id))


def _for_requester(uow: UnitOfWork, actor: Principal, instance_id: int, *statuses: str) -> tuple[Case, Subject]:
    case, subject = locked(uow, instance_id)
    if case.requester_id != actor.user_id:
        raise NotYourTask(f"只有申请人 {case.requester} 可以这样做。", requester=case.requester)
    if case.status not in statuses:
        raise WrongStatus(status=case.status, expected=list(statuses))
    return case, subject
