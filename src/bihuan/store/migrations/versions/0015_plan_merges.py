"""Which change set of a version brought a branch in, and up to where."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_merge",
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("branch_id", sa.BigInteger(), nullable=False),
        sa.Column("branch_seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["version.id"], name=op.f("fk_plan_merge_branch_id")),
        sa.ForeignKeyConstraint(["version_id"], ["version.id"], name=op.f("fk_plan_merge_version_id")),
        sa.PrimaryKeyConstraint("version_id", "seq", name=op.f("pk_plan_merge")),
    )
