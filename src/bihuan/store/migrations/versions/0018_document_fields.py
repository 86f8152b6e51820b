"""A document line keeps the fields of the other system that became its members."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("document_line", sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
