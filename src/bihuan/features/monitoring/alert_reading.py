"""What an alert looks at: the board's rows at its places, each with its measures; and the alerts that hold, for readers."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from bihuan.engine.compiled import CompiledModel
from bihuan.features.access.model import Principal
from bihuan.features.modelling import queries as modelling
from bihuan.features.monitoring import board_queries
from bihuan.features.monitoring.alert_text import AlertRule, Span, read_alerts
from bihuan.features.monitoring.board import AxisNode, Board, measures_of
from bihuan.features.monitoring.measures import CENT, node_of
from bihuan.features.monitoring.model import NotReleased, VarianceRow
from bihuan.features.monitoring.view import view_of
from bihuan.store.unit_of_work import Reader

Measures = dict[str, Decimal | None]
OLDEST = "最久预占天数"


def rules_of(reader: Reader, model: str | int, revision: int | None = None) -> list[AlertRule]:
    """The alerts of a model's applied package."""
    found = modelling.find(reader, model)
    number = revision or found.revision
    return read_alerts(modelling.compiled(reader, found.id, number), modelling.package(reader, found.id, number))


def watched_rows(
    reader: Reader, rule: AlertRule, board: Board, compiled: CompiledModel, holds: Sequence[board_queries.OpenHold]
) -> list[tuple[tuple[AxisNode, ...], VarianceRow, Measures]]:
    """The rows of a board that an alert looks at."""
    known = [{node.code: node for node in axis.nodes} for axis in board.axes]
    today, out = board_queries.today(reader), []
    for place, row in board.rows.items():
        nodes = tuple(by_code[code] for by_code, code in zip(known, place, strict=True))
        looked_at = all(
            rule.watches(axis.dim, node.code, node.depth, leaf=node.leaf)
            for axis, node in zip(board.axes, nodes, strict=True)
        )
        if looked_at:
            under = {axis.dim: node.code for axis, node in zip(board.axes, nodes, strict=True)}
            out.append((nodes, row, _measures(compiled, board, row, oldest_hold(compiled, holds, under, today))))
    return out


def watched(
    reader: Reader,
    actor: Principal,
    *,
    model: str,
    item: str,
    members: Mapping[str, str],
    period: str,
    span: Span,
) -> tuple[VarianceRow, Measures] | None:
    """One place with its measures; None when nothing stands there."""
    try:
        found = board_queries.board(reader, actor, model=model, item=item, members=members, period=period, span=span)
    except NotReleased:
        return None
    if found.total is None:
        return None
    compiled = modelling.compiled(reader, model)
    view = view_of(reader, actor, model, item)
    holds = board_queries.holds_of(view, period, span, node_members=members)
    oldest = oldest_hold(compiled, holds, members, board_queries.today(reader))
    return found.total, _measures(compiled, found, found.total, oldest)


def _measures(compiled: CompiledModel, board: Board, row: VarianceRow, oldest: int | None) -> Measures:
    calendar = compiled.calendar
    index = calendar.codes.index(board.period)
    passed = calendar.numbers[index]
    left = calendar.per_year(calendar.years[index]) - passed
    return measures_of(row, passed=passed, left=left, span=board.span, oldest=oldest)


def oldest_hold(
    compiled: CompiledModel, holds: Sequence[board_queries.OpenHold], under: Mapping[str, str], today: date
) -> int | None:
    """How many days ago the oldest document that still reserves something under a node was filed."""
    if not holds:
        return None
    node = node_of(compiled, under)
    filed = [h.created_at.date() for h in holds if h.stage == "reserved" and node.weight(h.members)]
    return max(0, (today - min(filed)).days) if filed else None


def deviation(row: VarianceRow) -> Decimal:
    """Executed beyond what an even spender has used by now; signed as the difference."""
    return ((row.terms.executed or Decimal(0)) - (row.terms.budget or Decimal(0)) * row.progress).quantize(CENT)


# --- readers -----------------------------------------------------------------------------------------------------------


def alerts(
    reader: Reader, actor: Principal, *, model: str | None = None, open_only: bool = True, count: int = 200
) -> list[dict[str, Any]]:
    """The alerts whose whole place the actor may see, gravest first: title and figures speak of all of it."""
    actor.require("monitoring.read")
    rows = reader.rows("monitoring.alerts", model=model, open=open_only, count=SCANNED)
    return [{str(k): v for k, v in row.items()} for row in rows if _sees(actor, row)][:count]


SCANNED = 5000  # alerts looked through for those inside a scope


def _sees(actor: Principal, row: Mapping[Any, Any]) -> bool:
    scope = actor.scope("plan.read", row["model"])
    return scope.is_everything or scope.classify({**row["members"], "item": row["item"]}) == "inside"
