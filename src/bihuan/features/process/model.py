"""The subject's side of the bargain, a case as it stands, and the hash chain of actions. No I/O.

Errors::

    NoSuchFlow, NoSuchTask   what is named is not there
    TaskTaken                the task is no longer open: somebody else acted first
    NotYourTask              the task is another person's
    OpenAlready              the subject is already under way
    WrongStatus              the instance is not where this action starts
    NoApprover               a node has nobody but the requester, so nobody may approve
    ReasonRequired           return, reject, withdraw, reassign and reopen say why
    NotVisited               a case goes back only to a node it has been at
    RemindedAlready          the same person reminded a short while ago
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from bihuan.features.access.model import Principal
from bihuan.features.process.condition import Fact
from bihuan.features.process.flow import Flow, Node, flow_json, flow_of
from bihuan.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from bihuan.store.unit_of_work import Reader, UnitOfWork

__all__ = ["Flow", "Node", "flow_json", "flow_of"]

Action = Literal["approve", "return", "reject", "reassign"]
Resume = Literal["again", "direct"]  # after a return: every node anew, or straight back to the node that returned
NEEDS_REASON = frozenset({"return", "reject", "withdraw", "reassign", "reopen"})
REMIND_MINUTES = 60


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


class NotVisited(Invalid):
    """只能退回到已经走过的节点。"""

    code = "not_visited"


class RemindedAlready(Conflict):
    """刚催办过，过一会儿再催。"""

    code = "reminded_already"


@dataclass(frozen=True, slots=True)
class Case:
    """An instance as it stands: whose it is, which node's turn (index), which round. ``place`` holds model and coordinate.

    ``resume``: the node (index) that goes on after a return, None = the next in order.
    """

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
    title: str
    resume: int | None


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


class Facts(Protocol):
    """States what conditions of a flow may ask of a subject, such as ``{"金额": Decimal}``."""

    def __call__(self, reader: Reader, subject_id: int, /) -> Mapping[str, Fact]: ...


_subjects: dict[str, Subject] = {}
_facts: dict[str, Facts] = {}


def register(kind: str, subject: Subject, facts: Facts | None = None) -> None:
    """Binds the subject of a kind, and what conditions may ask of it; done once, in `bootstrap`."""
    _subjects[kind] = subject
    if facts is not None:
        _facts[kind] = facts


def facts_of(reader: Reader, kind: str, subject_id: int) -> Mapping[str, Fact]:
    """What a subject states; nothing when its kind states nothing."""
    return _facts[kind](reader, subject_id) if kind in _facts else {}


def subject_kinds() -> frozenset[str]:
    """The kinds that are bound in this process."""
    return frozenset(_subjects)


def subject_of(kind: str) -> Subject:
    """The subject of a kind."""
    if kind not in _subjects:
        raise Invalid(f"没有可以审批的对象类型“{kind}”。", kind=kind)
    return _subjects[kind]


HASHED = ("instance_id", "seq", "task_id", "node", "round", "action", "actor_id", "actor", "comment", "at")
NAMED = ("target", "opened")  # hashed where they say something, so that chains begun without them stay whole


def link(previous: bytes, action: Mapping[str, Any]) -> bytes:
    """The hash of an action: of what was done, and of the action before it."""
    whole = [action[name] for name in HASHED[:-1]] + [action["at"].timestamp()]
    named = {name: action[name] for name in NAMED if action[name]}
    said = json.dumps([*whole, named] if named else whole, ensure_ascii=False)
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
