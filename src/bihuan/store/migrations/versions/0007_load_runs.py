"""Load runs, corrections on the error desk, how vouchers met requests."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "line_correction",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("record", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("author", sa.BigInteger(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('set', 'ignore', 'take_back')", name=op.f("ck_line_correction_kind")),
        sa.ForeignKeyConstraint(["source"], ["source.code"], name=op.f("fk_line_correction_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_correction")),
        info={"append_only": True},
    )
    op.create_index("ix_line_correction_source_file_hash", "line_correction", ["source", "file_hash"], unique=False)
    op.create_table(
        "load_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("own_batch", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("check_only", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("lines_done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lines_total", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("cancel", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("unexplained", sa.Integer(), nullable=True),
        sa.Column("author", sa.BigInteger(), nullable=False),
        sa.Column("author_login", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stage_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('load', 'reload')", name=op.f("ck_load_run_kind")),
        sa.CheckConstraint(
            "stage IN ('receive', 'recognise', 'map', 'validate', 'publish', 'tie_out')", name=op.f("ck_load_run_stage")
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'held', 'failed', 'cancelled')", name=op.f("ck_load_run_state")
        ),
        sa.ForeignKeyConstraint(["file_hash"], ["warehouse_file.hash"], name=op.f("fk_load_run_file_hash")),
        sa.ForeignKeyConstraint(["source"], ["source.code"], name=op.f("fk_load_run_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_load_run")),
    )
    op.create_index("ix_load_run_source", "load_run", ["source"], unique=False)
    op.create_table(
        "load_match",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("vouchers", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("held", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("liquidated", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("released", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("still_held", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("forced", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.CheckConstraint(
            "kind IN ('smaller', 'equal', 'larger', 'unknown', 'none')", name=op.f("ck_load_match_kind")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["load_batch.id"], name=op.f("fk_load_match_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_load_match")),
        info={"append_only": True},
    )
    op.add_column("load_batch", sa.Column("continues", sa.BigInteger(), nullable=True))
    op.add_column("load_batch", sa.Column("round", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.create_foreign_key(op.f("fk_load_batch_continues"), "load_batch", "load_batch", ["continues"], ["id"])
