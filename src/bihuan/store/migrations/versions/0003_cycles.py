"""Budget cycles; plan units with a due date; items of a version that only a command may write."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "budget_cycle",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("round", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("template", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("opened_seq", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_budget_cycle_status")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_budget_cycle_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_cycle")),
        sa.UniqueConstraint("model", "code", name=op.f("uq_budget_cycle_model_code")),
        sa.UniqueConstraint("version_id", name=op.f("uq_budget_cycle_version_id")),
    )
    op.add_column("plan_unit", sa.Column("cycle_id", sa.BigInteger(), nullable=True))
    op.add_column("plan_unit", sa.Column("due_at", sa.Date(), nullable=True))
    op.add_column("plan_unit", sa.Column("announced_for", sa.Date(), nullable=True))
    op.create_foreign_key(op.f("fk_plan_unit_cycle_id"), "plan_unit", "budget_cycle", ["cycle_id"], ["id"])
    op.create_index(op.f("ix_plan_unit_cycle_id"), "plan_unit", ["cycle_id"])
    op.drop_constraint(op.f("ck_plan_lock_kind"), "plan_lock")
    op.create_check_constraint(op.f("ck_plan_lock_kind"), "plan_lock", "kind IN ('submitted', 'released', 'reserved')")
