"""Facts from the books: vouchers that execute a document or post directly. Facts are never refused.

A batch is one transaction. Each line is booked once (posting key). A line that names a document first takes off what the
document's lines hold (committed before reserved, the line named, else lines of the same coordinate, else in line order),
then books the full amount as executed. What goes beyond a limit is a ``forced`` entry naming rule and voucher, an alert,
and a call to `OnForced`. A fact of a fiscal year no budget was released for is booked without any: control has not begun there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sqlalchemy import RowMapping

from bihuan.features.access.model import Principal
from bihuan.features.control import queries
from bihuan.features.control.availability import Balance
from bihuan.features.control.commands.spend import liquidation, lock_documents
from bihuan.features.control.events import tell_changed
from bihuan.features.control.hooks import Forced, tell_forced
from bihuan.features.control.ledger import Entry, Ledger, PolicyInForce
from bihuan.features.control.model import UnresolvableKey, VoucherLine, amount_of
from bihuan.features.control.policy import BucketKey, shown_key
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


@dataclass(slots=True)
class _Hold:
    """What a document line still holds while a batch is booked."""

    row: RowMapping
    left: Decimal


def post_direct(uow: UnitOfWork, actor: Principal, *, policy: str, lines: Sequence[VoucherLine]) -> list[Posted]:
    """Books voucher lines that name no document."""
    assert all(x.request is None for x in lines), "lines that name a document are executed"
    return execute(uow, actor, policy=policy, lines=lines)


def execute(uow: UnitOfWork, actor: Principal, *, policy: str, lines: Sequence[VoucherLine]) -> list[Posted]:
    """Books a batch of voucher lines; the answer has a result per line, in order."""
    actor.require("control.execute")
    in_force = queries.policy(uow, policy)
    amounts = {x.key: amount_of(x.amount, what=f"凭证 {x.voucher}") for x in lines}
    fresh = {r["key"] for r in uow.rows("control.keys_take", keys=sorted(amounts), at=uow.now())}
    todo = {x.key: x for x in lines if x.key in fresh}  # a key twice in one batch counts once
    keys = {x.key: _keys(in_force, x) for x in todo.values()}
    uow.run("control.facts_lock", id=in_force.id)
    ledger, ids, holds = _lock(uow, actor, in_force, list(todo.values()), keys)
    begun = queries.begun_years(uow, in_force)
    posted: dict[str, Posted] = {}
    for line in todo.values():
        buckets = tuple(ids[k] for k in keys[line.key] if k in ids)
        posted[line.key] = _book(ledger, line, amounts[line.key], buckets, holds.get(line.request or "", []))
        if not buckets and begun and _year(in_force, line.period) in (*begun, None):
            alert(uow, line, None, amounts[line.key])
    ledger.write()
    _close(uow, holds)
    if todo:
        tell_changed(uow, in_force, [x.coordinate for x in todo.values()])
    seen: set[str] = set()
    return [_answer(x.key, posted, seen) for x in lines]


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
) -> tuple[Ledger, dict[BucketKey, int], dict[str, list[_Hold]]]:
    numbers = sorted({x.request for x in lines if x.request})
    named = uow.rows("control.documents_by_number", policy_id=in_force.id, numbers=numbers) if numbers else []
    documents = {r["id"]: r["number"] for r in named}
    booked = uow.rows("control.booked_buckets", documents=list(documents)) if documents else []
    ledger = Ledger(uow, actor.login, in_force)
    ids = ledger.lock((k for ks in keys.values() for k in ks), {i for r in booked for i in r["buckets"]})
    holds: dict[str, list[_Hold]] = {number: [] for number in documents.values()}
    if documents:
        lock_documents(uow, list(documents))
        for row in uow.rows("control.open_holds", documents=list(documents)):
            if all(i in ledger.rows for i in row["buckets"]):
                holds[documents[row["document_id"]]].append(_Hold(row, row["amount"]))
    return ledger, ids, holds


def _book(ledger: Ledger, line: VoucherLine, amount: Decimal, buckets: tuple[int, ...], holds: list[_Hold]) -> Posted:
    liquidated, document = ZERO, None
    for hold in _matching(line, holds):
        take = min(hold.left, amount - liquidated)
        if take > 0:
            ledger.book(liquidation(hold.row, take, "execute", voucher=line.voucher))
            hold.left -= take
            liquidated += take
            document = document or hold.row
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
    beyond = ledger.force(entry)
    worst = {row.rule.code: (row, more) for row, more in sorted(beyond, key=lambda b: b[1])}
    for row, more in worst.values():  # one alert per rule, not one per window that it runs over
        alert(ledger.uow, line, row, more)
    outcome: Outcome = "executed" if document else "direct"
    return Posted(line.key, outcome, liquidated, max((m for _, m in beyond), default=ZERO), not buckets)


def _matching(line: VoucherLine, holds: list[_Hold]) -> Iterator[_Hold]:
    if line.request_line is not None:
        yield from (h for h in holds if h.row["line_no"] == line.request_line)
        return
    yield from (h for h in holds if h.row["coordinate"] == dict(line.coordinate))
    yield from (h for h in holds if h.row["coordinate"] != dict(line.coordinate))


def alert(uow: UnitOfWork, line: VoucherLine, row: Balance | None, amount: Decimal) -> None:
    """A fact went ``amount`` beyond a row's limit, or (no row) has no budget at all: noted, and told to whoever listens."""
    if row is None:
        kind, rule, bucket_id = "unbudgeted", "", None
        message = f"凭证 {line.voucher}：{amount:,.2f} 没有对应的预算。"
    else:
        kind, rule, bucket_id = "forced", row.rule.code, row.id
        message = (
            f"凭证 {line.voucher}：超出规则“{row.rule.title}”（{shown_key(row.key)}，窗口 {row.window}）{amount:,.2f}。"
        )
    alert_id = uow.value(
        "control.alert_insert",
        bucket_id=bucket_id,
        kind=kind,
        voucher=line.voucher,
        amount=amount,
        message=message,
        at=uow.now(),
    )
    place = dict(line.coordinate)
    tell_forced(uow, Forced(alert_id, line.voucher, amount, place, line.period, rule, bucket_id, message))


def _close(uow: UnitOfWork, holds: dict[str, list[_Hold]]) -> None:
    """A document that holds nothing any more is closed; one released earlier stays so."""
    emptied = [h[0].row["document_id"] for h in holds.values() if h and not any(x.left for x in h)]
    if emptied:
        uow.run("control.documents_status", ids=emptied, status="closed")
