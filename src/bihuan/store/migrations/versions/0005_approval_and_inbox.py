"""Flows of models, returns with a way back, what an action opened; the inbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATUS = "status IN ('running', 'returned', 'approved', 'rejected', 'withdrawn', 'reopened')"


def upgrade() -> None:
    op.add_column("flow", sa.Column("model", sa.Text(), server_default="", nullable=False))
    op.drop_constraint(op.f("uq_flow_code_revision"), "flow", type_="unique")
    op.create_unique_constraint(op.f("uq_flow_model_code_revision"), "flow", ["model", "code", "revision"])
    op.add_column("flow_instance", sa.Column("resume", sa.Integer(), nullable=True))
    op.drop_constraint(op.f("ck_flow_instance_status"), "flow_instance", type_="check")
    op.create_check_constraint(op.f("ck_flow_instance_status"), "flow_instance", STATUS)
    op.create_index("ix_flow_instance_requester", "flow_instance", ["requester_id", "id"])
    op.create_index(
        "ix_task_holder_done", "task", ["holder_id", "ended_at"], postgresql_where=sa.text("status = 'done'")
    )
    for name in ("target", "opened"):
        op.add_column("flow_action", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.create_table(
        "notification",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), server_default="", nullable=False),
        sa.Column("data", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        info={"updatable": ("read_at",)},
    )
    op.create_index("ix_notification_user", "notification", ["user_id", "id"])
    op.create_index("ix_notification_unread", "notification", ["user_id"], postgresql_where=sa.text("read_at IS NULL"))
