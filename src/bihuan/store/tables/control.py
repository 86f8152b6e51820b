"""Policies and rules, balance rows, the append-only ledger, documents, transfers. Amounts are NUMERIC(18,2) in budget currency."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from bihuan.store.tables._base import identity, metadata


def _amount(name: str) -> Column[object]:
    return Column(name, Numeric(18, 2), nullable=False, server_default=text("0"))


def _at(name: str = "at") -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


# A policy is the identity of a ledger: entries, documents and rules name it. Until budget is released under it another text is
# another row; after that its text is replaced in place by an activation, and every text it had stays in policy_edition.
control_policy = Table(
    "control_policy",
    metadata,
    identity(),
    Column("code", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("digest", Text, nullable=False),  # of the content; the key under which workers keep it parsed
    Column("content", JSONB, nullable=False),  # the package text as read, and the trees it rolls up along
    Column("version_id", BigInteger),  # the released plan version; null while nothing is released
    Column("edition", Integer, nullable=False, server_default=text("1")),  # + 1 with every activation
    _at("created_at"),
    UniqueConstraint("code", "revision"),
    info={"append_only": True, "updatable": ("version_id", "digest", "content", "edition")},
)

# A text of a policy: in force, once in force, planned, or withdrawn before its day.
policy_edition = Table(
    "policy_edition",
    metadata,
    identity(),
    Column("policy_id", BigInteger, ForeignKey("control_policy.id"), nullable=False),
    Column("status", Text, nullable=False),
    Column("edition", Integer),  # null: never in force
    Column("text", Text, nullable=False, server_default=""),  # as it was written; "": the package's, see content
    Column("content", JSONB),  # as it was pinned when it came into force
    Column("starts_on", Date, nullable=False),  # the business date from which it is to hold
    Column("reason", Text, nullable=False, server_default=""),
    Column("author", Text, nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("started_by", Text),
    Column("ended_at", DateTime(timezone=True)),  # when the next one replaced it, or it was withdrawn
    Column("ended_by", Text),
    Column("fault", Text, nullable=False, server_default=""),  # why its day came and it could not come into force
    _at("created_at"),
    CheckConstraint("status IN ('planned', 'active', 'past', 'withdrawn')", name="status"),
    Index("uq_policy_edition_planned", "policy_id", unique=True, postgresql_where=text("status = 'planned'")),
    Index("uq_policy_edition_active", "policy_id", unique=True, postgresql_where=text("status = 'active'")),
    UniqueConstraint("policy_id", "edition"),
)

control_rule = Table(
    "control_rule",
    metadata,
    identity(),
    Column("policy_id", BigInteger, ForeignKey("control_policy.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("stages", ARRAY(Text), nullable=False),  # the stages that count against its buckets
    Column("retired", JSONB),  # its text when an activation took it out of force; null: in force
    Index("uq_control_rule_in_force", "policy_id", "code", unique=True, postgresql_where=text("retired IS NULL")),
)

bucket = Table(
    "bucket",
    metadata,
    identity(),
    Column("rule_id", BigInteger, ForeignKey("control_rule.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("window_code", Text, nullable=False),
    _amount("cap"),
    _amount("original"),  # the part of cap that was released; the rest are transfers and supplements
    _amount("reserved"),
    _amount("committed"),
    _amount("executed"),
    _amount("forced"),
    Column("hard_limit", Numeric(18, 2)),  # null: the rule only watches
    UniqueConstraint("rule_id", "key", "window_code"),
    CheckConstraint(
        "hard_limit IS NULL OR reserved + committed + executed <= hard_limit + forced", name="within_limit"
    ),
    CheckConstraint("reserved >= 0 AND committed >= 0 AND forced >= 0", name="not_negative"),
    postgresql_with={"fillfactor": "50"},  # counters change often and are in no index: room for in-page updates
)

document_number = Sequence("document_number", metadata=metadata)  # numbers of requests; gaps are allowed

document = Table(
    "document",
    metadata,
    identity(),
    Column("policy_id", BigInteger, ForeignKey("control_policy.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    Column("status", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("idem_key", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),  # of the request: the same key with other content is refused
    Column("revision", Integer, nullable=False, server_default=text("1")),  # of its lines, + 1 with every submission
    Column("draft", JSONB),  # what the requester has typed and not submitted; may be incomplete
    Column("expires_at", DateTime(timezone=True)),  # what it still holds is given back by the first sweep after this
    Column("fields", JSONB),  # the other system's document as it was sent, from which the lines were mapped
    _at("created_at"),
    UniqueConstraint("requester", "idem_key"),
    UniqueConstraint("policy_id", "kind", "number"),
    CheckConstraint("status IN ('draft', 'held', 'released', 'closed')", name="status"),
    Index("ix_document_requester", "requester"),
    Index("ix_document_expires", "expires_at", postgresql_where=text("status = 'held' AND expires_at IS NOT NULL")),
)

document_line = Table(
    "document_line",
    metadata,
    Column("document_id", BigInteger, ForeignKey("document.id"), primary_key=True),
    Column("revision", Integer, primary_key=True, server_default=text("1")),
    Column("line_no", Integer, primary_key=True),
    Column("coordinate", JSONB, nullable=False),
    Column("period", Text, nullable=False),
    Column(
        "amount", Numeric(18, 2), nullable=False
    ),  # what counts against the budget: gross or net, as the policy says
    Column("gross", Numeric(18, 2)),  # null: no tax was spoken of
    Column("net", Numeric(18, 2)),
    Column("tax_rate", Numeric(5, 2), nullable=False, server_default=text("0")),  # percent
    Column("tax_included", Boolean, nullable=False, server_default=text("true")),  # in the amount as it was entered
    Column("memo", Text, nullable=False, server_default=""),
    Column("currency", Text),  # null: entered in budget currency
    Column("rate", Numeric(18, 8)),  # budget currency per unit of it
    Column("foreign_amount", Numeric(18, 2)),  # as entered
    Column(
        "draws_document", BigInteger, ForeignKey("document.id")
    ),  # the earlier document whose hold this line takes over
    Column("draws_line", Integer),
    Column("quantity", Numeric(18, 4)),  # in the unit of the rate standard it comes under; null: not said
    Column("said", JSONB),  # what that standard asks for beside the members
    Column("fields", JSONB),  # the other system's, that became its members; null: it said members
    info={"append_only": True},
)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    identity(),
    Column("policy_id", BigInteger, ForeignKey("control_policy.id"), nullable=False),
    Column("stage", Text, nullable=False),
    Column(
        "kind", Text, nullable=False
    ),  # why: release withhold issue link transfer supplement / reserve return commit execute force …
    Column("amount", Numeric(18, 2), nullable=False),  # signed
    Column("coordinate", JSONB, nullable=False),
    Column("period", Text, nullable=False),
    Column("buckets", ARRAY(BigInteger), nullable=False),  # every balance row this entry counts in
    Column("version_id", BigInteger),
    Column("document_id", BigInteger, ForeignKey("document.id")),
    Column("line_no", Integer),
    Column("liquidates", BigInteger, ForeignKey("ledger_entry.id")),
    Column("transfer_id", BigInteger),
    Column("by_document_id", BigInteger, ForeignKey("document.id")),  # the later document that took this hold over
    Column("voucher", Text),
    Column(
        "edition", Integer
    ),  # of the policy, whose activation moved this amount from rows to others; sums to zero by place
    Column("reason", Text, nullable=False, server_default=""),
    Column("actor", Text, nullable=False),
    _at(),
    CheckConstraint("stage IN ('budget', 'reserved', 'committed', 'executed', 'forced')", name="stage"),
    Index("ix_ledger_entry_document", "document_id", "line_no"),
    Index("ix_ledger_entry_by_document", "by_document_id", postgresql_where=text("by_document_id IS NOT NULL")),
    Index("ix_ledger_entry_liquidates", "liquidates", postgresql_where=text("liquidates IS NOT NULL")),
    Index("ix_ledger_entry_voucher", "policy_id", "voucher", postgresql_where=text("voucher IS NOT NULL")),
    Index("ix_ledger_entry_place", "policy_id", "period"),
    # documents are few beside vouchers: who holds a balance row's money is asked while somebody types
    Index("ix_ledger_entry_held", "policy_id", "period", postgresql_where=text("document_id IS NOT NULL")),
    Index(
        "uq_ledger_entry_released_cell",
        "policy_id",
        "coordinate",
        "period",
        unique=True,
        postgresql_where=text("kind = 'release' AND stage = 'budget' AND edition IS NULL"),
    ),
    info={"append_only": True},
)

# One row per fact or command that must happen once; taken first, in key order, so that repeats wait for the original.
posting_key = Table(
    "posting_key",
    metadata,
    Column("key", Text, primary_key=True),
    _at(),
    info={"append_only": True},
)

transfer = Table(
    "transfer",
    metadata,
    identity(),
    Column("policy_id", BigInteger, ForeignKey("control_policy.id"), nullable=False),
    Column("version_id", BigInteger),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("lines", JSONB, nullable=False),  # [{coordinate, period, amount}], amount signed, as text
    Column("hold_id", BigInteger, ForeignKey("document.id")),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'")),  # of a loan or a carry-forward: its terms
    Column("undoes", BigInteger, ForeignKey("transfer.id")),  # the loan it repays, the carry-forward it reverses
    _at("created_at"),
    CheckConstraint("kind IN ('transfer', 'supplement', 'borrow', 'repay', 'carry')", name="kind"),
    CheckConstraint("status IN ('held', 'applied', 'dropped')", name="status"),
)

control_alert = Table(
    "control_alert",
    metadata,
    identity(),
    Column("bucket_id", BigInteger, ForeignKey("bucket.id")),
    Column("kind", Text, nullable=False),  # forced: beyond the limit; unbudgeted: no balance row at all
    Column("voucher", Text, nullable=False),
    Column("amount", Numeric(18, 2), nullable=False),
    Column("message", Text, nullable=False),
    _at(),
    info={"append_only": True},
)

# A document that a rule refused asks to pass all the same: once, within these amounts, until it expires.
control_exception = Table(
    "control_exception",
    metadata,
    identity(),
    Column("policy_id", BigInteger, ForeignKey("control_policy.id"), nullable=False),
    Column("document_id", BigInteger, ForeignKey("document.id"), nullable=False),
    Column("status", Text, nullable=False),
    Column("gap", Numeric(18, 2), nullable=False),  # what the rule that lacks most lacks
    Column("beyond", JSONB, nullable=False),  # [{bucket, rule, title, window, short}]
    Column("lines", JSONB, nullable=False),  # what was asked, as it may be submitted once granted
    Column("reason", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("expires_on", Date, nullable=False),
    _at("created_at"),
    CheckConstraint("status IN ('asked', 'granted', 'used', 'dropped', 'expired')", name="status"),
    Index("ix_control_exception_document", "document_id"),
)

control_reconciliation = Table(
    "control_reconciliation",
    metadata,
    identity(),
    Column("policy_id", BigInteger, ForeignKey("control_policy.id"), nullable=False),
    Column("actor", Text, nullable=False),
    Column("checked", JSONB, nullable=False),  # how many of each kind were compared
    Column("differences", JSONB, nullable=False),
    _at(),
    info={"append_only": True},
)

webhook = Table(
    "webhook",
    metadata,
    identity(),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),  # signs what is sent, so it must be readable here
    Column("policy", Text, nullable=False),
    Column("events", ARRAY(Text), nullable=False),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("owner", Text, nullable=False),
    _at("created_at"),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    identity(),
    Column("webhook_id", BigInteger, ForeignKey("webhook.id"), nullable=False),
    Column("event", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("status", Text, nullable=False, server_default="queued"),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("next_at", DateTime(timezone=True), nullable=False),
    Column("answer", Text, nullable=False, server_default=""),
    _at("created_at"),
    CheckConstraint("status IN ('queued', 'sent', 'given_up')", name="status"),
    Index("ix_webhook_delivery_queued", "next_at", postgresql_where=text("status = 'queued'")),
)

# A balance row that stands beyond a share of its limit: told once, forgotten when it has come back below.
threshold_mark = Table(
    "threshold_mark",
    metadata,
    Column("bucket_id", BigInteger, ForeignKey("bucket.id"), primary_key=True),
    Column("percent", Integer, primary_key=True),
    _at("crossed_at"),
)
