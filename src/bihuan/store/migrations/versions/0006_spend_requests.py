"""Spend requests: drafts, lines by revision with tax, numbers; the released part of a cap; who holds a row's money."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("document_number")))
    op.add_column("bucket", sa.Column("original", sa.Numeric(18, 2), server_default=sa.text("0"), nullable=False))
    op.execute(
        """
        UPDATE bucket b SET original = s.original
        FROM (SELECT x.id, sum(e.amount) AS original
              FROM ledger_entry e CROSS JOIN LATERAL unnest(e.buckets) AS x(id)
              WHERE e.stage = 'budget' AND e.kind = 'release' GROUP BY x.id) s
        WHERE b.id = s.id
        """
    )
    op.add_column("document", sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column("document", sa.Column("draft", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.drop_constraint(op.f("ck_document_status"), "document")
    op.create_check_constraint(
        op.f("ck_document_status"), "document", "status IN ('draft', 'held', 'released', 'closed')"
    )
    op.create_index("ix_document_requester", "document", ["requester"])
    op.add_column("document_line", sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.drop_constraint(op.f("pk_document_line"), "document_line")
    op.create_primary_key(op.f("pk_document_line"), "document_line", ["document_id", "revision", "line_no"])
    op.add_column("document_line", sa.Column("gross", sa.Numeric(18, 2), nullable=True))
    op.add_column("document_line", sa.Column("net", sa.Numeric(18, 2), nullable=True))
    op.add_column("document_line", sa.Column("tax_rate", sa.Numeric(5, 2), server_default=sa.text("0"), nullable=False))
    op.add_column(
        "document_line", sa.Column("tax_included", sa.Boolean(), server_default=sa.text("true"), nullable=False)
    )
    op.create_index(
        "ix_ledger_entry_held",
        "ledger_entry",
        ["policy_id", "period"],
        postgresql_where=sa.text("document_id IS NOT NULL"),
    )
