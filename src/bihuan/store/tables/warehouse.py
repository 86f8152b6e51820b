"""Files of the warehouse as rows: what exists on disk, what queries may see, and who is copying just now."""

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Identity, Index, Integer, Table, Text

from bihuan.store.tables._base import metadata

# A file exists only by its row here; a file on disk without one is an orphan and is swept.
warehouse_file = Table(
    "warehouse_file",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("kind IN ('raw', 'parquet')", name="kind"),
    CheckConstraint("hash ~ '^[0-9a-f]{64}$'", name="hash"),
)

# The manifest: the files a named table consists of. Written by the transaction that publishes, never changed.
warehouse_manifest = Table(
    "warehouse_manifest",
    metadata,
    Column("table_name", Text, primary_key=True),
    Column("hash", Text, ForeignKey("warehouse_file.hash"), primary_key=True),
    Column("batch_id", BigInteger, primary_key=True),
    Column("rows", Integer, nullable=False),
    Column("min_period", Text),
    Column("max_period", Text),
    Index("ix_warehouse_manifest_batch_id", "batch_id"),
)

# While a live lease stands no file is removed: a backup copies what the dumped manifest names.
backup_lease = Table(
    "backup_lease",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("taken_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)
