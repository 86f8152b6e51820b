"""Plan units: what is submitted, returned, approved and released as a whole."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
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

from bihuan.store.tables._base import metadata

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
    UniqueConstraint("version_id", "org"),
    CheckConstraint("status IN ('preparing', 'submitted', 'approved', 'released')", name="status"),
)
