"""What would make a refused request pass: less, a later period, a neighbour's budget, what others hold, more budget.

Every way is checked against all rules of its line; only what the reader may see is named. Ways that the installation does not
have (an application to exceed the budget) are not named.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from bihuan.features.access.model import Principal
from bihuan.features.control.availability import ZERO, Balance, Finding
from bihuan.features.control.explaining import Names, sight
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.policy import ITEM, BucketKey, Trees
from bihuan.features.control.tax import largest
from bihuan.store.unit_of_work import Reader

if TYPE_CHECKING:
    from bihuan.features.control.checking import Trial
    from bihuan.features.control.commands.spend import Line

ORG = "org"
OFFERED = 3  # of each kind
CANDIDATES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way out. ``amount``: what to ask (smaller), what is missing (transfer, supplement), what is held (release).

    ``available``: what is left where the way leads; None where it is not for the reader.
    """

    kind: Literal["smaller", "period", "transfer", "release", "supplement"]
    amount: Decimal
    line_no: int | None = None
    period: str | None = None
    coordinate: Mapping[str, str] | None = None
    name: str = ""
    available: Decimal | None = None
    document_id: int | None = None
    number: str = ""
    holder: str = ""
    since: datetime | None = None
    enough: bool = True


def ways_out(  # noqa: PLR0917
    reader: Reader,
    actor: Principal,
    trial: "Trial",
    refused: Sequence[Finding],
    rules: Sequence[Mapping[str, Any]],
    names: Names,
) -> list[Way]:
    """The ways for the refused lines of a trial; none where a rule refuses whose amounts are not for the reader."""
    if any(sight(actor, trial.policy, f.before) == "verdict" for f in refused):
        return []
    short = max(f.short for f in refused)
    places = {(f.before.rule.code, f.before.key) for f in refused}
    lines = [line for line in trial.lines if places & {(k.rule, k.key) for k in line.keys}]
    found = [*_smaller(trial, lines)]
    if any(f.before.rule.linked for f in refused):  # no budget moved there would help
        return [*found, *_releases(rules, short)]
    for line in lines[:1] if len(lines) == 1 else ():
        found += _periods(reader, actor, trial, line)
        found += _transfers(reader, actor, trial, line, refused, names)
    return [*found, *_releases(rules, short), Way(kind="supplement", amount=short)]


def _smaller(trial: "Trial", lines: Sequence["Line"]) -> Iterator[Way]:
    """Each line alone may be lowered to this."""
    for line in lines:
        room = trial.room(line)
        fits = largest(room or ZERO, line.taxed.rate, included=line.asked.tax_included, net=line.net)
        if fits > 0:
            yield Way(kind="smaller", line_no=line.no, amount=fits)


def _periods(reader: Reader, actor: Principal, trial: "Trial", line: "Line") -> list[Way]:
    """Later periods of the fiscal year in which every rule has room for the line."""
    policy = trial.policy.policy
    year = policy.calendar.year_of(line.asked.period).periods
    later = year[year.index(line.asked.period) + 1 :]
    keys = {p: policy.touched(line.asked.coordinate, p) for p in later}
    rows = rows_by_key(reader, trial.policy, [k for ks in keys.values() for k in ks])
    others = {i: a - (line.amount if i in _ids(trial, line) else ZERO) for i, a in trial.asked.items()}
    ways = []
    for period in later:
        touched = [rows[k] for k in keys[period] if k in rows]
        rooms = [r.available - others.get(r.id, ZERO) for r in touched if r.hard_limit is not None]
        if len(touched) < len(keys[period]) or min(rooms, default=line.amount) < line.amount:
            continue
        seen = all(sight(actor, trial.policy, r) != "verdict" for r in touched)
        left = min(rooms, default=None) if seen else None
        ways.append(Way(kind="period", line_no=line.no, period=period, amount=line.amount, available=left))
    return ways[:OFFERED]


