"""How a case moves: which node comes next and who decides there, handing over, writing the log. Used by `commands` only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import RowMapping

from bihuan.features.access.commands import record
from bihuan.features.access.live import Event, announce
from bihuan.features.access.model import Principal, system
from bihuan.features.access.queries import principal_of
from bihuan.features.collaboration.inbox import Notice, notify, settle
from bihuan.features.process.flow import Node, flow_of
from bihuan.features.process.model import Case, NoApprover, NoSuchTask, Subject, facts_of, link, subject_of
from bihuan.store.unit_of_work import Reader, UnitOfWork

TOPIC = "todo"  # the live event: somebody's open work changed
ASKING = ("task.assigned", "task.reminded")  # notices that a case waits for somebody
ENDED = ("approved", "rejected", "withdrawn", "reopened")


@dataclass(frozen=True, slots=True)
class Moved:
    """Where an instance stands after an action; ``tasks``: whose turn it is, by task id."""

    instance_id: int
    status: str
    tasks: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Step:
    """The node whose turn it becomes, its people (id -> login), and the nodes passed over for want of anybody."""

    index: int
    node: Node
    people: Mapping[int, str]
    skipped: tuple[Node, ...] = ()


def case_of(row: RowMapping | None, instance_id: int) -> Case:
    """A row of ``process.instance``; `NoSuchTask` when there is none."""
    if row is None:
        raise NoSuchTask(f"没有审批事项 {instance_id}。", instance=instance_id)
    same = (
        "id",
        "subject_kind",
        "subject_id",
        "place",
        "requester_id",
        "requester",
        "status",
        "node",
        "round",
        "title",
    )
    return Case(flow=flow_of(row["definition"]), resume=row["resume"], **{name: row[name] for name in same})


def locked(uow: UnitOfWork, instance_id: int) -> tuple[Case, Subject]:
    """Read without a lock to know the subject, let that lock first, then lock the instance and read it again."""
    seen = case_of(uow.row("process.instance", id=instance_id), instance_id)
    subject = subject_of(seen.subject_kind)
    subject.lock(uow, seen.subject_id)
    return case_of(uow.row("process.instance_lock", id=instance_id), instance_id), subject


def approvers(
    reader: Reader, actor: Principal, node: Node, place: Mapping[str, str], requester_id: int
) -> dict[int, str]:
    """Who may decide at a node: its holders with the right at ``place``, the requester never among them; id -> login.

    Whoever holds the node's role must have the right through that role: the head of another division is not meant.
    """
    if node.role:
        rows = reader.rows("process.role_holders", role=node.role, now=reader.now())
    else:
        rows = reader.rows("process.active_users", logins=list(node.holders))
    found = {}
    for row in rows:
        person = principal_of(reader, row["login"], actor.hierarchies, role=node.role or None)
        if person and row["id"] != requester_id and person.may("process.approve", **place):
            found[row["id"]] = row["login"]
    return found


def next_step(reader: Reader, actor: Principal, case: Case, start: int) -> Step | None:
    """The first node from ``start`` on whose condition holds and that has somebody; None = there is none left."""
    skipped: list[Node] = []
    for index in range(start, len(case.flow.nodes)):
        node = case.flow.nodes[index]
        if not applies(reader, case, node):
            continue
        people = approvers(reader, actor, node, case.place, case.requester_id)
        if people:
            return Step(index, node, people, tuple(skipped))
        if node.nobody == "refuse":
            raise NoApprover(f"节点“{node.title}”没有可以审批的人（申请人本人不能审批）。", node=node.code)
        skipped.append(node)
    return None


def applies(reader: Reader, case: Case, node: Node) -> bool:
    """Whether a node's condition holds for the case's subject as it stands."""
    condition = node.condition
    return condition is None or condition.holds(facts_of(reader, case.subject_kind, case.subject_id))


def open_step(uow: UnitOfWork, actor: Principal, case: Case, step: Step) -> Moved:
    """It becomes the turn of a node; what was passed over is written down."""
    for node in step.skipped:
        log(uow, system(), case, "skip", "没有可以审批的人", node=node.title)
    move(uow, case, "running", step.index)
    return hand_over(uow, actor, replace(case, node=step.index), step.node, step.people)


def hand_over(uow: UnitOfWork, actor: Principal, case: Case, node: Node, people: Mapping[int, str]) -> Moved:
    """A task for each of the people; they are told, and so is the subject."""
    now = uow.now()
    due = None if node.due_days is None else now + timedelta(days=node.due_days)
    tasks = {}
    for holder_id, holder in people.items():
        task_id = uow.value(
            "process.task_insert",
            instance_id=case.id,
            node=case.node,
            round=case.round,
            holder_id=holder_id,
            holder=holder,
            at=now,
            due_at=due,
        )
        tasks[int(task_id)] = holder
    turn = uow.rows("process.tasks_open", instance_id=case.id)
    subject_of(case.subject_kind).on_turn(uow, actor, case.subject_id, sorted({t["holder"] for t in turn}))
    tell(uow, actor, people, case, "task.assigned")
    return Moved(case.id, "running", tasks)


def end(uow: UnitOfWork, case: Case, status: str) -> Moved:
    """Nobody's turn any more."""
    cancel(uow, case)
    move(uow, case, status, case.node)
    return Moved(case.id, status, {})


