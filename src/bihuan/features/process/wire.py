"""What the routes of process take and give."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel

from bihuan.features.process import todo


class TaskOut(BaseModel):
    """A turn of the person who asks; ``requester`` by name."""

    id: int
    instance_id: int
    title: str
    subject_kind: str
    subject_id: int
    requester: str
    definition_title: str
    node_title: str
    round: int
    created_at: datetime
    due_at: datetime | None


class DoneOut(BaseModel):
    """What the person who asks decided; ``status``: where the case stands now."""

    id: int
    instance_id: int
    title: str
    subject_kind: str
    subject_id: int
    status: str
    requester: str
    action: str | None
    created_at: datetime
    ended_at: datetime


class CandidateOut(BaseModel):
    login: str
    name: str


class OpenTaskOut(BaseModel):
    """Somebody's open task, for who may give it to somebody else."""

    id: int
    task_id: int
    subject_kind: str
    subject_id: int
    title: str
    round: int
    requester: str
    holder: str
    holder_name: str
    node: str
    created_at: datetime
    due_at: datetime | None


class StartedOut(BaseModel):
    """A case the person who asks submitted; ``hours``: how long it waits where it is, or how long it took in all."""

    id: int
    subject_kind: str
    subject_id: int
    title: str
    status: str
    node: str
    round: int
    holders: list[str]
    since: datetime | None
    hours: float
    due_at: datetime | None
    started_at: datetime
    ended_at: datetime | None


class TodoOut(BaseModel):
    """One thing to do; ``due`` a moment, or a day whose end is meant. ``overdue``: it is past."""

    key: str
    kind: todo.Kind
    stage: todo.Stage
    title: str
    note: str
    source: str
    since: datetime
    due: datetime | date | None
    overdue: bool
    due_today: bool
    link: str
    subject_kind: str
    subject_id: int | None


class TodosOut(BaseModel):
    """``counts``: open work per stage of the loop."""

    todos: list[TodoOut]
    counts: dict[str, int]


class Decision(BaseModel):
    """``to``: the login a reassigned task goes to, or the code of the node a return goes to ("" = the requester).

    ``resume`` after a return: every node has its turn ``again``, or the case comes ``direct``ly back. Everything but approve
    needs a comment.
    """

    action: Literal["approve", "return", "reject", "reassign"]
    comment: str = ""
    to: str | None = None
    resume: Literal["again", "direct"] = "again"


class Reassignment(BaseModel):
    to: str
    comment: str


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
    name: str
    since: datetime
    hours: float
    due_at: datetime | None


class FlowActionOut(BaseModel):
    """``target_name``: whom or which node it names; ``opened``: the node whose turn it became."""

    seq: int
    node: str
    round: int
    action: str
    actor: str
    name: str
    comment: str
    target: str
    target_name: str
    opened: str
    at: datetime


class NodeOut(BaseModel):
    """A step of the flow in this round; ``people`` by name: who decided, whose turn it is, or who will.

    ``hours``: how long it has had the case, in all. ``visited``: a case can be returned to it.
    """

    code: str
    title: str
    state: Literal["done", "current", "pending", "skipped"]
    people: list[str]
    agreed: list[str]
    need: Literal["any", "all"]
    when: str
    outcome: str
    since: datetime | None
    until: datetime | None
    hours: float
    due_days: int | None
    due_at: datetime | None
    visited: bool


class SpanOut(BaseModel):
    """How long one person had the case at a node; ``node`` "" = the requester, between return and submission."""

    node: str
    person: str
    name: str
    round: int
    since: datetime
    until: datetime | None
    hours: float
    outcome: str


class CaseOut(BaseModel):
    """``chain_broken_at``: the first action whose hash does not fit; null = the history is whole."""

    id: int
    subject_kind: str
    subject_id: int
    title: str
    model: str
    org: str
    requester: str
    requester_name: str
    status: str
    round: int
    started_at: datetime
    ended_at: datetime | None
    node: str
    flow_title: str
    holders: list[HolderOut]
    nodes: list[NodeOut]
    spans: list[SpanOut]
    actions: list[FlowActionOut]
    returns: int
    chain_broken_at: int | None
    my_task: int | None
    may_reassign: bool
    may_remind: bool


class NodeIn(BaseModel):
    title: str
    code: str = ""
    holders: list[str] = []
    role: str = ""
    due_days: int | None = None
    need: Literal["any", "all"] = "any"
    when: str = ""
    nobody: Literal["refuse", "skip"] = "refuse"


class FlowIn(BaseModel):
    """``model``: whose own flow it is; "" = of every model that has none of this code."""

    title: str
    nodes: list[NodeIn]
    model: str = ""