def _transfers(  # noqa: PLR0917
    reader: Reader, actor: Principal, trial: "Trial", line: "Line", refused: Sequence[Finding], names: Names
) -> list[Way]:
    """Neighbours in a tree that could give what is missing: their own rows have the room, and their cell the budget."""
    short = max(f.short for f in refused)
    mine, no = set(line.keys), {(f.before.rule.code, f.before.key) for f in refused}
    policy = trial.policy.policy
    candidates = []
    for dimension, member in _neighbours(policy.trees, line.asked.coordinate):
        place = {**line.asked.coordinate, dimension: member}
        keys = set(policy.touched(place, line.asked.period))
        own = keys - mine
        if own and not no & {(k.rule, k.key) for k in keys} and actor.may("control.read", model=policy.model, **place):
            candidates.append((dimension, place, own))
    rows = rows_by_key(reader, trial.policy, [k for _, _, own in candidates for k in own])
    ways = []
    for dimension, place, own in candidates:
        touched = [rows[k] for k in own if k in rows]
        room = min((r.available for r in touched if r.hard_limit is not None), default=ZERO)
        if len(touched) == len(own) and room >= short and all(sight(actor, trial.policy, r) == "all" for r in touched):
            name = names(dimension, place[dimension])
            ways.append(
                Way(kind="transfer", line_no=line.no, coordinate=place, name=name, amount=short, available=room)
            )
    ways.sort(key=lambda w: -(w.available or ZERO))
    return [w for w, budget in zip(ways, _budgets(reader, trial, ways, line), strict=True) if budget >= short][:OFFERED]


def _budgets(reader: Reader, trial: "Trial", ways: Sequence[Way], line: "Line") -> list[Decimal]:
    """The budgets of the cells themselves: a transfer takes it from there."""
    period = line.asked.period
    cells = [{"n": n, "coordinate": dict(w.coordinate or {}), "period": period} for n, w in enumerate(ways)]
    if not cells:
        return []
    asked = json.dumps(cells, ensure_ascii=False)
    return [r["current"] for r in reader.rows("control.budget_of_cells", policy_id=trial.policy.id, cells=asked)]


def _neighbours(trees: Trees, coordinate: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Leaf members beside the line's own: under the same parent, else under the parent's."""
    for dimension in sorted(coordinate.keys() & trees.parents.keys() - {ORG, ITEM}):
        parents = trees.parents[dimension]
        above = set(parents.values())
        path = trees.path(dimension, coordinate[dimension])
        leaves = [m for m in parents if m not in above and m != path[-1]]
        for anchor in reversed(path[:-1]):
            beside = [m for m in leaves if anchor in trees.path(dimension, m)]
            if beside:
                yield from ((dimension, m) for m in beside[:CANDIDATES])
                break


def _releases(rules: Sequence[Mapping[str, Any]], short: Decimal) -> list[Way]:
    """Documents that hold money on the rules that say no."""
    held = {}
    for rule in rules:
        for use in rule["documents"] if rule["verdict"] == "refuse" else ():
            if use.reserved > 0:
                held[use.id] = use
    largest_first = sorted(held.values(), key=lambda u: -u.reserved)
    return [
        Way(
            kind="release",
            amount=use.reserved,
            document_id=use.id,
            number=use.number,
            holder=use.requester_name,
            since=use.since,
            enough=use.reserved >= short,
        )
        for use in largest_first[:OFFERED]
    ]


def _ids(trial: "Trial", line: "Line") -> set[int]:
    return {trial.rows[k].id for k in line.keys if k in trial.rows}


def rows_by_key(reader: Reader, policy: PolicyInForce, keys: Sequence[BucketKey]) -> dict[BucketKey, Balance]:
    """The balance rows of keys, those there are, in one query."""
    if not keys:
        return {}
    found = [policy.balance(r) for r in reader.rows("control.buckets_by_key", keys=policy.key_rows(keys))]
    return {BucketKey(b.rule.code, b.key, b.window): b for b in found}
