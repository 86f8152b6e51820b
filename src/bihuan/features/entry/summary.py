"""汇总: how far a cycle has come, and target, planned, submitted and earlier years side by side; cut by the reader's scope."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bihuan.features.access.model import Principal
from bihuan.features.entry.cycle import from_json, places, unit_orgs
from bihuan.features.entry.cycles import cycle_of
from bihuan.features.entry.target_rules import Cell
from bihuan.features.entry.target_view import OrgRow, Seen, View
from bihuan.features.entry.targets import Handing, handing
from bihuan.features.entry.unit_states import OPEN, STATES, shown
from bihuan.features.modelling import queries as modelling
from bihuan.kernel.member import OWN
from bihuan.store.unit_of_work import Reader


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One organisation × key item; ``submitted``: the part of ``current`` that lies in submitted, approved and released units."""

    org: str
    key: str
    target: Seen
    current: Seen
    submitted: Decimal | None
    compare: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """``by_state``: state -> how many of the units the reader sees; ``releasable``: organisation -> approved units in it."""

    total: int
    submitted: int
    overdue: int
    by_state: Mapping[str, int]
    units: Sequence[dict[str, Any]]
    orgs: Sequence[OrgRow]
    rows: Sequence[SummaryRow]
    releasable: Mapping[str, int]


def summary(reader: Reader, actor: Principal, cycle_id: int) -> Summary:
    """The whole cycle as one reader sees it."""
    cycle, template = cycle_of(reader, actor, cycle_id)
    units = units_of(reader, actor, cycle_id)
    counted = Counter(u["state"] for u in units)
    orgs: Sequence[OrgRow] = ()
    rows: Sequence[SummaryRow] = ()
    if template.targets is not None:
        orgs, rows = _rows(reader, actor, handing(reader, actor, cycle_id), units)
    inside = _inside(reader, cycle["model"], [u["org"] for u in units if u["state"] == "approved"])
    return Summary(
        total=len(units),
        submitted=sum(n for state, n in counted.items() if state not in OPEN),
        overdue=sum(u["overdue"] for u in units),
        by_state={state: counted.get(state, 0) for state in STATES},
        units=units,
        orgs=orgs,
        rows=rows,
        releasable=inside,
    )


def units_of(reader: Reader, actor: Principal, cycle_id: int) -> list[dict[str, Any]]:
    """The plan units of a cycle that the reader may see, in the order of the tree."""
    cycle, _ = cycle_of(reader, actor, cycle_id)
    rows = [
        dict(row)
        for row in reader.rows("entry.units", version_id=cycle["version_id"])
        if row["cycle_id"] == cycle_id and actor.may("entry.read", model=row["model"], org=row["org"])
    ]
    model = modelling.compiled(reader, cycle["model"])
    order = {org: i for i, org in enumerate(unit_orgs(model, from_json(cycle["template"]).units))}
    found = [{**_plain(row), **more} for row, more in zip(rows, shown(reader, rows), strict=True)]
    return sorted(found, key=lambda u: order.get(u["org"], len(order)))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "version_id", "org", "model", "status", "submissions", "holder", "held_since")
    return {name: row[name] for name in names}


def _rows(
    reader: Reader, actor: Principal, hand: Handing, units: Sequence[Mapping[str, Any]]
) -> tuple[list[OrgRow], list[SummaryRow]]:
    view = View(reader, actor, hand)
    current = view.measured(hand.version_id, hand.year, hand.orgs)
    visible = [o for o in hand.orgs if any(not current[o, k].hidden for k in hand.rules.keys)]
    targets, columns = view.targets(visible), view.comparisons(visible)
    done = [u["org"] for u in units if u["state"] not in OPEN]
    submitted = _submitted(view, hand, done)
    above = {p.member.code: p for p in places(hand.model)}
    wanted, givers = set(visible), {p.parent for p in above.values()}
    orgs = [
        OrgRow(o, p.member.name, p.parent if p.parent in wanted else None, p.level, o not in givers, False, False)
        for o in visible
        for p in (above[o],)
    ]
    rows = [
        SummaryRow(o, k, targets[o, k], current[o, k], submitted.get((o, k)), tuple(c[o, k] for c in columns))
        for o in visible
        for k in hand.rules.keys
        if not (targets[o, k].hidden and current[o, k].hidden)
    ]
    return orgs, rows


def _submitted(view: View, hand: Handing, done: Sequence[str]) -> dict[Cell, Decimal]:
    """The measure of the units that were submitted, added up the tree."""
    above = {p.member.code: p.parent for p in places(hand.model)}
    out: dict[Cell, Decimal] = {}
    for (unit, key), seen in view.measured(hand.version_id, hand.year, done).items():
        at: str | None = unit if unit in above else unit.removesuffix(OWN)
        while at is not None and seen.amount is not None:
            out[at, key] = out.get((at, key), Decimal(0)) + seen.amount
            at = above[at]
    return out


def _inside(reader: Reader, model: str, approved: Sequence[str]) -> dict[str, int]:
    """Organisation -> how many of these units lie in it."""
    above = {p.member.code: p.parent for p in places(modelling.compiled(reader, model))}
    out: Counter[str] = Counter()
    for unit in approved:
        at: str | None = unit if unit in above else unit.removesuffix(OWN)
        while at is not None:
            out[at] += 1
            at = above[at]
    return dict(out)
