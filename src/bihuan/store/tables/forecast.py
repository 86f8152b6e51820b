"""Runs of forecasts, and what each run said of each series: the baseline, beside which people's edits stay readable."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from bihuan.store.tables._base import identity, metadata

# ``code``: of the text in forecasts/; ``switchover``: the last period that shows actuals; ``seq``: the change set of the forecast
# version that the run wrote; ``snapshot``: the state before it, by name; ``summary``: counts, methods, kept edits.
forecast_run = Table(
    "forecast_run",
    metadata,
    identity(),
    Column("model_id", BigInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="queued"),
    Column("step", Text, nullable=False, server_default=""),
    Column("done", Integer, nullable=False, server_default=text("0")),
    Column("total", Integer, nullable=False, server_default=text("0")),
    Column("version_id", BigInteger, ForeignKey("version.id")),
    Column("seq", BigInteger),
    Column("revision", Integer),
    Column("actual_seq", BigInteger),
    Column("switchover", Text),
    Column("periods", JSONB),
    Column("snapshot", Text),
    Column("summary", JSONB),
    Column("problem", Text),
    Column("author", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'undone')", name="state"),
    CheckConstraint(
        "state NOT IN ('done', 'undone') OR (version_id IS NOT NULL AND switchover IS NOT NULL)", name="done"
    ),
)
Index("ix_forecast_run_model_id_code", forecast_run.c.model_id, forecast_run.c.code, forecast_run.c.id)
Index(
    "uq_forecast_run_open",
    forecast_run.c.model_id,
    forecast_run.c.code,
    unique=True,
    postgresql_where=forecast_run.c.state.in_(("queued", "running")),
)

# ``members``: leaf member ids in the item's dimension order; ``baseline``: {period: amount or null}, before anybody's edits;
# ``kept``: {period: seq of the change set with which a person had edited it};
# ``errors``: forecast less actual over the tested periods, one per origin; ``scores``: {method: sums} of the backtest.
forecast_series = Table(
    "forecast_series",
    metadata,
    Column("run_id", BigInteger, ForeignKey("forecast_run.id"), nullable=False),
    Column("item", Text, nullable=False),  # cube!item
    Column("members", ARRAY(Integer), nullable=False),
    Column("kind", Text, nullable=False),
    Column("method", Text, nullable=False),  # "" = nothing is said of the series
    Column("basis", Text, nullable=False),
    Column("history", Integer, nullable=False),  # periods with a value
    Column("baseline", JSONB, nullable=False),
    Column("kept", JSONB, nullable=False),
    Column("errors", JSONB, nullable=False),
    Column("scores", JSONB, nullable=False),
    PrimaryKeyConstraint("run_id", "item", "members"),
    info={"append_only": True},
)
