"""How the vouchers of a batch met the requests they name: smaller, equal, larger, unknown, or none named at all."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from bihuan.features.access.model import Principal
from bihuan.features.control.commands.facts import Execution
from bihuan.features.control.model import VoucherLine
from bihuan.features.integration import queries
from bihuan.features.integration.model import LINE_TABLE, Match, MatchKind
from bihuan.features.integration.outcomes import Outcome
from bihuan.features.integration.tie_out import LinesBehind, shown
from bihuan.store.unit_of_work import Reader, UnitOfWork
from bihuan.store.warehouse import Warehouse

ZERO = Decimal(0)


def matches_of(lines: Sequence[VoucherLine], execution: Execution) -> list[Match]:
    """One per request number that was newly booked, and one for the lines that name none."""
    groups: dict[str, list[int]] = defaultdict(list)
    for i, (line, posted) in enumerate(zip(lines, execution.posted, strict=True)):
        if posted.outcome != "duplicate":
            groups[line.request or ""].append(i)
    out = []
    for number, at in sorted(groups.items()):
        amount = sum((lines[i].amount for i in at), ZERO)
        met = execution.documents.get(number)
        out.append(
            Match(
                number=number,
                kind=_kind(number, amount, None if met is None else met.held),
                document_id=None if met is None else met.document_id,
                vouchers=len({lines[i].voucher for i in at}),
                amount=amount,
                held=ZERO if met is None else met.held,
                liquidated=sum((execution.posted[i].liquidated for i in at), ZERO),
                released=ZERO if met is None else met.released,
                still_held=ZERO if met is None else met.left,
                forced=sum((execution.posted[i].forced for i in at), ZERO),
            )
        )
    return out


def _kind(number: str, amount: Decimal, held: Decimal | None) -> MatchKind:
    if not number:
        return "none"
    if held is None:
        return "unknown"
    return "smaller" if amount < held else "equal" if amount == held else "larger"


def keep(uow: UnitOfWork, batch_id: int, matches: Sequence[Match]) -> None:
    """Writes the summary of a batch that is being published."""
    names = list(Match.__slots__)
    uow.run_many(
        "integration.add_match", [{"batch_id": batch_id, **{n: getattr(m, n) for n in names}} for m in matches]
    )


def lines_of(
    reader: Reader, actor: Principal, warehouse: Warehouse, *, batch_id: int, number: str, limit: int = 200
) -> LinesBehind:
    """The counted lines of a batch that name a request; of none (``number`` empty) those without one."""
    batch = queries.batch(reader, actor, batch_id=batch_id)
    table = warehouse.scan(reader, LINE_TABLE, batches=[batch_id]) if batch.state == "published" else None
    if table is None or ("document" not in table.columns and number):
        return LinesBehind(0, ZERO, ())
    table = table.filter(table.outcome == Outcome.ACCEPTED.name)
    if "document" in table.columns:
        table = table.filter(table.document.fill_null("") == number)
    return shown(table, limit)


def matches(reader: Reader, actor: Principal, *, batch_id: int) -> list[Match]:
    """How the vouchers of a published batch met requests."""
    queries.batch(reader, actor, batch_id=batch_id)
    return [Match(**row) for row in reader.rows("integration.matches", batch_id=batch_id)]
