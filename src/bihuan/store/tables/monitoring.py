"""Alerts that hold or held; deviations as cases; the append-only events that open, explain, decide, execute, verify them."""

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
    Column("alert_id", BigInteger, unique=True),  # of control: the fact that opened it
    Column("owner", Text, nullable=False, server_default=""),  # login of who explains and sees it through
    Column("holder", Text, nullable=False, server_default=""),  # whose turn it is, as shown; "" = the next load decides
    Column("held_since", DateTime(timezone=True)),
    Column("transfer_id", BigInteger),  # of the transfer last decided on
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    CheckConstraint("kind IN ('variance', 'forced', 'alert')", name="kind"),
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
Index("ix_deviation_case_transfer", deviation_case.c.transfer_id)

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

# What a package's alert said about one place, from when it began to hold until it no longer did. ``measures``: the figures
# of the last look, as decimal text; the title repeats some of them.
alert = Table(
    "alert",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("model", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("identity", Text, nullable=False),  # of alert, place and span: one open row each
    Column("item", Text, nullable=False),
    Column("members", JSONB, nullable=False),
    Column("span", Text, nullable=False),
    Column("period", Text, nullable=False),  # where the span of the last look ended
    Column("severity", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("measures", JSONB, nullable=False),
    Column("first_seen", DateTime(timezone=True), nullable=False),
    Column("last_seen", DateTime(timezone=True), nullable=False),
    Column("resolved_at", DateTime(timezone=True)),
    Column("case_id", BigInteger, ForeignKey("deviation_case.id")),
    CheckConstraint("span IN ('month', 'to_date', 'year')", name="span"),
    CheckConstraint("severity IN ('info', 'warn', 'error')", name="severity"),
)
Index("uq_alert_open", alert.c.model, alert.c.identity, unique=True, postgresql_where=alert.c.resolved_at.is_(None))
