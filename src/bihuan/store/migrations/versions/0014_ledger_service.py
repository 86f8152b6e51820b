"""Documents that expire and draw on earlier ones, loans and carry-forwards, exceptions, service accounts, webhooks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "service_signature",
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("signature", name=op.f("pk_service_signature")),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_table(
        "control_reconciliation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("checked", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("differences", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["policy_id"], ["control_policy.id"], name=op.f("fk_control_reconciliation_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_reconciliation")),
    )
    op.create_table(
        "service_account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hmac_key", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("per_minute", sa.Integer(), server_default=sa.text("600"), nullable=False),
        sa.Column("sandbox", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_service_account_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_account")),
        sa.UniqueConstraint("client_id", name=op.f("uq_service_account_client_id")),
        sa.UniqueConstraint("user_id", name=op.f("uq_service_account_user_id")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("webhook_id", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), server_default="queued", nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status IN ('queued', 'sent', 'given_up')", name=op.f("ck_webhook_delivery_status")),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index(
        "ix_webhook_delivery_queued",
        "webhook_delivery",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_table(
        "control_exception",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("gap", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("beyond", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('asked', 'granted', 'used', 'dropped', 'expired')", name=op.f("ck_control_exception_status")
        ),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_control_exception_document_id")),
        sa.ForeignKeyConstraint(["policy_id"], ["control_policy.id"], name=op.f("fk_control_exception_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control_exception")),
    )
    op.create_index("ix_control_exception_document", "control_exception", ["document_id"], unique=False)
    op.create_table(
        "service_token",
        sa.Column("id_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["service_account.id"], name=op.f("fk_service_token_account_id")),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_service_token")),
    )
    op.create_index(op.f("ix_service_token_account_id"), "service_token", ["account_id"], unique=False)
    op.create_table(
        "service_use",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["service_account.id"], name=op.f("fk_service_use_account_id")),
        sa.PrimaryKeyConstraint("account_id", "minute", name=op.f("pk_service_use")),
    )
    op.create_table(
        "threshold_mark",
        sa.Column("bucket_id", sa.BigInteger(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("crossed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["bucket_id"], ["bucket.id"], name=op.f("fk_threshold_mark_bucket_id")),
        sa.PrimaryKeyConstraint("bucket_id", "percent", name=op.f("pk_threshold_mark")),
    )
    op.add_column("document", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("document", sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.create_index(
        "ix_document_expires",
        "document",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("status = 'held' AND expires_at IS NOT NULL"),
    )
    op.add_column("document_line", sa.Column("currency", sa.Text(), nullable=True))
    op.add_column("document_line", sa.Column("rate", sa.Numeric(precision=18, scale=8), nullable=True))
    op.add_column("document_line", sa.Column("foreign_amount", sa.Numeric(precision=18, scale=2), nullable=True))
    op.add_column("document_line", sa.Column("draws_document", sa.BigInteger(), nullable=True))
    op.add_column("document_line", sa.Column("draws_line", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f("fk_document_line_draws_document"), "document_line", "document", ["draws_document"], ["id"]
    )
    op.add_column("ledger_entry", sa.Column("by_document_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_ledger_entry_by_document",
        "ledger_entry",
        ["by_document_id"],
        unique=False,
        postgresql_where=sa.text("by_document_id IS NOT NULL"),
    )
    op.create_index(
        "ix_ledger_entry_liquidates",
        "ledger_entry",
        ["liquidates"],
        unique=False,
        postgresql_where=sa.text("liquidates IS NOT NULL"),
    )
    op.create_index(
        "ix_ledger_entry_voucher",
        "ledger_entry",
        ["policy_id", "voucher"],
        unique=False,
        postgresql_where=sa.text("voucher IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_ledger_entry_by_document_id"), "ledger_entry", "document", ["by_document_id"], ["id"]
    )
    op.add_column(
        "transfer",
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("transfer", sa.Column("undoes", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_transfer_undoes"), "transfer", "transfer", ["undoes"], ["id"])
    op.drop_constraint(op.f("ck_transfer_kind"), "transfer")
    op.create_check_constraint(
        op.f("ck_transfer_kind"), "transfer", "kind IN ('transfer', 'supplement', 'borrow', 'repay', 'carry')"
    )
