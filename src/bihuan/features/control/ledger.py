"""The one way balance rows and ledger entries are written: lock, book in memory, judge, write.

    ledger = Ledger(uow, actor.login, policy)
    rows = ledger.lock(keys)            # ORDER BY id, at READ COMMITTED
    ledger.book("reserved", …)          # any number of times; rows hit twice are merged
    ledger.write(ledger.findings())     # refuses or updates rows and appends entries

Nothing outside this module updates a balance row.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Literal

from sqlalchemy import RowMapping

from bihuan.features.control.availability import Balance, Finding
from bihuan.features.control.linked import KIND as LINK
from bihuan.features.control.policy import BucketKey, Coordinate, Policy, Rule, Stage
from bihuan.store.unit_of_work import UnitOfWork

COUNTERS = ("cap", "reserved", "committed", "executed", "forced", "original")


USES = "control.uses"  # where a unit of work remembers which documents use a row


@dataclass(frozen=True)
class PolicyInForce:
    """A policy with its ids in this database; ``version_id`` is the released plan version.

    ``edition``: how many texts have been in force; ``retired``: rules out of force, by id, which only watch their old rows.
    """

    id: int
    policy: Policy
    rules: Mapping[str, int]
    version_id: int | None
    edition: int = 1
    retired: Mapping[int, Rule] = field(default_factory=dict)

    def balance(self, row: RowMapping) -> Balance:
        """A balance row as a value."""
        code = self._codes.get(row["rule_id"])
        rule = self.retired[row["rule_id"]] if code is None else self.policy.rule(code)
        counters = (row[c] for c in COUNTERS)
        return Balance(row["id"], rule, row["key"], row["window_code"], *counters)

    @cached_property
    def _codes(self) -> Mapping[int, str]:
        return {rule_id: code for code, rule_id in self.rules.items()}

    def key_rows(self, keys: Iterable[BucketKey]) -> str:
        """Keys, each once, as the parameter of a query: JSON, which is cheaper to make and to bind than arrays of text."""
        zero = Decimal(0)
        limited = {rule.code: rule.hard_limit(zero) is not None for rule in self.policy.rules}
        rows = [
            {"r": self.rules[k.rule], "k": k.key, "w": k.window, "limited": limited[k.rule]}
            for k in dict.fromkeys(keys)
        ]
        return json.dumps(rows, ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is appended; who and when are the ledger's. ``buckets``: every balance row it counts in."""

    stage: Stage | Literal["budget", "forced"]
    kind: str
    amount: Decimal
    coordinate: Coordinate
    period: str
    buckets: tuple[int, ...]
    version_id: int | None = None
    document_id: int | None = None
    line_no: int | None = None
    liquidates: int | None = None
    transfer_id: int | None = None
    by_document_id: int | None = None
    voucher: str | None = None
    edition: int | None = None  # whose activation moved the amount from rows to others
    reason: str = ""


