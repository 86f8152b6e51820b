"""What a submitter said to checks that ask for a reason, and what they found then: kept for the reviewer."""

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Integer, Table, Text, UniqueConstraint

from bihuan.store.tables._base import identity, metadata

# ``submission`` counts a unit's submissions from 1; ``finding`` names one failure of a check (its row and period).
check_reason = Table(
    "check_reason",
    metadata,
    identity(),
    Column("unit_id", BigInteger, ForeignKey("plan_unit.id"), nullable=False),
    Column("submission", Integer, nullable=False),
    Column("finding", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("message", Text, nullable=False),  # with the numbers as they were
    Column("reason", Text, nullable=False),
    Column("author_id", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("unit_id", "submission", "finding"),
    CheckConstraint("reason <> ''", name="reason"),
    info={"append_only": True},
)
