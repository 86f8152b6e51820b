"""Sources and their revisions, batches (one run over one file), the error desk, control totals, period status."""

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
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from bihuan.store.tables._base import metadata

APPEND_ONLY = {"append_only": True}  # the application's role may INSERT and SELECT only

# The row is locked by publish, so that two batches of a source never judge "already imported" side by side.
source = Table(
    "source",
    metadata,
    Column("code", Text, primary_key=True),
    Column("model", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("published", BigInteger, nullable=False, server_default=text("0")),  # batches published so far
)

source_revision = Table(
    "source_revision",
    metadata,
    Column("source", Text, ForeignKey("source.code", deferrable=True, initially="DEFERRED"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("definition", Text, nullable=False),
    Column("mapping", Text, nullable=False),
    Column("author", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("source", "revision"),
    info=APPEND_ONLY,
)

# ``counts``: {outcome: [lines, debit, credit]}. ``lines_hash``: the prepared lines; they count once the manifest names them.
load_batch = Table(
    "load_batch",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("source", Text, ForeignKey("source.code"), nullable=False),
    Column("file_hash", Text, ForeignKey("warehouse_file.hash"), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("message", Text, nullable=False, server_default=""),
    Column("revision", Integer),  # of the source, when prepared
    Column("published_before", BigInteger),  # source.published when prepared: another batch since makes it stale
    Column("records", Integer, nullable=False, server_default=text("0")),
    Column("counts", JSONB, nullable=False, server_default=text("'{}'")),
    Column("lines_hash", Text, ForeignKey("warehouse_file.hash")),
    Column("change_seq", BigInteger),
    Column("author", BigInteger, nullable=False),
    Column("landed_at", DateTime(timezone=True), nullable=False),
    Column("published_at", DateTime(timezone=True)),
    CheckConstraint("state IN ('landed', 'prepared', 'published', 'refused')", name="state"),
    CheckConstraint("(state = 'published') = (published_at IS NOT NULL)", name="published"),
    Index("ix_load_batch_source_file_hash", "source", "file_hash"),
)

# The error desk. ``resolved_by``: the batch that took the line, or the same file prepared again without it.
rejected_line = Table(
    "rejected_line",
    metadata,
    Column("batch_id", BigInteger, ForeignKey("load_batch.id"), nullable=False),
    Column("record", Integer, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("voucher", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("amount", Numeric(18, 2)),  # debit - credit; null where it could not be read
    Column("raw", JSONB, nullable=False),
    Column("resolved_by", BigInteger, ForeignKey("load_batch.id")),
    PrimaryKeyConstraint("batch_id", "record"),
)
Index(
    "ix_rejected_line_open",
    rejected_line.c.batch_id,
    rejected_line.c.outcome,
    postgresql_where=rejected_line.c.resolved_by.is_(None),
)

# Trial balances of the books: what the sum of a source's lines must be, by account and period.
control_total = Table(
    "control_total",
    metadata,
    Column("source", Text, ForeignKey("source.code"), nullable=False),
    Column("account", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("amount", Numeric(18, 2), nullable=False),  # debit - credit
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("source", "account", "period"),
)

# Periods that take no actuals; a period without a row is open.
period_status = Table(
    "period_status",
    metadata,
    Column("model", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("status", Text, nullable=False),
    PrimaryKeyConstraint("model", "period"),
    CheckConstraint("status IN ('closed', 'not_open')", name="status"),
)
