"""Versions, their heads, the ordered log of change sets, blocks at rest, manifests, locks of submitted units.

`plan_head` is locked FOR UPDATE by every plan write; ``seq`` counts its committed change sets without gaps. A *state* of a
version is (version, seq): the blocks of a manifest, then its ``tails``, then the log rows after the manifest's seq.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from bihuan.store.tables._base import identity, metadata

APPEND_ONLY = {"append_only": True}  # the application's role may INSERT and SELECT only


def _version() -> Column[int]:
    return Column("version_id", BigInteger, ForeignKey("version.id"), nullable=False)


def _at() -> Column[object]:
    return Column("at", DateTime(timezone=True), nullable=False, server_default=func.now())


# ``role`` (实际 预算 预测) is what formulas name; of a role's versions the bound one is meant.
version = Table(
    "version",
    metadata,
    identity(),
    Column("model_id", BigInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("bound", Boolean, nullable=False, server_default=text("false")),
    Column("status", Text, nullable=False, server_default="open"),
    Column("base_version_id", BigInteger, ForeignKey("version.id")),  # of a branch: what it was forked from,
    Column("base_seq", BigInteger),  # and at which of its seqs
    _at(),
    UniqueConstraint("model_id", "code"),
    CheckConstraint("status IN ('open', 'released', 'closed')", name="status"),
    CheckConstraint("base_version_id <> id", name="not_its_own_base"),
    CheckConstraint("(base_version_id IS NULL) = (base_seq IS NULL)", name="base"),
)
Index("uq_version_bound_role", version.c.model_id, version.c.role, unique=True, postgresql_where=version.c.bound)

# Immutable and content-addressed: ``hash`` is the sha-256 of ``bytes``, a compressed Arrow file.
plan_block = Table(
    "plan_block",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("item_group", Text, nullable=False),  # cube!item
    Column("fiscal_year", Integer, nullable=False),  # 0 = not by year
    Column("rows", Integer, nullable=False),
    Column("bytes", LargeBinary, nullable=False),
    _at(),
    CheckConstraint("hash ~ '^[0-9a-f]{64}$'", name="hash"),
    CheckConstraint("rows > 0", name="rows"),
    info=APPEND_ONLY,
)

# ``blocks``: {"cube!item": [hash, …]}; ``tails``: [[version, after seq, up to seq], …], log ranges to apply after the blocks;
# ``derived``: blocks of computed items as they stood (submitted and released states); ``frozen``: items that have become inputs;
# ``revision``: under which the blocks are read; the tails may move on to later ones.
plan_manifest = Table(
    "plan_manifest",
    metadata,
    identity(),
    _version(),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("blocks", JSONB, nullable=False),
    Column("tails", JSONB, nullable=False),
    Column("derived", JSONB, nullable=False),
    Column("frozen", JSONB, nullable=False),
    Column("parent_id", BigInteger, ForeignKey("plan_manifest.id")),
    Column("author", BigInteger, nullable=False),
    _at(),
    CheckConstraint("kind IN ('head', 'branch', 'snapshot', 'submit', 'release')", name="kind"),
    CheckConstraint("seq >= 0", name="seq"),
    Index("ix_plan_manifest_version_id_seq", "version_id", "seq"),
    info=APPEND_ONLY,
)
Index(
    "uq_plan_manifest_name",
    plan_manifest.c.version_id,
    plan_manifest.c.name,
    unique=True,
    postgresql_where=plan_manifest.c.kind.in_(("snapshot", "submit", "release")),
)

plan_head = Table(
    "plan_head",
    metadata,
    Column("version_id", BigInteger, ForeignKey("version.id"), primary_key=True),
    Column("model_id", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False, server_default=text("0")),
    Column("revision", Integer, nullable=False),
    Column("manifest_id", BigInteger, ForeignKey("plan_manifest.id"), nullable=False),
    CheckConstraint("seq >= 0", name="seq"),
)

# One row per change set and plan unit; the rows of one seq belong together and are written in one transaction.
plan_log = Table(
    "plan_log",
    metadata,
    _version(),
    Column("seq", BigInteger, nullable=False),
    Column("unit", Text, nullable=False),  # the organisation's code; "" where the cells have no organisation
    Column("kind", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("author", BigInteger, nullable=False),
    _at(),
    Column("source", Text, nullable=False),  # where the change came from: form, excel, transfer, load …
    Column("reason", Text, nullable=False),
    Column("undoes", BigInteger),  # seq of the change set this one takes back
    Column("cells", Integer, nullable=False),
    Column("payload", LargeBinary, nullable=False),  # Arrow: item, members, period, before, after (store/blocks.py)
    PrimaryKeyConstraint("version_id", "seq", "unit"),
    CheckConstraint("seq > 0", name="seq"),
    CheckConstraint("kind IN ('edit', 'undo', 'restore', 'merge', 'release', 'revision')", name="kind"),
    info=APPEND_ONLY,
)
Index("ix_plan_log_undoes", plan_log.c.version_id, plan_log.c.undoes, postgresql_where=plan_log.c.undoes.is_not(None))

# Up to which seq of a branch a change set of its base brought the branch's edits in; what is merged next starts there.
plan_merge = Table(
    "plan_merge",
    metadata,
    _version(),
    Column("seq", BigInteger, nullable=False),  # of the base
    Column("branch_id", BigInteger, ForeignKey("version.id"), nullable=False),
    Column("branch_seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("version_id", "seq"),
    info=APPEND_ONLY,
)

# A submitted or released unit, or items that only a command may write (reserved): these cells refuse edits and say why.
# ``items`` null = all items (released and reserved ones are named).
plan_lock = Table(
    "plan_lock",
    metadata,
    _version(),
    Column("org", Text, nullable=False),  # "" = every cell of the version
    Column("kind", Text, nullable=False),
    Column("items", JSONB),
    Column("why", Text, nullable=False),
    Column("holder", Text, nullable=False),
    _at(),
    PrimaryKeyConstraint("version_id", "org", "kind"),
    CheckConstraint("kind IN ('submitted', 'released', 'reserved')", name="kind"),
    CheckConstraint("why <> ''", name="why"),
)

# A node of an item (cube!item) below which a person's spreading changes nothing. ``user_id`` 0: the system itself.
plan_hold = Table(
    "plan_hold",
    metadata,
    identity(),
    _version(),
    Column("user_id", BigInteger, nullable=False),
    Column("item", Text, nullable=False),
    Column("members", JSONB, nullable=False),
    Column("period", Text, nullable=False),
    _at(),
    UniqueConstraint("version_id", "user_id", "item", "members", "period"),
)

# Up to ``period`` (a leaf period's code) an item (cube!item) of a version holds actuals and refuses edits.
plan_switchover = Table(
    "plan_switchover",
    metadata,
    _version(),
    Column("item", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("why", Text, nullable=False),
    _at(),
    PrimaryKeyConstraint("version_id", "item"),
)
