"""Flow definitions, the subject's side of the bargain, and the hash chain of actions. No I/O.

Errors::

    NoSuchFlow, NoSuchTask   what is named is not there
    TaskTaken                the task is no longer open: somebody else acted first
    NotYourTask              the task is another person's
    OpenAlready              the subject is already under way
    WrongStatus              the instance is not where this action starts
    NoApprover               a node has nobody but the requester, so nobody may approve
    ReasonRequired           return, reject, withdraw and reassign say why
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from bihuan.features.access.model import Principal
from bihuan.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from bihuan.store.unit_of_work import UnitOfWork

Action = Literal["approve", "return", "reject", "reassign"]
NEEDS_REASON = frozenset({"return", "reject", "withdraw", "reassign"})


class NoSuchFlow(NotFound):
    """没有这个审批流。"""

    code = "no_such_flow"


class NoSuchTask(NotFound):
    """没有这个待办。"""

    code = "no_such_task"


class TaskTaken(Conflict):
    """这个待办已经处理过了，请刷新。"""

    code = "task_taken"


class NotYourTask(Forbidden):
    """这个待办不在您名下。"""

    code = "not_your_task"


class OpenAlready(Conflict):
    """已经在审批中，不能重复提交。"""

    code = "open_already"


class WrongStatus(Conflict):
    """当前状态不能做这个操作。"""

    code = "wrong_status"


class NoApprover(Invalid):
    """没有可以审批的人（申请人本人不能审批）。"""

    code = "no_approver"


class ReasonRequired(Invalid):
    """请填写原因。"""

    code = "reason_required"


@dataclass(frozen=True, slots=True)
class Node:
    """One step: named ``holders`` (logins), or whoever holds ``role`` and may approve at the subject's place; one decides."""

    code: str
    title: str
    holders: tuple[str, ...] = ()
    role: str = ""
    due_days: int | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """Approval steps in order."""

    code: str
    title: str
    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        if not self.nodes:
            raise Invalid(f"审批流“{self.title}”没有节点。", flow=self.code)
        for node in self.nodes:
            if bool(node.holders) == bool(node.role):
                raise Invalid(f"节点“{node.title}”须指定人员或角色之一。", flow=self.code, node=node.code)


def flow_json(flow: Flow) -> dict[str, Any]:
    """A flow as it is kept."""
    nodes = [
        {"code": n.code, "title": n.title, "holders": list(n.holders), "role": n.role, "due_days": n.due_days}
        for n in flow.nodes
    ]
    return {"code": flow.code, "title": flow.title, "nodes": nodes}


def flow_of(definition: Mapping[str, Any]) -> Flow:
    """The inverse of `flow_json`; keys that are absent take their defaults."""
    nodes = tuple(
        Node(
            code=str(n.get("code") or n.get("title", "")),
            title=str(n.get("title") or n.get("code", "")),
            holders=tuple(map(str, n.get("holders") or ())),
            role=str(n.get("role") or ""),
            due_days=None if n.get("due_days") in (None, "") else int(n["due_days"]),
        )
        for n in definition.get("nodes") or ()
    )
    return Flow(str(definition["code"]), str(definition.get("title") or definition["code"]), nodes)


@dataclass(frozen=True, slots=True)
class Case:
    """An instance as it stands: whose it is, which node's turn (index), which round. ``place`` holds model and coordinate."""

    id: int
    flow: Flow
    subject_kind: str
    subject_id: int
    place: Mapping[str, str]
    requester_id: int
    requester: str
    status: str
    node: int
    round: int


class Subject(Protocol):
    """What a flow moves. Each is called in the action's unit of work; raising refuses the action.

    ``lock`` comes first, before the instance is locked: a subject that will write a plan locks the plan's head there.
    ``submit_action`` is the right that submitting takes.
    """

    @property
    def submit_action(self) -> str: ...

    def lock(self, uow: UnitOfWork, subject_id: int) -> None: ...

    def on_submit(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None: ...

    def on_turn(self, uow: UnitOfWork, actor: Principal, subject_id: int, holders: Sequence[str]) -> None:
        """It is the turn of ``holders`` (any of them decides)."""

    def on_return(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None: ...

    def on_approve(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None: ...

    def on_reject(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None: ...

    def on_withdraw(self, uow: UnitOfWork, actor: Principal, subject_id: int, reason: str) -> None: ...


_subjects: dict[str, Subject] = {}


def register(kind: str, subject: Subject) -> None:
    """Binds the subject of a kind; done once, in `bootstrap`."""
    _subjects[kind] = subject


def subject_of(kind: str) -> Subject:
    """The subject of a kind."""
    if kind not in _subjects:
        raise Invalid(f"没有可以审批的对象类型“{kind}”。", kind=kind)
    return _subjects[kind]


HASHED = ("instance_id", "seq", "task_id", "node", "round", "action", "actor_id", "actor", "comment", "at")


def link(previous: bytes, action: Mapping[str, Any]) -> bytes:
    """The hash of an action: of what was done, and of the action before it."""
    said = json.dumps([action[name] for name in HASHED[:-1]] + [action["at"].timestamp()], ensure_ascii=False)
    return hashlib.sha256(previous + said.encode()).digest()


def broken_link(actions: Sequence[Mapping[str, Any]]) -> int | None:
    """The first seq whose hash or predecessor is not what it should be; None when the chain is whole."""
    previous = b""
    for expected, action in enumerate(actions, 1):
        whole = action["seq"] == expected and bytes(action["previous"]) == previous
        if not whole or link(previous, action) != bytes(action["hash"]):
            return expected
        previous = bytes(action["hash"])
    return None
