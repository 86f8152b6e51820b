"""Holds a move against what the policy lets it change (move_rules.py): reads what was moved before, raises `BadTransfer`."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Literal

from bihuan.features.access.queries import business_date
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import BudgetCell
from bihuan.features.control.move_rules import (
    FREE,
    MoveRules,
    Place,
    history,
    net_by_place,
    require_bounds,
    require_members,
    require_open,
)
from bihuan.features.modelling import queries as modelling
from bihuan.store.unit_of_work import Reader

Decided = Literal["held", "applied"]
PENDING: tuple[Decided, ...] = ("held", "applied")


def require_allowed(reader: Reader, in_force: PolicyInForce, kind: str, cells: Sequence[BudgetCell]) -> None:
    """That these cells may move at all, and together, today; asked once, when the move is asked for."""
    rules = _rules(in_force, kind)
    require_members(rules, cells, in_force.policy.trees.path)
    if not rules.history:
        calendar = modelling.compiled(reader, in_force.policy.model).calendar
        today = business_date(reader)
        require_open(rules, cells, {c for n, c in enumerate(calendar.codes) if calendar.last_day(n) < today})


def require_within(  # noqa: PLR0917
    reader: Reader,
    in_force: PolicyInForce,
    kind: str,
    cells: Sequence[BudgetCell],
    but: int = 0,
    statuses: Sequence[Decided] = PENDING,
) -> None:
    """That each place stays within what a year lets it give, take and take part in, next to all transfers ``but`` this one.

    Exact where the caller holds the rows of the cells, or the plan's lock with ``statuses`` applied only.
    """
    rules = _rules(in_force, kind)
    if not rules.counts:
        return
    net = {p: n for p, n in net_by_place(cells, _year(in_force)).items() if n}
    moves = _moves(reader, in_force, net, but, statuses)
    require_bounds(rules, net, dict(history(moves, _original(reader, in_force, list(net)))))


def _rules(in_force: PolicyInForce, kind: str) -> MoveRules:
    """Loans and carry-forward have rules of their own."""
    return {"transfer": in_force.policy.transfers, "supplement": in_force.policy.supplements}.get(kind, FREE)


def _year(in_force: PolicyInForce) -> Callable[[str], str]:
    return lambda period: in_force.policy.calendar.year_of(period).code


def _moves(
    reader: Reader, in_force: PolicyInForce, net: dict[Place, Decimal], but: int, statuses: Sequence[Decided]
) -> list[dict[Place, Decimal]]:
    """The net effect on these places of every other transfer, one mapping each."""
    places = json.dumps([dict(p.coordinate) for p in net], ensure_ascii=False)
    rows = reader.rows(
        "control.transfers_of_places", policy_id=in_force.id, but=but, statuses=list(statuses), places=places
    )
    cells: dict[int, list[BudgetCell]] = defaultdict(list)
    for row in rows:
        cells[row["id"]].append(BudgetCell(row["coordinate"], row["period"], row["amount"]))
    found = (net_by_place(c, _year(in_force)) for c in cells.values())
    return [{p: n for p, n in one.items() if n} for one in found]


def _original(reader: Reader, in_force: PolicyInForce, places: list[Place]) -> dict[Place, Decimal]:
    """The released budget of each place in its year, before any change."""
    periods = {year.code: list(year.periods) for year in in_force.policy.calendar.years}
    asked = [{"n": n, "coordinate": dict(p.coordinate), "periods": periods[p.year]} for n, p in enumerate(places)]
    rows = reader.rows(
        "control.original_of_places", policy_id=in_force.id, places=json.dumps(asked, ensure_ascii=False)
    )
    return {place: row["original"] for place, row in zip(places, rows, strict=True)}
