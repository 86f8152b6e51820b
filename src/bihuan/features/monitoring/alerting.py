"""Looks at every place the alerts of a package name; what begins to hold becomes a row, what no longer does is resolved.

One evaluation is one transaction. It sees all data; readers are cut by their scope. The same alert at the same place is one
row for as long as it holds. It opens a case when it begins to, and another when what was accepted has outgrown that.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bihuan.engine.compiled import CompiledModel
from bihuan.features.access.commands import record
from bihuan.features.access.live import Event, announce
from bihuan.features.access.model import Principal, system
from bihuan.features.modelling import queries as modelling
from bihuan.features.monitoring import board_queries, conditions
from bihuan.features.monitoring.alert_reading import OLDEST, Measures, deviation, rules_of, watched_rows
from bihuan.features.monitoring.alert_text import AlertRule, Span, fill_title
from bihuan.features.monitoring.board import Board
from bihuan.features.monitoring.commands import open_case
from bihuan.features.monitoring.model import NotReleased, Place, VarianceRow
from bihuan.features.monitoring.view import view_of
from bihuan.store.unit_of_work import UnitOfWork

AGAIN = Decimal("1.1")  # an accepted deviation may grow by a tenth; every load moves it a little


@dataclass(frozen=True, slots=True)
class Evaluated:
    """How many alerts began to hold, hold on, no longer hold; and the cases that were opened."""

    raised: int
    still: int
    resolved: int
    cases: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Hit:
    rule: AlertRule
    identity: str
    members: dict[str, str]
    period: str
    row: VarianceRow
    measures: Measures
    title: str


def evaluate(uow: UnitOfWork, actor: Principal, *, model: str) -> Evaluated:
    """Evaluates every alert of a model where its business stands today, and month by month where one still holds."""
    actor.require("monitoring.open", model=model)
    uow.run("monitoring.alerts_lock", model=model)
    known = {row["identity"]: row for row in uow.rows("monitoring.alerts_open", model=model)}
    rules = rules_of(uow, model)
    look = _Looking(uow, model)
    hits = {hit.identity: hit for rule in rules for hit in look.hits(rule, _periods(rule, known.values(), look.now))}
    cases = []
    for identity, hit in hits.items():
        row = known.get(identity)
        if row is not None:
            uow.run("monitoring.alert_seen", id=row["id"], now=uow.now(), **_said(hit))
        if row is None or _outgrown(uow, row["case_id"], hit):
            case = _raise(uow, model, hit, None if row is None else row["id"])
            cases += [] if case is None else [case]
    gone = [row["id"] for identity, row in known.items() if identity not in hits]
    if gone:
        uow.run("monitoring.alerts_resolve", ids=gone, now=uow.now())
    raised = len(hits.keys() - known.keys())
    done = Evaluated(raised, len(hits) - raised, len(gone), tuple(cases))
    if raised or gone:
        record(uow, actor, "monitoring.evaluate", ("model", model), None, {"raised": raised, "resolved": len(gone)})
        announce(uow, Event("monitoring.alerts", "monitoring.read", model))
    return done


def _periods(rule: AlertRule, known: Any, now: str) -> list[str]:
    """Where the alert's spans end: today's period; of months also those where it held at the last look."""
    before = [row["period"] for row in known if row["code"] == rule.code] if rule.span == "month" else []
    return list(dict.fromkeys([*before, now]))


def _outgrown(uow: UnitOfWork, case_id: int | None, hit: _Hit) -> bool:
    """True when an alert's case is closed (its deviation accepted), and the deviation has grown well beyond that."""
    row = None if case_id is None else uow.row("monitoring.case", id=case_id)
    return row is not None and row["state"] == "closed" and abs(deviation(hit.row)) > abs(row["amount"]) * AGAIN


