"""Sources and their revisions, load runs, batches (one run over one file), the error desk, control totals, period status."""

from sqlalchemy import (
    BigInteger,
    Boolean,
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
    Column("continues", BigInteger, ForeignKey("load_batch.id")),  # the first batch of the same file
    Column("round", Integer, nullable=False, server_default=text("1")),  # 2 = loaded again after mending, …
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

# What was mended by hand on the error desk; the newest word about a record (and its field) counts at the next preparation.
line_correction = Table(
    "line_correction",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("source", Text, ForeignKey("source.code"), nullable=False),
    Column("file_hash", Text, nullable=False),
    Column("batch_id", BigInteger, nullable=False),  # on whose desk it was mended
    Column("record", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("field", Text, nullable=False),  # the source's own name of it; empty for a whole line
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("author", BigInteger, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    CheckConstraint("kind IN ('set', 'ignore', 'take_back')", name="kind"),
    Index("ix_line_correction_source_file_hash", "source", "file_hash"),
    info=APPEND_ONLY,
)

# How the vouchers of a batch met the requests they name; ``number`` is empty for those that name none.
load_match = Table(
    "load_match",
    metadata,
    Column("batch_id", BigInteger, ForeignKey("load_batch.id"), nullable=False),
    Column("number", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("document_id", BigInteger),
    Column("vouchers", Integer, nullable=False),
    Column("amount", Numeric(18, 2), nullable=False),
    Column("held", Numeric(18, 2), nullable=False),  # what the request held before
    Column("liquidated", Numeric(18, 2), nullable=False),
    Column("released", Numeric(18, 2), nullable=False),  # the rest, given back by the policy
    Column("still_held", Numeric(18, 2), nullable=False),
    Column("forced", Numeric(18, 2), nullable=False),  # beyond the tightest limit
    PrimaryKeyConstraint("batch_id", "number"),
    CheckConstraint("kind IN ('smaller', 'equal', 'larger', 'unknown', 'none')", name="kind"),
    info=APPEND_ONLY,
)

# A load as somebody watches it: written by the job in transactions of its own, so that it is seen while the load runs.
load_run = Table(
    "load_run",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("source", Text, ForeignKey("source.code"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("file_hash", Text, ForeignKey("warehouse_file.hash"), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("batch_id", BigInteger),
    Column(
        "own_batch", Boolean, nullable=False, server_default=text("false")
    ),  # the run made it: ends with a cancelled run
    Column("check_only", Boolean, nullable=False, server_default=text("false")),
    Column("state", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("lines_done", Integer, nullable=False, server_default=text("0")),
    Column("lines_total", Integer, nullable=False, server_default=text("0")),
    Column("message", Text, nullable=False, server_default=""),
    Column("job_id", BigInteger),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("cancel", Boolean, nullable=False, server_default=text("false")),
    Column("unexplained", Integer),  # accounts that the trial balance does not agree with; null where there is none
    Column("author", BigInteger, nullable=False),
    Column("author_login", Text, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("stage_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),  # the last sign of life
    Column("finished_at", DateTime(timezone=True)),
    CheckConstraint("kind IN ('load', 'reload')", name="kind"),
    CheckConstraint("state IN ('queued', 'running', 'done', 'held', 'failed', 'cancelled')", name="state"),
    CheckConstraint(
        "stage IN ('receive', 'recognise', 'map', 'validate', 'publish', 'tie_out')",
        name="stage",
    ),
    Index("ix_load_run_source", "source"),
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
