"""Flows, their instances, tasks, and the immutable chain of what was done."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from bihuan.store.tables._base import metadata


def _id() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def _at(name: str = "at") -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


# A definition never changes: another text is another revision, and a running instance stays on its own.
flow = Table(
    "flow",
    metadata,
    _id(),
    Column(
        "model", Text, nullable=False, server_default=""
    ),  # of whose package; "" = of every model that has none of its own
    Column("code", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("definition", JSONB, nullable=False),
    _at("created_at"),
    UniqueConstraint("model", "code", "revision"),
    info={"append_only": True},
)

flow_instance = Table(
    "flow_instance",
    metadata,
    _id(),
    Column("flow_id", BigInteger, ForeignKey("flow.id"), nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", BigInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("place", JSONB, nullable=False),  # model and coordinate the approvers must hold the right on
    Column("requester_id", BigInteger, nullable=False),
    Column("requester", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("node", Integer, nullable=False),  # index of the node whose turn it is
    Column("round", Integer, nullable=False, server_default=text("1")),  # + 1 with every resubmission
    Column("resume", Integer),  # after a return: the node that goes on, NULL = the next in order
    _at("started_at"),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint(
        "status IN ('running', 'returned', 'approved', 'rejected', 'withdrawn', 'reopened')", name="status"
    ),
    Index("ix_flow_instance_requester", "requester_id", "id"),
    Index(
        "uq_flow_instance_open_subject",
        "subject_kind",
        "subject_id",
        unique=True,
        postgresql_where=text("status IN ('running', 'returned')"),
    ),
)

task = Table(
    "task",
    metadata,
    _id(),
    Column("instance_id", BigInteger, ForeignKey("flow_instance.id"), nullable=False, index=True),
    Column("node", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("holder_id", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="open"),
    _at("created_at"),
    Column("due_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint("status IN ('open', 'done', 'cancelled')", name="status"),
    Index("ix_task_holder_open", "holder_id", postgresql_where=text("status = 'open'")),
    Index("ix_task_holder_done", "holder_id", "ended_at", postgresql_where=text("status = 'done'")),
)

flow_action = Table(
    "flow_action",
    metadata,
    Column("instance_id", BigInteger, ForeignKey("flow_instance.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("task_id", BigInteger),
    Column("node", Text, nullable=False),
    Column("round", Integer, nullable=False),
    Column("action", Text, nullable=False),
    Column("actor_id", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("comment", Text, nullable=False, server_default=""),
    Column("target", Text, nullable=False, server_default=""),  # whom or which node the action names
    Column("opened", Text, nullable=False, server_default=""),  # title of the node whose turn it became
    Column("at", DateTime(timezone=True), nullable=False),
    Column("previous", LargeBinary, nullable=False),  # hash of the action before, empty for the first
    Column("hash", LargeBinary, nullable=False),
    info={"append_only": True},
)
