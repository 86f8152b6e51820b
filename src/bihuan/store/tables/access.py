"""Tables of access: users, roles, sessions, sign-in attempts, the action trail, idempotency keys."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
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


def _at(name: str = "at") -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


def _id() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


app_user = Table(
    "app_user",
    metadata,
    _id(),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text),  # NULL = cannot sign in with a password
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("access_seq", Integer, nullable=False, server_default=text("0")),  # +1 whenever what the user may do changes
    _at("created_at"),
)

role = Table(
    "role",
    metadata,
    _id(),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
)

role_grant = Table(
    "role_grant",
    metadata,
    _id(),
    Column("role_id", BigInteger, ForeignKey("role.id"), nullable=False, index=True),
    Column("action", Text, nullable=False),
    Column("effect", Text, nullable=False),
    Column("limits", JSONB, nullable=False, server_default=text("'{}'")),
    Column("totals", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("effect IN ('allow', 'deny')", name="effect"),
)

user_role = Table(
    "user_role",
    metadata,
    _id(),
    Column("user_id", BigInteger, ForeignKey("app_user.id"), nullable=False, index=True),
    Column("role_id", BigInteger, ForeignKey("role.id"), nullable=False, index=True),
    Column("limits", JSONB, nullable=False, server_default=text("'{}'")),
    Column("until", DateTime(timezone=True)),
)

session = Table(
    "session",
    metadata,
    Column("id_hash", LargeBinary, primary_key=True),  # SHA-256 of the cookie: a stolen table signs nobody in
    Column("user_id", BigInteger, ForeignKey("app_user.id"), nullable=False, index=True),
    _at("created_at"),
    _at("last_seen_at"),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    Column("address", Text, nullable=False, server_default=""),
    Column("agent", Text, nullable=False, server_default=""),
)

sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    _id(),
    _at(),
    Column("login", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("ok", Boolean, nullable=False, server_default=text("false")),
    Index("ix_sign_in_attempt_login_at", "login", "at"),
    Index("ix_sign_in_attempt_address_at", "address", "at"),
)

action_entry = Table(
    "action_entry",
    metadata,
    _id(),
    _at(),
    Column(
        "actor_id", BigInteger, nullable=False
    ),  # 0 = the installation itself; no key: the trail outlives its actors
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("before", JSONB),
    Column("after", JSONB),
    Column("reason", Text, nullable=False, server_default=""),
    Column("request_id", Text, nullable=False, server_default=""),
    Index("ix_action_entry_subject", "subject_kind", "subject_id"),
    Index("ix_action_entry_at", "at"),
    info={"append_only": True},
)

action_chain = Table(
    "action_chain",
    metadata,
    Column("entry_id", BigInteger, ForeignKey("action_entry.id"), primary_key=True),
    Column("day", Date, nullable=False),
    Column("position", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    UniqueConstraint("day", "position", name="uq_action_chain_day_position"),
    info={"append_only": True},
)

action_digest = Table(
    "action_digest",
    metadata,
    Column("day", Date, primary_key=True),
    Column("entries", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    _at(),
    info={"append_only": True},
)

idempotency_key = Table(
    "idempotency_key",
    metadata,
    Column("user_id", BigInteger, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", LargeBinary, nullable=False),
    Column("status", Integer),
    Column("body", JSONB),
    _at(),
)