def cancel(uow: UnitOfWork, case: Case) -> None:
    """The open tasks fall away; whose they were sees it."""
    gone = {t["holder_id"] for t in uow.rows("process.tasks_open", instance_id=case.id)}
    uow.run("process.tasks_cancel", instance_id=case.id, at=uow.now())
    finish(uow, case, gone)


def finish(uow: UnitOfWork, case: Case, people: Collection[int]) -> None:
    """It is no longer the turn of these people: what told them so is read, their screens follow."""
    settle(uow, people, case=case.id, kinds=ASKING)
    stir(uow, people)


def move(uow: UnitOfWork, case: Case, status: str, node: int) -> None:
    """Writes where the instance stands."""
    ended = uow.now() if status in ENDED else None
    fields = {"status": status, "node": node, "round": case.round, "resume": case.resume, "ended_at": ended}
    uow.run("process.instance_update", id=case.id, **fields)


def tell(  # noqa: PLR0917 - read as a sentence: who tells whom of which case what happened
    uow: UnitOfWork, actor: Principal, to: Collection[int], case: Case, kind: str, said: str = ""
) -> None:
    """A line in the inbox of each, and their open work is read again."""
    link_to = f"/approve?case={case.id}" if kind in ("task.assigned", "task.reminded") else f"/?case={case.id}"
    data = {"case": case.id, "subject_kind": case.subject_kind, "subject_id": case.subject_id}
    notify(uow, actor, to, Notice(kind, case.title, said, link_to, data))
    stir(uow, to)


def stir(uow: UnitOfWork, to: Collection[int]) -> None:
    """Lets screens of these people read their open work again."""
    if to:
        announce(uow, Event(TOPIC, "", to=tuple(sorted(set(to)))))


def log(  # noqa: PLR0917 - read as a sentence: who did what on which case
    uow: UnitOfWork,
    actor: Principal,
    case: Case,
    action: str,
    comment: str,
    task_id: int | None = None,
    *,
    node: str | None = None,
    target: str = "",
    opened: str = "",
) -> None:
    """Appends to the case's chain, under the instance's lock, and to the action trail of its subject.

    ``target``: whom (login) or which node (code) the action names; ``opened``: title of the node whose turn it becomes.
    """
    last = uow.row("process.action_last", instance_id=case.id)
    previous = bytes(last["hash"]) if last else b""
    said = {
        "instance_id": case.id,
        "seq": last["seq"] + 1 if last else 1,
        "task_id": task_id,
        "node": node if node is not None else case.flow.nodes[case.node].title if task_id else "",
        "round": case.round,
        "action": action,
        "actor_id": actor.user_id,
        "actor": actor.login,
        "comment": comment,
        "target": target,
        "opened": opened,
        "at": uow.now(),
    }
    uow.run("process.action_insert", **said, previous=previous, hash=link(previous, said))
    record(uow, actor, f"process.{action}", (case.subject_kind, case.subject_id), reason=comment)
    stir(uow, [case.requester_id])
    at = dict(case.place)
    announce(uow, Event(TOPIC, "process.reassign", at.pop("model", ""), at))  # who looks after everybody's cases
