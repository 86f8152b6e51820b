"""Comments on cells and other subjects; reasons given to checks at a submission."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("within", sa.Text(), server_default="", nullable=False),
        sa.Column("place", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("act", sa.Text(), server_default="say", nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("mentions", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("act IN ('say', 'resolve', 'reopen')", name=op.f("ck_comment_act")),
        sa.CheckConstraint("(act = 'say') = (body <> '')", name=op.f("ck_comment_body")),
        sa.ForeignKeyConstraint(["author_id"], ["app_user.id"], name=op.f("fk_comment_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
        info={"append_only": True},
    )
    op.create_index("ix_comment_subject", "comment", ["kind", "subject", "id"], unique=False)
    op.create_index("ix_comment_within", "comment", ["kind", "within"], unique=False)
    op.create_index("ix_comment_mentions", "comment", ["mentions"], unique=False, postgresql_using="gin")
    op.create_table(
        "check_reason",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("submission", sa.Integer(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_check_reason_reason")),
        sa.ForeignKeyConstraint(["unit_id"], ["plan_unit.id"], name=op.f("fk_check_reason_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_reason")),
        sa.UniqueConstraint(
            "unit_id", "submission", "finding", name=op.f("uq_check_reason_unit_id_submission_finding")
        ),
        info={"append_only": True},
    )