def _raise(uow: UnitOfWork, model: str, hit: _Hit, alert_id: int | None) -> int | None:
    """A new alert's row, if it has none, and the case it opens."""
    rule = hit.rule
    if alert_id is None:
        alert_id = uow.value(
            "monitoring.alert_insert",
            model=model,
            code=rule.code,
            identity=hit.identity,
            item=rule.item,
            members=json.dumps(hit.members, ensure_ascii=False),
            span=rule.span,
            now=uow.now(),
            **_said(hit),
        )
    if rule.case is None:
        return None
    case_id = open_case(
        uow,
        system("alerts"),
        model,
        "alert",
        Place(rule.item, hit.members, hit.period, rule.span == "to_date"),
        rule={"alert": rule.code, "when": rule.when, "span": rule.span, "flow": rule.case.flow},
        amount=deviation(hit.row),
        title=hit.title,
        due_days=rule.case.due_days,
    )
    uow.run("monitoring.alert_case", id=alert_id, case_id=case_id)
    return case_id


def _said(hit: _Hit) -> dict[str, object]:
    figures = {name: format(value, "f") for name, value in hit.measures.items() if value is not None}
    return {
        "period": hit.period,
        "severity": hit.rule.severity,
        "title": hit.title,
        "measures": json.dumps(figures, ensure_ascii=False),
    }


class _Looking:
    """Boards by item, span and period, each read once, as the installation sees them."""

    def __init__(self, uow: UnitOfWork, model: str) -> None:
        self.uow, self.model = uow, model
        self.compiled: CompiledModel = modelling.compiled(uow, model)
        self.now = board_queries.current_period(uow, self.compiled)
        self.eye = system("alerts")
        self._boards: dict[tuple[str, Span, str], Board | None] = {}

    def hits(self, rule: AlertRule, periods: Sequence[str]) -> list[_Hit]:
        """The places where an alert holds."""
        out = []
        for period in periods:
            board = self._board(rule.item, rule.span, period)
            if board is None:
                continue
            looked_at = watched_rows(self.uow, rule, board, self.compiled, self._holds(rule, period))
            true = conditions.holds(rule.when, [measures for _, _, measures in looked_at])
            for (nodes, row, measures), holds in zip(looked_at, true, strict=True):
                if holds:
                    members = {axis.dim: node.code for axis, node in zip(board.axes, nodes, strict=True)}
                    names = {axis.dim: node.name for axis, node in zip(board.axes, nodes, strict=True)}
                    title = fill_title(rule.title, {**names, "period": period, **_words(measures)})
                    out.append(_Hit(rule, self._identity(rule, members, period), members, period, row, measures, title))
        return out

    def _identity(self, rule: AlertRule, members: dict[str, str], period: str) -> str:
        calendar = self.compiled.calendar
        when = period if rule.span == "month" else str(calendar.years[calendar.codes.index(period)])
        return json.dumps([rule.code, members, rule.span, when], ensure_ascii=False, sort_keys=True)

    def _board(self, item: str, span: Span, period: str) -> Board | None:
        key = (item, span, period)
        if key not in self._boards:
            try:
                self._boards[key] = board_queries.board(
                    self.uow, self.eye, model=self.model, item=item, span=span, period=period
                )
            except NotReleased:
                self._boards[key] = None
        return self._boards[key]

    def _holds(self, rule: AlertRule, period: str) -> list[board_queries.OpenHold]:
        if OLDEST not in rule.when and OLDEST not in rule.title:
            return []
        return board_queries.holds_of(view_of(self.uow, self.eye, self.model, rule.item), period, rule.span)


def _words(measures: Measures) -> dict[str, str]:
    """Measures as a title shows them: money with two places, rates in percent, counts whole."""
    return {name: _word(conditions.MEASURES[name][0], value) for name, value in measures.items()}


def _word(unit: str, value: Decimal | None) -> str:
    if value is None:
        return "—"
    if unit == conditions.MONEY:
        return f"{value:,.2f}"
    return f"{value:.1%}" if unit == conditions.RATE else f"{value:,.0f}"