@dataclass
class Ledger:
    """The balance rows one command has locked, and what it books on them."""

    uow: UnitOfWork
    actor: str
    policy: PolicyInForce
    rows: dict[int, Balance] = field(default_factory=dict)
    before: dict[int, Balance] = field(default_factory=dict)  # as they stand in the database
    baseline: dict[int, Balance] = field(default_factory=dict)  # as what is booked is judged from
    entries: list[Entry] = field(default_factory=list)
    _beyond: dict[int, list[Entry]] = field(default_factory=dict)  # the facts that took a row further beyond its limit

    def lock(self, keys: Iterable[BucketKey] = (), ids: Iterable[int] = ()) -> dict[BucketKey, int]:
        """Locks the rows of ``keys`` and ``ids`` together in id order; answers the ids by key. Once per command."""
        assert not self.rows, "all rows of a command are locked in one step, or two commands could wait crosswise"
        rows, wanted = self.policy.key_rows(keys), set(ids)
        if wanted:
            found = self.uow.rows("control.buckets_ids", keys=rows)
            locked = self.uow.rows("control.buckets_lock", ids=sorted({*wanted, *(r["id"] for r in found)}))
        else:
            locked = self.uow.rows("control.buckets_lock_by_key", keys=rows)
        for row in locked:
            self.rows[row["id"]] = self.policy.balance(row)
        self.before = self.baseline = dict(self.rows)
        return {BucketKey(b.rule.code, b.key, b.window): b.id for b in self.rows.values()}

    def book(self, entry: Entry) -> None:
        """Books an entry on its rows, which must be locked."""
        assert entry.stage != "forced", "forced amounts follow from the rows: force and relieve"
        if entry.stage == "budget" and entry.kind != LINK and self.policy.policy.follows_revenue:
            # budget does not count where revenue is the limit
            self._book(replace(entry, buckets=tuple(b for b in entry.buckets if not self.rows[b].rule.linked)))
        else:
            self._book(entry)

    def _book(self, entry: Entry) -> None:
        assert entry.stage != "forced", "see book"
        self.entries.append(entry)
        for bucket in entry.buckets:
            row = self.rows[bucket].moved(entry.stage, entry.amount)
            if entry.kind == "release" and entry.stage == "budget":
                row = replace(row, original=row.original + entry.amount)
            self.rows[bucket] = row

    def findings(self) -> list[Finding]:
        """The answer of every row whose room has changed."""
        pairs = ((self.baseline[i], row) for i, row in sorted(self.rows.items()))
        return [Finding.of(b, a) for b, a in pairs if a.available != b.available]

    def attempt(self, entries: Sequence[Entry], granted: Mapping[int, Decimal] | None = None) -> list[Finding]:
        """Books entries together, judged from what is booked so far; when a row refuses, none of them is booked.

        ``granted``: how far beyond its limit a row may be taken by an approved exception; what it is, is forced.
        """
        touched = sorted({i for e in entries for i in e.buckets})
        start, booked = {i: self.rows[i] for i in touched}, len(self.entries)
        for entry in entries:
            self.book(entry)
        moved = ((start[i], self.rows[i]) for i in touched)
        found = [Finding.of(b, a) for b, a in moved if a.available != b.available]
        found = [self._overridden(f, entries[-1], granted or {}) for f in found]
        if any(f.verdict == "refuse" for f in found):
            self.rows.update(start)
            del self.entries[booked:]
        return found

    def _overridden(self, finding: Finding, entry: Entry, granted: Mapping[int, Decimal]) -> Finding:
        row = self.rows[finding.before.id]
        more = row.excess - row.forced
        last = row.rule.last_limit(row.cap)
        if (
            finding.verdict != "refuse"
            or not 0 < more <= granted.get(row.id, Decimal(0))  # what facts forced before is nobody's grant
            or (last is not None and row.consumed > last)
        ):
            return finding
        self.rows[row.id] = replace(row, forced=row.forced + more)
        like = replace(entry, stage="forced", kind="override", amount=more, buckets=(row.id,), liquidates=None)
        self.entries.append(replace(like, reason=f"规则 {row.rule.code}，经批准"))
        return replace(finding, verdict="warn")

    def judge_from_here(self) -> None:
        """Facts were booked, which nobody judges: what is booked from now on is judged from the rows as they are."""
        self.baseline = dict(self.rows)

    def force_row(self, bucket: int, kind: str) -> Decimal:
        """Appends what a row stands beyond its limit and was not forced yet; answers it, 0 for nothing."""
        row = self.rows[bucket]
        more = row.excess - row.forced
        if more <= 0:
            return Decimal(0)
        entry = Entry(stage="forced", kind=kind, amount=more, coordinate={}, period=row.window, buckets=())
        self.entries.append(replace(entry, buckets=(bucket,), reason=f"规则 {row.rule.code}"))
        self.rows[bucket] = replace(row, forced=row.forced + more)
        return more

    def rebuild(self, bucket: int, sums: Mapping[str, Decimal], reason: str) -> None:
        """Sets a row to the sums of its entries; an entry of nothing says what each counter was."""
        row = self.rows[bucket]
        told = "；".join(f"{c} {getattr(row, c)} → {sums[c]}" for c in COUNTERS if getattr(row, c) != sums[c])
        note = Entry(
            stage="budget", kind="rebuild", amount=Decimal(0), coordinate={}, period=row.window, buckets=(bucket,)
        )
        self.entries.append(replace(note, reason=f"{reason}：{told}"))
        self.rows[bucket] = replace(
            row,
            cap=sums["cap"],
            original=sums["original"],
            reserved=sums["reserved"],
            committed=sums["committed"],
            executed=sums["executed"],
            forced=sums["forced"],
        )
        self.force_row(bucket, "rebuild")

    def force(self, entry: Entry) -> list[tuple[Balance, Decimal]]:
        """After a fact was booked: marks what it takes each of its rows beyond the limit; answers those rows."""
        beyond = []
        for bucket in entry.buckets:
            row = self.rows[bucket]
            if (more := row.excess - row.forced) > 0:
                self.rows[bucket] = replace(row, forced=row.forced + more)
                self._beyond.setdefault(bucket, []).append(entry)
                beyond.append((self.rows[bucket], more))
        return beyond

    def write(self) -> None:
        """Writes rows and entries. What facts took beyond a limit is one entry per row; where room has returned, the forced
        amount shrinks with it."""
        for bucket, facts in self._beyond.items():
            row = self.rows[bucket]
            more = row.forced - self.before[bucket].forced
            reason = f"规则 {row.rule.code}" + (f"；{len(facts)} 笔，至 {facts[-1].voucher}" if len(facts) > 1 else "")
            like = replace(facts[0], kind="force", liquidates=None, reason=reason)
            self.entries.append(replace(like, stage="forced", amount=more, buckets=(bucket,)))
        for row in list(self.rows.values()):
            if (less := row.excess - row.forced) < 0:
                relief = Entry(stage="forced", kind="relief", amount=less, coordinate={}, period=row.window, buckets=())
                self.entries.append(replace(relief, buckets=(row.id,)))
                self.rows[row.id] = replace(row, forced=row.forced + less)
        changed = [row for i, row in sorted(self.rows.items()) if row != self.before[i]]
        self.uow.memo.pop(USES, None)
        if changed or self.entries:
            rows = json.dumps([_bucket_row(row) for row in changed])
            entries = json.dumps([_entry_row(self.policy.id, e) for e in self.entries], ensure_ascii=False)
            self.uow.run("control.bookings_write", rows=rows, entries=entries, actor=self.actor, at=self.uow.now())


def _bucket_row(row: Balance) -> dict[str, object]:
    limit = row.hard_limit
    counters = {c: str(getattr(row, c)) for c in COUNTERS}
    return {"id": row.id, **counters, "hard_limit": None if limit is None else str(limit)}


def _entry_row(policy_id: int, entry: Entry) -> dict[str, object]:
    row = {name: getattr(entry, name) for name in Entry.__slots__}
    return {**row, "policy_id": policy_id, "amount": str(entry.amount), "coordinate": dict(entry.coordinate)}
