"""Facts from the books: vouchers that execute a document or post directly. Facts are never refused.

A batch is one transaction. Each line is booked once (posting key). A line that names a document first takes off what the
document's lines hold (committed before reserved, the line named, else lines of the same coordinate, else in line order),
then books the full amount as executed. What a document still holds after its vouchers stays held, or is given back where the
policy says ``rest: release``. What goes beyond a limit is a ``forced`` entry per balance row, one alert per rule and key for
the whole batch, and a call to `OnForced` each: a month far over budget is one case, not a thousand. A fact of a fiscal year no
budget was released for is booked without any alert: control has not begun there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from sqlalchemy import RowMapping

from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.commands.overruns import Overruns
from bihuan.features.control.commands.spend import liquidation
from bihuan.features.control.commands.standing import lock_holds
from bihuan.features.control.events import tell_changed
from bihuan.features.control.ledger import Entry, Ledger, PolicyInForce
from bihuan.features.control.model import UnresolvableKey, VoucherLine, amount_of
from bihuan.features.control.policy import BucketKey
from bihuan.store.unit_of_work import UnitOfWork

ZERO = Decimal("0.00")
Outcome = Literal["executed", "direct", "duplicate"]


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of one voucher line.

    ``liquidated``: how much of a document's hold it took over. ``forced``: how far it went beyond the tightest limit.
    ``unbudgeted``: no balance row covers it; it stands in the ledger and in an alert only.
    """

    key: str
    outcome: Outcome
    liquidated: Decimal = ZERO
    forced: Decimal = ZERO
    unbudgeted: bool = False


@dataclass(frozen=True, slots=True)
class DocumentMet:
    """What a document named by vouchers held before them, gave back after them, and holds now."""

    document_id: int
    held: Decimal
    released: Decimal
    left: Decimal


@dataclass(frozen=True, slots=True)
class Execution:
    """``posted`` per line, in order; ``documents`` by number, those that exist and were named by a line newly booked."""

    posted: Sequence[Posted]
    documents: Mapping[str, DocumentMet]


Progress = Callable[[int, int], None]  # lines booked, lines in all; may raise to stop
TELL_EVERY = 500


def silent(_done: int, _total: int) -> None:
    """Nobody watches."""


@dataclass(slots=True)
class _Hold:
    """What a document line still holds while a batch is booked."""

    row: RowMapping
    left: Decimal


@dataclass(slots=True)
class _Named:
    """A document named by some line: what it holds, and whether a voucher has taken from it."""

    id: int
    holds: list[_Hold] = field(default_factory=list)
    taken: bool = False

    @property
    def left(self) -> Decimal:
        return sum((h.left for h in self.holds), ZERO)


def post_direct(uow: UnitOfWork, actor: Principal, *, policy: str, lines: Sequence[VoucherLine]) -> list[Posted]:
    """Books voucher lines that name no document."""
    assert all(x.request is None for x in lines), "lines that name a document are executed"
    return execute(uow, actor, policy=policy, lines=lines)


def execute(uow: UnitOfWork, actor: Principal, *, policy: str, lines: Sequence[VoucherLine]) -> list[Posted]:
    """Books a batch of voucher lines; the answer has a result per line, in order."""
    return list(execute_batch(uow, actor, policy=policy, lines=lines).posted)


def execute_batch(
    uow: UnitOfWork, actor: Principal, *, policy: str, lines: Sequence[VoucherLine], progress: Progress = silent
) -> Execution:
    """As `execute`, with what became of the documents that were named."""
    actor.require("control.execute")
    in_force = queries.policy(uow, policy)
    amounts = {x.key: amount_of(x.amount, what=f"凭证 {x.voucher}") for x in lines}
    fresh = {r["key"] for r in uow.rows("control.keys_take", keys=sorted(amounts), at=uow.now())}
    todo = {x.key: x for x in lines if x.key in fresh}  # a key twice in one batch counts once
    keys = {x.key: _keys(in_force, x) for x in todo.values()}
    uow.run("control.facts_lock", id=in_force.id)
    ledger, ids, named = _lock(uow, actor, in_force, list(todo.values()), keys)
    held = {number: document.left for number, document in named.items()}
    begun = queries.begun_years(uow, in_force)
    posted: dict[str, Posted] = {}
    overruns = Overruns(ledger)
    for done, line in enumerate(todo.values()):
        if done % TELL_EVERY == 0:
            progress(done, len(todo))
        buckets = tuple(ids[k] for k in keys[line.key] if k in ids)
        document = named.get(line.request or "")
        controlled = bool(begun) and _year(in_force, line.period) in (*begun, None) and not _exempt(in_force, line)
        posted[line.key] = _book(ledger, line, amounts[line.key], buckets, document, overruns, controlled=controlled)
    progress(len(todo), len(todo))
    released = _release_rest(ledger, named) if in_force.policy.rest == "release" else {}
    ledger.write()
    overruns.tell()
    _close(uow, named)
    if todo:
        tell_changed(uow, in_force, [x.coordinate for x in todo.values()])
    met = {number: DocumentMet(d.id, held[number], released.get(number, ZERO), d.left) for number, d in named.items()}
    seen: set[str] = set()
    return Execution([_answer(x.key, posted, seen) for x in lines], met)


