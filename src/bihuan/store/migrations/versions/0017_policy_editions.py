"""A released policy's text can be replaced: its editions, rules out of force, entries that an activation moved."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0018"
branch_labels = None
depends_on = None

RELEASED = "kind = 'release' AND stage = 'budget'"


def upgrade() -> None:
    op.add_column("control_policy", sa.Column("edition", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column("control_rule", sa.Column("retired", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.drop_constraint("uq_control_rule_policy_id_code", "control_rule", type_="unique")
    op.create_index(
        "uq_control_rule_in_force",
        "control_rule",
        ["policy_id", "code"],
        unique=True,
        postgresql_where=sa.text("retired IS NULL"),
    )
    op.add_column("ledger_entry", sa.Column("edition", sa.Integer(), nullable=True))
    op.drop_index("uq_ledger_entry_released_cell", table_name="ledger_entry")
    op.create_index(
        "uq_ledger_entry_released_cell",
        "ledger_entry",
        ["policy_id", "coordinate", "period"],
        unique=True,
        postgresql_where=sa.text(f"{RELEASED} AND edition IS NULL"),
    )
    op.create_table(
        "policy_edition",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('planned', 'active', 'past', 'withdrawn')", name=op.f("ck_policy_edition_status")
        ),
        sa.ForeignKeyConstraint(["policy_id"], ["control_policy.id"], name=op.f("fk_policy_edition_policy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_edition")),
        sa.UniqueConstraint("policy_id", "edition", name=op.f("uq_policy_edition_policy_id_edition")),
    )
    for status in ("planned", "active"):
        op.create_index(
            f"uq_policy_edition_{status}",
            "policy_edition",
            ["policy_id"],
            unique=True,
            postgresql_where=sa.text(f"status = '{status}'"),
        )
    op.execute(
        "INSERT INTO policy_edition (policy_id, status, edition, content, starts_on, author, created_at, started_at, started_by)"
        " SELECT id, 'active', 1, content, created_at::date, 'system', created_at, created_at, 'system' FROM control_policy"
    )
