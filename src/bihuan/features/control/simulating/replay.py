"""A policy's rules on what has happened: every document of a ledger's history judged again, in its order. Pure.

The history is what was booked under the rules that were in force then; the rows it counts in are those of the new rules, kept in
memory. Each step of a document (filed, committed, amended) goes through the checks that the ledger itself makes: `resolve_line`,
`existing`, `Ledger.attempt`.

What a simulation takes for granted:

- amounts count as they counted then (with or without tax);
- a document that would have been blocked holds nothing and spends nothing from then on, whatever became of it; vouchers that
  name no document are facts;
- a document that passed by an approved exception gets it again, unless a rule now refuses for good;
- a line that was refused then left nothing behind: what a looser rule would have let through is not seen;
- budget under transfer is not held.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Literal, cast

from bihuan.features.control.availability import ZERO, Balance, Finding
from bihuan.features.control.bands import MEASURES, Measure
from bihuan.features.control.commands.spend import existing, reserved, resolve_line
from bihuan.features.control.ledger import Entry, Ledger
from bihuan.features.control.model import RequestLine, UnresolvableKey
from bihuan.features.control.policy import BucketKey, Coordinate, Stage
from bihuan.kernel.errors import BihuanError

JUDGED = frozenset({"reserve", "commit", "amend"})  # kinds of entries by which a document asks for room
Answer = Literal["unplaced", "refuse", "exception", "confirm", "notify", "none"]
BLOCKING: frozenset[Answer] = frozenset({"unplaced", "refuse", "exception"})


@dataclass(frozen=True, slots=True)
class Past:
    """An entry of the ledger as it was booked. ``place``: its coordinate as JSON text, the same text for the same place.

    ``document``: whose step it was part of; for what a later document took over from an earlier one, the later. ``holder``: the
    document whose hold it is, of ``kind`` ``document_kind``.
    """

    at: datetime
    stage: str
    kind: str
    amount: Decimal
    place: str
    period: str
    document: int | None = None
    holder: int | None = None
    document_kind: str = ""
    of_transfer: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer to a document's step. ``amount``: what it asked for, > 0. ``fault``: why it has no place, in words.

    ``answer``: the strongest measure of all rows (a rule that says ``exception`` or ``refuse`` stops it), or unplaced.
    ``excepted``: it would be stopped, and passes by the exception that was approved for it.
    """

    document: int
    at: datetime
    step: str
    amount: Decimal
    answer: Answer
    findings: tuple[Finding, ...] = ()
    fault: str = ""
    excepted: bool = False

    @property
    def blocked(self) -> bool:
        """True where the document would not have got through."""
        return self.answer in BLOCKING and not self.excepted


Within = Callable[[datetime], bool]


def replay(ledger: Ledger, history: Iterable[Past], within: Within = lambda _at: True) -> Iterator[Judged]:
    """Judges the steps ``within`` a stretch of time, in order; what was before is booked as it was.

    ``ledger``: an empty one of the new policy; nothing is locked or written.
    """
    run = _Run(ledger)
    for (document, at, _), group in groupby(history, key=lambda e: (e.document, e.at, e.of_transfer)):
        entries = list(group)
        if document is None or not any(e.kind in JUDGED for e in entries):
            run.happened(entries)
            continue
        answer = run.asked(document, entries, judge=within(at))
        if answer is not None:
            yield answer


