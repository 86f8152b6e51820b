"""Start, act, withdraw, resubmit. Order of locks: what the subject locks first, the instance, then the subject's buckets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import RowMapping

from bihuan.features.access.commands import record, require_separate
from bihuan.features.access.model import Principal, SamePerson
from bihuan.features.access.queries import principal_of
from bihuan.features.process.model import (
    NEEDS_REASON,
    Action,
    Case,
    Flow,
    NoApprover,
    Node,
    NoSuchFlow,
    NoSuchTask,
    NotYourTask,
    OpenAlready,
    ReasonRequired,
    Subject,
    TaskTaken,
    WrongStatus,
    flow_json,
    flow_of,
    link,
    subject_of,
)
from bihuan.store.unit_of_work import Reader, UnitOfWork


@dataclass(frozen=True, slots=True)
class Moved:
    """Where an instance stands after an action; ``tasks``: whose turn it is, by task id."""

    instance_id: int
    status: str
    tasks: Mapping[int, str]


def put_flow(uow: UnitOfWork, actor: Principal, flow: Flow) -> int:
    """Makes ``flow`` the newest revision; running instances stay on theirs. The same definition again changes nothing."""
    actor.require("process.flow")
    uow.run("process.flow_lock", code=flow.code)
    old = uow.row("process.flow_latest", code=flow.code)
    if old is not None and flow_of(old["definition"]) == flow:
        return int(old["id"])
    definition = flow_json(flow)
    flow_id = uow.value("process.flow_insert", code=flow.code, definition=json.dumps(definition, ensure_ascii=False))
    record(uow, actor, "process.flow", ("flow", flow.code), old and old["definition"], definition)
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
    definition = uow.row("process.flow_latest", code=flow)
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
    case = _locked(uow, instance_id)
    _log(uow, actor, case, "submit", comment)
    subject.on_submit(uow, actor, subject_id, comment)
    return _open_node(uow, actor, case, 0)


def resubmit(uow: UnitOfWork, actor: Principal, *, instance_id: int, comment: str = "") -> Moved:
    """The requester submits a returned subject again, in the same case; every node has its turn anew."""
    case, subject = _for_requester(uow, actor, instance_id, "returned")
    actor.require(subject.submit_action, **case.place)
    again = replace(case, round=case.round + 1)
    _log(uow, actor, again, "submit", comment)
    subject.on_submit(uow, actor, case.subject_id, comment)
    return _open_node(uow, actor, again, 0)


def withdraw(uow: UnitOfWork, actor: Principal, *, instance_id: int, comment: str) -> Moved:
    """The requester takes the subject back while it is under way or returned."""
    _reason("withdraw", comment)
    case, subject = _for_requester(uow, actor, instance_id, "running", "returned")
    _log(uow, actor, case, "withdraw", comment)
    subject.on_withdraw(uow, actor, case.subject_id, comment)
    return _end(uow, case, "withdrawn")


def act(
    uow: UnitOfWork, actor: Principal, *, task_id: int, action: Action, comment: str = "", to: str | None = None
) -> Moved:
    """Decides a task: approve, return to the requester, reject, or reassign to another person (``to``, a login).

    The instance's row is locked first; a task that is no longer open then was decided by somebody else (`TaskTaken`).
    Nobody decides what they requested, nor what they submitted in an earlier round.
    """
    _reason(action, comment)
    task = uow.row("process.task", id=task_id)
    if task is None:
        raise NoSuchTask(task=task_id)
    case, subject = _locked_with_subject(uow, task["instance_id"])
    task = uow.row("process.task", id=task_id)
    assert task is not None, "tasks are never removed"
    if task["status"] != "open":
        raise TaskTaken(task=task_id)
    if task["holder_id"] != actor.user_id:
        raise NotYourTask(task=task_id, holder=task["holder"])
    _require_other(uow, actor, case)
    uow.run("process.task_end", id=task_id, status="done", at=uow.now())
    _log(uow, actor, case, action, comment, task_id)
    if action == "reassign":
        return _reassign(uow, actor, case, to or "")
    uow.run("process.tasks_cancel", instance_id=case.id, at=uow.now())
    if action == "return":
        subject.on_return(uow, actor, case.subject_id, comment)
        return _end(uow, case, "returned")
    if action == "reject":
        subject.on_reject(uow, actor, case.subject_id, comment)
        return _end(uow, case, "rejected")
    if case.node + 1 < len(case.flow.nodes):
        return _open_node(uow, actor, case, case.node + 1)
    subject.on_approve(uow, actor, case.subject_id, comment)
    return _end(uow, case, "approved")


def _reason(action: str, comment: str) -> None:
    if action in NEEDS_REASON and not comment.strip():
        raise ReasonRequired(action=action)


def _require_other(uow: UnitOfWork, actor: Principal, case: Case) -> None:
    actor.require("process.approve", **case.place)
    if actor.user_id == case.requester_id:
        raise SamePerson(action="process.approve", separated_from=["process.submit"], person=actor.name)
    require_separate(uow, actor, "process.approve", (case.subject_kind, case.subject_id))


def _locked(uow: UnitOfWork, instance_id: int) -> Case:
    return _case(uow.row("process.instance_lock", id=instance_id), instance_id)


def _locked_with_subject(uow: UnitOfWork, instance_id: int) -> tuple[Case, Subject]:
    """Read without a lock to know the subject, let that lock first, then lock the instance and read it again."""
    seen = _case(uow.row("process.instance", id=instance_id), instance_id)
    subject = subject_of(seen.subject_kind)
    subject.lock(uow, seen.subject_id)
    return _locked(uow, instance_id), subject


def _case(row: RowMapping | None, instance_id: int) -> Case:
    if row is None:
        raise NoSuchTask(f"没有审批事项 {instance_id}。", instance=instance_id)
    same = ("id", "subject_kind", "subject_id", "place", "requester_id", "requester", "status", "node", "round")
    return Case(flow=flow_of(row["definition"]), **{name: row[name] for name in same})


def _for_requester(uow: UnitOfWork, actor: Principal, instance_id: int, *statuses: str) -> tuple[Case, Subject]:
    case, subject = _locked_with_subject(uow, instance_id)
    if case.requester_id != actor.user_id:
        raise NotYourTask(f"只有申请人 {case.requester} 可以这样做。", requester=case.requester)
    if case.status not in statuses:
        raise WrongStatus(status=case.status, expected=list(statuses))
    return case, subject


def _open_node(uow: UnitOfWork, actor: Principal, case: Case, index: int) -> Moved:
    node = case.flow.nodes[index]
    people = approvers(uow, actor, node, case.place, case.requester_id)
    if not people:
        raise NoApprover(f"节点“{node.title}”没有可以审批的人（申请人本人不能审批）。", node=node.code)
    _move(uow, case, "running", index)
    return _hand_over(uow, actor, case, index, node, people)


def approvers(
    reader: Reader, actor: Principal, node: Node, place: Mapping[str, str], requester_id: int
) -> dict[int, str]:
    """Who may decide at a node: its holders with the right at ``place``, the requester never among them; id -> login."""
    if node.role:
        rows = reader.rows("process.role_holders", role=node.role, now=reader.now())
    else:
        rows = reader.rows("process.active_users", logins=list(node.holders))
    found = {}
    for row in rows:
        person = principal_of(reader, row["login"], actor.hierarchies)
        if person and row["id"] != requester_id and person.may("process.approve", **place):
            found[row["id"]] = row["login"]
    return found


def _hand_over(  # noqa: PLR0917 - who hands what to whom
    uow: UnitOfWork, actor: Principal, case: Case, index: int, node: Node, people: Mapping[int, str]
) -> Moved:
    now = uow.now()
    due = None if node.due_days is None else now + timedelta(days=node.due_days)
    tasks = {}
    for holder_id, holder in people.items():
        task_id = uow.value(
            "process.task_insert",
            instance_id=case.id,
            node=index,
            round=case.round,
            holder_id=holder_id,
            holder=holder,
            at=now,
            due_at=due,
        )
        tasks[int(task_id)] = holder
    subject_of(case.subject_kind).on_turn(uow, actor, case.subject_id, sorted(tasks.values()))
    return Moved(case.id, "running", tasks)


def _reassign(uow: UnitOfWork, actor: Principal, case: Case, to: str) -> Moved:
    node = case.flow.nodes[case.node]
    chosen = Node(node.code, node.title, holders=(to,), due_days=node.due_days)
    people = approvers(uow, actor, chosen, case.place, case.requester_id)
    people.pop(actor.user_id, None)
    if not people:
        raise NoApprover(f"不能转办给“{to}”：没有这个人、没有审批权，或与申请人、转办人相同。", to=to)
    return _hand_over(uow, actor, case, case.node, node, people)


def _end(uow: UnitOfWork, case: Case, status: str) -> Moved:
    uow.run("process.tasks_cancel", instance_id=case.id, at=uow.now())
    _move(uow, case, status, case.node)
    return Moved(case.id, status, {})


def _move(uow: UnitOfWork, case: Case, status: str, node: int) -> None:
    ended = uow.now() if status in ("approved", "rejected", "withdrawn") else None
    uow.run("process.instance_update", id=case.id, status=status, node=node, round=case.round, ended_at=ended)


def _log(  # noqa: PLR0917 - read as a sentence: who did what on which case
    uow: UnitOfWork,
    actor: Principal,
    case: Case,
    action: str,
    comment: str,
    task_id: int | None = None,
) -> None:
    """Appends to the case's chain, under the instance's lock, and to the action trail of its subject."""
    last = uow.row("process.action_last", instance_id=case.id)
    previous = bytes(last["hash"]) if last else b""
    node = case.flow.nodes[case.node].title if task_id else ""
    said = {
        "instance_id": case.id,
        "seq": last["seq"] + 1 if last else 1,
        "task_id": task_id,
        "node": node,
        "round": case.round,
        "action": action,
        "actor_id": actor.user_id,
        "actor": actor.login,
        "comment": comment,
        "at": uow.now(),
    }
    uow.run("process.action_insert", **said, previous=previous, hash=link(previous, said))
    record(uow, actor, f"process.{action}", (case.subject_kind, case.subject_id), reason=comment)
