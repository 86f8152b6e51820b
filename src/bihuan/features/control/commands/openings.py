"""Opening counters: what was spent at a place before its balance rows existed counts in them from the moment they are opened.

A voucher published before the budget was released stands in the ledger on the rows there were, perhaps none. Entries never
change, so opening a row appends a pair for each such amount: off the rows it stood on, onto all rows there are now. The sum by
place stays what it was. Releases and bookings of facts take turns by a lock of the policy,
so that no fact falls between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from sqlalchemy import RowMapping

from bihuan.features.control.commands.overruns import alert_beyond
from bihuan.features.control.ledger import Entry, Ledger, PolicyInForce
from bihuan.features.control.model import UnresolvableKey, VoucherLine
from bihuan.features.control.policy import BucketKey
from bihuan.store.unit_of_work import UnitOfWork

KIND = "opening"
VOUCHER = "期初"  # stands for all vouchers of before in an alert


@dataclass(frozen=True, slots=True)
class Opening:
    """An amount as it stands in the ledger (``entry`` on its old rows), and the rows it belongs on."""

    entry: Entry
    keys: tuple[BucketKey, ...]


def open_rows(uow: UnitOfWork, policy: PolicyInForce, keys: Sequence[BucketKey]) -> list[Opening]:
    """Creates the balance rows that are missing; answers what must count in them."""
    if not keys:
        return []
    uow.run("control.opening_lock", id=policy.id)
    created = uow.rows("control.buckets_open", keys=policy.key_rows(keys))
    return _uncounted(uow, policy, created) if created else []


def _uncounted(uow: UnitOfWork, policy: PolicyInForce, created: Sequence[RowMapping]) -> list[Opening]:
    codes = {rule_id: code for code, rule_id in policy.rules.items()}
    new = {BucketKey(codes[r["rule_id"]], r["key"], r["window_code"]) for r in created}
    found = []
    for row in uow.rows("control.uncounted", policy_id=policy.id):
        try:
            keys = tuple(policy.policy.touched(row["coordinate"], row["period"]))
            held = row["stage"] != "executed" and row["kind"]
            if held and policy.policy.exemption(row["coordinate"], row["kind"]):
                continue
        except UnresolvableKey:
            continue
        if not new.isdisjoint(keys):
            entry = Entry(
                stage=row["stage"],
                kind=KIND,
                amount=row["amount"],
                coordinate=row["coordinate"],
                period=row["period"],
                buckets=tuple(row["buckets"]),
                document_id=row["document_id"],
                line_no=row["line_no"],
            )
            found.append(Opening(entry, keys))
    return found


def rows_of(openings: Sequence[Opening]) -> tuple[list[BucketKey], set[int]]:
    """The rows that must be locked to count openings: by key, and by id."""
    return [k for o in openings for k in o.keys], {i for o in openings for i in o.entry.buckets}


def count(ledger: Ledger, ids: Mapping[BucketKey, int], openings: Sequence[Opening]) -> list[Entry]:
    """Moves each amount onto its rows; what follows is judged against the rows as they are then."""
    counted = []
    for opening in openings:
        now = replace(opening.entry, buckets=tuple(ids[k] for k in opening.keys if k in ids))
        ledger.book(replace(opening.entry, amount=-opening.entry.amount))
        ledger.book(now)
        counted.append(now)
    if openings:
        ledger.judge_from_here()
    return counted


def force(ledger: Ledger, counted: Sequence[Entry]) -> None:
    """Once the budget is booked too: what facts of before take a row beyond its limit is forced, with one alert per rule."""
    largest: dict[int, Entry] = {}
    for entry in sorted(counted, key=lambda e: e.amount):
        largest.update(dict.fromkeys(entry.buckets, entry))
    worst: dict[str, tuple[Decimal, int]] = {}
    for bucket in sorted(largest):
        more = ledger.force_row(bucket, KIND)
        rule = ledger.rows[bucket].rule.code + ledger.rows[bucket].key
        if more > 0 and more > worst.get(rule, (Decimal(0), 0))[0]:
            worst[rule] = (more, bucket)
    for more, bucket in worst.values():
        entry = largest[bucket]
        line = VoucherLine("", VOUCHER, entry.coordinate, entry.period, entry.amount)
        alert_beyond(ledger, line, ledger.rows[bucket], more)
