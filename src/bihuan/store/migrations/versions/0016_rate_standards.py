"""A document line says its quantity, and what a rate standard asks for beside the members."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("document_line", sa.Column("quantity", sa.Numeric(18, 4), nullable=True))
    op.add_column("document_line", sa.Column("said", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