@dataclass
class _Run:
    """The rows of the new rules while the history goes by. ``opened``: those that a budget was released for."""

    ledger: Ledger
    ids: dict[BucketKey, int] = field(default_factory=dict)
    opened: set[BucketKey] = field(default_factory=set)
    blocked: set[int] = field(default_factory=set)
    held: dict[int, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    # facts without a document since the last judgement, by place and period: their order among themselves says nothing
    pending: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    places: dict[str, Mapping[str, str]] = field(default_factory=dict)
    keys: dict[tuple[str, str], tuple[BucketKey, ...]] = field(default_factory=dict)

    def happened(self, entries: Sequence[Past]) -> None:
        """Entries that nobody judges: budget, facts, what was given back."""
        for e in entries:
            if e.stage == "budget":
                self._budget(e)
            elif e.stage == "forced" or e.of_transfer or e.kind == "opening" or e.document in self.blocked:
                continue  # what was forced follows from the rows; an opening moves an amount and changes no sum
            elif e.document is None:
                self.pending[e.place, e.period] += e.amount
            else:
                self._book(e)

    def asked(self, document: int, entries: Sequence[Past], *, judge: bool) -> Judged | None:
        """A step of a document; None where it is booked as it was, or the document is out already."""
        excepted = any(e.kind == "override" for e in entries)
        entries = [e for e in entries if e.stage != "forced" and (e.holder == document or e.holder not in self.blocked)]
        first = any(e.kind == "reserve" for e in entries)
        if document in self.blocked and not first:
            return None
        self._flush()
        self.blocked.discard(document)  # submitted again
        if not judge:
            for e in entries:
                self._book(e)
            return None
        return self._judged(document, entries, excepted=excepted)

    def _judged(self, document: int, entries: Sequence[Past], *, excepted: bool) -> Judged:
        amount = sum((max(e.amount, ZERO) for e in entries), ZERO)
        answer = Judged(document, entries[0].at, entries[-1].kind, amount, "none")
        try:
            booked = [self._entry(no, e) for no, e in enumerate(entries, 1)]
        except BihuanError as fault:
            self._out(document)
            return replace(answer, answer="unplaced", fault=str(fault))
        findings = self.ledger.attempt(booked)
        refused = [f for f in findings if f.verdict == "refuse"]
        worst: Measure = max((f.measure for f in refused or findings), key=MEASURES.index, default="none")
        passes = not refused or (excepted and worst == "exception")
        answer = replace(
            answer, answer=cast(Answer, worst), findings=tuple(findings), excepted=bool(refused) and passes
        )
        if not passes:
            self._out(document)
            return answer
        if refused:
            for entry in booked:
                self.ledger.book(entry)
        for e, entry in zip(entries, booked, strict=True):
            self._holds(e, entry)
            self._uncounted(e, entry)
        return answer

    def _entry(self, no: int, e: Past) -> Entry:
        """What an entry of a step books on the new rows; what is asked anew is checked like a request's line."""
        if e.amount <= 0:
            return self._plain(e, self._known(e))
        if e.kind == "commit":  # its place was checked when it was filed
            return self._plain(e, tuple(i for i in self._known(e) if self._key(i) in self.opened))
        asked = RequestLine(self._place(e.place), e.period, e.amount)
        line = resolve_line(self.ledger.policy, no, asked, e.document_kind)
        for key in line.keys:
            self._id(key)
        ids = {k: self.ids[k] for k in line.keys if k in self.opened}
        entry = reserved(line, existing(self.ledger.policy, line, ids, self.ledger.rows), e.holder)
        return replace(entry, stage=cast(Stage, e.stage), kind=e.kind)

    def _uncounted(self, e: Past, entry: Entry) -> None:
        """Rows no budget was released for yet were not asked; they count it once they are opened."""
        more = tuple(i for i in self._known(e) if i not in entry.buckets)
        if more and e.amount > 0:
            self.ledger.book(replace(entry, buckets=more))
            self._holds(e, replace(entry, buckets=more))

    def _budget(self, e: Past) -> None:
        policy, place = self.ledger.policy.policy, self._place(e.place)
        if not place:
            return
        try:
            self.opened.update(policy.opened(place, e.period))
        except UnresolvableKey:
            return
        for key in policy.opened(place, e.period):
            self._id(key)
        self.ledger.book(self._plain(e, self._rows(e.place, e.period)))

    def _book(self, e: Past) -> None:
        if e.holder in self.blocked:
            return
        entry = self._plain(e, self._known(e))
        self.ledger.book(entry)
        self._holds(e, entry)

    def _holds(self, e: Past, entry: Entry) -> None:
        if e.holder is not None and e.stage != "executed":
            self.held[e.holder].append(entry)

    def _out(self, document: int) -> None:
        """A blocked document holds nothing any more; what was executed of it before stays."""
        self.blocked.add(document)
        for entry in self.held.pop(document, []):
            self.ledger.book(replace(entry, amount=-entry.amount))

    def _flush(self) -> None:
        for (place, period), amount in self.pending.items():
            fact = Entry(stage="executed", kind="direct", amount=amount, coordinate={}, period=period, buckets=())
            self.ledger.book(replace(fact, buckets=self._rows(place, period)))
        self.pending.clear()

    def _known(self, e: Past) -> tuple[int, ...]:
        """The rows a document's entry counts in: none where documents of its kind are exempt; their vouchers count."""
        try:
            if e.stage != "executed" and self.ledger.policy.policy.exemption(self._place(e.place), e.document_kind):
                return ()
        except UnresolvableKey:
            return ()
        return self._rows(e.place, e.period)

    def _rows(self, place: str, period: str) -> tuple[int, ...]:
        return tuple(self._id(k) for k in self._touched(place, period))

    def _touched(self, place: str, period: str) -> tuple[BucketKey, ...]:
        if (place, period) not in self.keys:
            try:
                found = tuple(self.ledger.policy.policy.touched(self._place(place), period))
            except UnresolvableKey:
                found = ()  # a fact without a place is in no row
            self.keys[place, period] = found
        return self.keys[place, period]

    def _id(self, key: BucketKey) -> int:
        if key not in self.ids:
            number = self.ids[key] = len(self.ids) + 1
            rule = self.ledger.policy.policy.rule(key.rule)
            self.ledger.rows[number] = Balance(number, rule, key.key, key.window, ZERO)
        return self.ids[key]

    def _key(self, number: int) -> BucketKey:
        row = self.ledger.rows[number]
        return BucketKey(row.rule.code, row.key, row.window)

    def _place(self, place: str) -> Coordinate:
        if place not in self.places:
            self.places[place] = json.loads(place)
        return self.places[place]

    def _plain(self, e: Past, buckets: tuple[int, ...]) -> Entry:
        return Entry(
            stage=cast(Stage, e.stage),
            kind=e.kind,
            amount=e.amount,
            coordinate=self._place(e.place),
            period=e.period,
            buckets=buckets,
            document_id=e.holder,
        )