def _release_rest(ledger: Ledger, named: Mapping[str, _Named]) -> dict[str, Decimal]:
    """Gives back what executed documents still hold; how much, by number."""
    out: dict[str, Decimal] = {}
    for number, document in named.items():
        for hold in document.holds if document.taken else ():
            if hold.left:
                ledger.book(liquidation(hold.row, hold.left, "rest", reason="执行后余额释放"))
                out[number] = out.get(number, ZERO) + hold.left
                hold.left = ZERO
    return out


def _answer(key: str, posted: dict[str, Posted], seen: set[str]) -> Posted:
    if key in seen or key not in posted:
        return Posted(key, "duplicate")
    seen.add(key)
    return posted[key]


def _keys(in_force: PolicyInForce, line: VoucherLine) -> tuple[BucketKey, ...]:
    """A fact without a place in the policy is still a fact: it counts in no balance row."""
    try:
        return tuple(in_force.policy.touched(line.coordinate, line.period))
    except UnresolvableKey:
        return ()


def _exempt(in_force: PolicyInForce, line: VoucherLine) -> bool:
    """True where nobody expects a budget; not for a place that cannot be resolved."""
    try:
        return in_force.policy.exemption(line.coordinate) is not None
    except UnresolvableKey:
        return False


def _year(in_force: PolicyInForce, period: str) -> str | None:
    """The fiscal year of a period; None for one outside the calendar."""
    try:
        return in_force.policy.calendar.year_of(period).code
    except UnresolvableKey:
        return None


def _lock(
    uow: UnitOfWork,
    actor: Principal,
    in_force: PolicyInForce,
    lines: Sequence[VoucherLine],
    keys: dict[str, tuple[BucketKey, ...]],
) -> tuple[Ledger, dict[BucketKey, int], dict[str, _Named]]:
    numbers = sorted({x.request for x in lines if x.request})
    found = uow.rows("control.documents_by_number", policy_id=in_force.id, numbers=numbers) if numbers else []
    documents = {r["id"]: r["number"] for r in found}
    named = {number: _Named(document) for document, number in documents.items()}
    wanted = [k for ks in keys.values() for k in ks]
    if not documents:
        ledger = Ledger(uow, actor.login, in_force)
        return ledger, ledger.lock(wanted), named
    ledger, ids, holds = lock_holds(uow, actor, in_force, list(documents), wanted)
    for row in holds:
        named[documents[row["document_id"]]].holds.append(_Hold(row, row["amount"]))
    return ledger, ids, named


def _book(  # noqa: PLR0917
    ledger: Ledger,
    line: VoucherLine,
    amount: Decimal,
    buckets: tuple[int, ...],
    named: _Named | None,
    overruns: Overruns,
    *,
    controlled: bool,
) -> Posted:
    liquidated, document = ZERO, None
    for hold in _matching(line, named.holds if named else []):
        take = min(hold.left, amount - liquidated)
        if take > 0:
            ledger.book(liquidation(hold.row, take, "execute", voucher=line.voucher))
            hold.left -= take
            liquidated += take
            document = document or hold.row
    if named and liquidated:
        named.taken = True
    entry = Entry(
        stage="executed",
        kind="execute" if document else "direct",
        amount=amount,
        coordinate=line.coordinate,
        period=line.period,
        buckets=buckets,
        document_id=document["document_id"] if document else None,
        line_no=document["line_no"] if document else None,
        liquidates=document["entry_id"] if document else None,
        voucher=line.voucher,
    )
    ledger.book(entry)
    forced = overruns.after(entry, line, controlled=controlled)
    outcome: Outcome = "executed" if document else "direct"
    return Posted(line.key, outcome, liquidated, forced, not buckets)


def _matching(line: VoucherLine, holds: list[_Hold]) -> Iterator[_Hold]:
    if line.request_line is not None:
        yield from (h for h in holds if h.row["line_no"] == line.request_line)
        return
    yield from (h for h in holds if h.row["coordinate"] == dict(line.coordinate))
    yield from (h for h in holds if h.row["coordinate"] != dict(line.coordinate))


def _close(uow: UnitOfWork, named: Mapping[str, _Named]) -> None:
    """A document that holds nothing any more is closed; one released earlier stays so."""
    emptied = [d.id for d in named.values() if d.holds and not d.left]
    if emptied:
        uow.run("control.documents_status", ids=emptied, status="closed")
