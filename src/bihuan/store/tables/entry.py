"""Budget cycles, and plan units: what is submitted, returned, approved and released as a whole."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from bihuan.store.tables._base import identity, metadata

# A budgeting season of one version. ``template`` is the text's content as it stood when the cycle was opened; ``opened_seq``
# the version's seq then, so that what was entered since shows who has started.
budget_cycle = Table(
    "budget_cycle",
    metadata,
    identity(),
    Column("model", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("version_id", BigInteger, ForeignKey("version.id"), nullable=False, unique=True),
    Column("fiscal_year", Integer, nullable=False),
    Column("round", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="open"),
    Column("template", JSONB, nullable=False),
    Column("opened_seq", BigInteger, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("model", "code"),
    CheckConstraint("status IN ('open', 'closed')", name="status"),
)

plan_unit = Table(
    "plan_unit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("version_id", BigInteger, ForeignKey("version.id"), nullable=False),
    Column("org", Text, nullable=False),  # with everything below it
    Column("model", Text, nullable=False),  # the model's code, for the permission predicate
    Column("status", Text, nullable=False, server_default="preparing"),
    Column("submissions", Integer, nullable=False, server_default=text("0")),
    Column("holder", Text, nullable=False, server_default=""),  # who has it now; more than one: any of them decides
    Column("held_since", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("cycle_id", BigInteger, ForeignKey("budget_cycle.id"), index=True),
    Column("due_at", Date),  # by the business date; null = no date set
    Column("announced_for", Date),  # the due date of which its holder was last told
    UniqueConstraint("version_id", "org"),
    CheckConstraint("status IN ('preparing', 'submitted', 'approved', 'released')", name="status"),
)
