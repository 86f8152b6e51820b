"""Comments: append-only threads on whatever people talk about. Whether a thread is settled follows from its last entry."""

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Index, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from bihuan.store.tables._base import identity, metadata

# ``kind`` and ``subject`` name what is talked about; ``within`` groups subjects for marks (the version of a plan cell).
# ``place``: model and coordinate, as they were when it was said. ``act`` other than "say" has no body.
comment = Table(
    "comment",
    metadata,
    identity(),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("within", Text, nullable=False, server_default=""),
    Column("place", JSONB, nullable=False),
    Column("act", Text, nullable=False, server_default="say"),
    Column("body", Text, nullable=False, server_default=""),
    Column("mentions", ARRAY(BigInteger), nullable=False, server_default="{}"),  # ids of people
    Column("author_id", BigInteger, ForeignKey("app_user.id"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    CheckConstraint("act IN ('say', 'resolve', 'reopen')", name="act"),
    CheckConstraint("(act = 'say') = (body <> '')", name="body"),
    Index("ix_comment_subject", "kind", "subject", "id"),
    Index("ix_comment_within", "kind", "within"),
    Index("ix_comment_mentions", "mentions", postgresql_using="gin"),
    info={"append_only": True},
)
