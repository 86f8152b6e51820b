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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

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

# Another system that calls the API in its own name: a user who cannot sign in, and what it proves itself with.
service_account = Table(
    "service_account",
    metadata,
    _id(),
    Column("client_id", Text, nullable=False, unique=True),
    Column("user_id", BigInteger, ForeignKey("app_user.id"), nullable=False, unique=True),
    Column("secret_hash", LargeBinary, nullable=False),  # SHA-256 of a random secret of 256 bits
    Column("hmac_key", LargeBinary, nullable=False),  # signatures are checked with it, so it must be readable here
    Column("scopes", ARRAY(Text), nullable=False),  # patterns of actions; what it may do is these and its roles
    Column("per_minute", Integer, nullable=False, server_default=text("600")),
    Column("sandbox", Boolean, nullable=False, server_default=text("false")),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    _at("created_at"),
)

service_token = Table(
    "service_token",
    metadata,
    Column("id_hash", LargeBinary, primary_key=True),  # SHA-256 of the token
    Column("account_id", BigInteger, ForeignKey("service_account.id"), nullable=False, index=True),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    _at("created_at"),
)

# Calls of an account in a minute, and signatures seen, so that none is played twice.
service_use = Table(
    "service_use",
    metadata,
    Column("account_id", BigInteger, ForeignKey("service_account.id"), primary_key=True),
    Column("minute", DateTime(timezone=True), primary_key=True),
    Column("calls", Integer, nullable=False),
)

service_signature = Table(
    "service_signature",
    metadata,
    Column("signature", LargeBinary, primary_key=True),
    _at(),
)
