"""Tables of modelling: models, their revisions as text, dimensions, members with ids for ever."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Integer,
    PrimaryKeyConstraint,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from bihuan.store.tables._base import metadata

# What a compiled model depends on has a number that no rollback gives out twice, so processes may cache by it.
model_state = Sequence("model_state", metadata=metadata)

model = Table(
    "model",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("state", BigInteger, nullable=False),
    CheckConstraint("revision > 0", name="revision"),
)

model_revision = Table(
    "model_revision",
    metadata,
    Column("model_id", BigInteger, ForeignKey("model.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("parent", Integer),  # NULL for the first
    Column("author_id", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("reason", Text, nullable=False, server_default=""),
    Column("package", JSONB, nullable=False),  # path -> text
    PrimaryKeyConstraint("model_id", "number"),
    CheckConstraint("parent IS NULL OR parent = number - 1", name="fast_forward"),
    info={"append_only": True},
)

dimension = Table(
    "dimension",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("model_id", BigInteger, ForeignKey("model.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("managed", Text, nullable=False),
    Column("next_id", Integer, nullable=False, server_default=text("0")),  # the member id to give next; never goes back
    UniqueConstraint("model_id", "code"),
    CheckConstraint("managed IN ('package', 'data')", name="managed"),
)

member = Table(
    "member",
    metadata,
    Column("dimension_id", BigInteger, ForeignKey("dimension.id"), nullable=False),
    Column("id", Integer, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("properties", JSONB, nullable=False, server_default=text("'{}'")),
    # of members that data brought: where they hang in the main tree
    Column("from_data", Boolean, nullable=False, server_default=text("false")),
    Column("parent", Text),
    Column("weight", Double, nullable=False, server_default=text("1")),
    Column("closed_at", Integer),  # the revision that no longer had it; its id and its cells stay
    PrimaryKeyConstraint("dimension_id", "id"),
    UniqueConstraint("dimension_id", "code"),
    ForeignKeyConstraint(["dimension_id", "parent"], ["member.dimension_id", "member.code"]),
    CheckConstraint("id >= 0", name="id"),
    info={"updatable": ("name", "properties", "parent", "weight", "closed_at")},
)
