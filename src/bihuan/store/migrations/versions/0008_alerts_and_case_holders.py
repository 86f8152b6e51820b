"""Alerts; whose turn a case is, who owns it, which transfer it decided on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deviation_case", sa.Column("owner", sa.Text(), server_default="", nullable=False))
    op.add_column("deviation_case", sa.Column("holder", sa.Text(), server_default="", nullable=False))
    op.add_column("deviation_case", sa.Column("held_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("deviation_case", sa.Column("transfer_id", sa.BigInteger(), nullable=True))
    op.create_index("ix_deviation_case_transfer", "deviation_case", ["transfer_id"], unique=False)
    op.drop_constraint(op.f("ck_deviation_case_kind"), "deviation_case", type_="check")
    op.create_check_constraint(
        op.f("ck_deviation_case_kind"), "deviation_case", "kind IN ('variance', 'forced', 'alert')"
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("members", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("span", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("measures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("span IN ('month', 'to_date', 'year')", name=op.f("ck_alert_span")),
        sa.CheckConstraint("severity IN ('info', 'warn', 'error')", name=op.f("ck_alert_severity")),
        sa.ForeignKeyConstraint(["case_id"], ["deviation_case.id"], name=op.f("fk_alert_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index(
        "uq_alert_open",
        "alert",
        ["model", "identity"],
        unique=True,
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
