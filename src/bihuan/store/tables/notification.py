"""The inbox: what a person is told, and whether it was read."""

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from bihuan.store.tables._base import metadata

notification = Table(
    "notification",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),  # such as task.assigned; the screen has words for each
    Column("title", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("actor", Text, nullable=False),  # the name of whose doing it is
    Column("link", Text, nullable=False, server_default=""),  # a path of our own
    Column("data", JSONB, nullable=False, server_default=text("'{}'")),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("read_at", DateTime(timezone=True)),
    Index("ix_notification_user", "user_id", "id"),
    Index("ix_notification_unread", "user_id", postgresql_where=text("read_at IS NULL")),
    info={"updatable": ("read_at",)},
)
