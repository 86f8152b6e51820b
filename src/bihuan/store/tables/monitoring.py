"""Deviations as cases, and the append-only events that open, explain, decide, execute, verify and close them."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from bihuan.store.tables._base import metadata

# ``place``: what the case is about (item, members, period, ytd); ``rule``: the test that opened it and will verify it.
# ``state`` repeats the last event for listing; the events are the truth.
deviation_case = Table(
    "deviation_case",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("model", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("place", JSONB, nullable=False),
    Column("identity", Text, nullable=False),  # of model, kind and place: one open case each
    Column("rule", JSONB, nullable=False),
    Column("amount", Numeric(18, 2), nullable=False),  # the deviation when it was opened, signed
    Column("state", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("alert_id", BigInteger, unique=True),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    CheckConstraint("kind IN ('variance', 'forced')", name="kind"),
    CheckConstraint("state IN ('open', 'explained', 'decided', 'approved', 'executed', 'closed')", name="state"),
    CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
)
Index(
    "uq_deviation_case_open",
    deviation_case.c.identity,
    unique=True,
    postgresql_where=deviation_case.c.state != "closed",
)
Index("ix_deviation_case_due", deviation_case.c.model, deviation_case.c.due_at)

case_event = Table(
    "case_event",
    metadata,
    Column("case_id", BigInteger, ForeignKey("deviation_case.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("event", Text, nullable=False),
    Column("actor_id", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("detail", JSONB, nullable=False),
    PrimaryKeyConstraint("case_id", "seq"),
    CheckConstraint("seq > 0", name="seq"),
    info={"append_only": True},
)
