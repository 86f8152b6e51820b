"""A later document takes over what an earlier one holds: request → contract → invoice, line by line, never counted twice.

What is taken over leaves the earlier document (kind ``draw``, naming the later one) and stands with the later; the part of a
line that the earlier hold does not cover is asked anew. Cancelling the later document hands back what it still holds of it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from sqlalchemy import RowMapping

from bihuan.features.control import queries
from bihuan.features.control.commands.spend import Line, liquidation, lock_documents
from bihuan.features.control.ledger import Entry, Ledger
from bihuan.features.control.model import NotHeld
from bihuan.features.control.policy import BucketKey
from bihuan.store.unit_of_work import Reader, UnitOfWork

ZERO = Decimal("0.00")
OPEN = ("held", "closed")  # of an earlier document that may hold again: it was taken over, not given back


@dataclass
class Hold:
    """What one line of an earlier document still holds at a stage."""

    row: RowMapping
    left: Decimal


@dataclass
class Drawable:
    """The open holds of earlier documents, their rows locked; ``take`` says what lines draw, `settle` makes it so."""

    holds: Sequence[Hold]
    _taken: dict[int, Decimal] = field(default_factory=dict)  # by position in holds, of the document being filed

    @classmethod
    def of(cls, rows: Sequence[RowMapping]) -> "Drawable":
        return cls([Hold(r, r["amount"]) for r in rows])

    def take(self, line: Line, by: int) -> list[Entry]:
        """The entries that take a line's amount off the hold it names, committed before reserved; refuses an empty hold."""
        if line.asked.draws is None:
            return []
        wanted, out = line.amount, []
        for n, hold in enumerate(self.holds):
            if (hold.row["document_id"], hold.row["line_no"]) != line.asked.draws:
                continue
            amount = min(wanted, hold.left - self._taken.get(n, ZERO))
            if amount > 0:
                self._taken[n] = self._taken.get(n, ZERO) + amount
                out.append(replace(liquidation(hold.row, amount, "draw"), by_document_id=by))
                wanted -= amount
        if not out:
            document, no = line.asked.draws
            raise NotHeld(f"第 {line.no} 行：前序单据第 {no} 行已不占用预算。", document=document, line=no)
        return out

    def settle(self, *, held: bool) -> None:
        """The document being filed is held, or refused: then it took nothing."""
        for n, amount in self._taken.items():
            self.holds[n].left -= amount if held else ZERO
        self._taken.clear()

    def emptied(self) -> list[int]:
        """Earlier documents that hold nothing any more."""
        left: dict[int, Decimal] = {}
        for hold in self.holds:
            left[hold.row["document_id"]] = left.get(hold.row["document_id"], ZERO) + hold.left
        return sorted(d for d, amount in left.items() if not amount)


def drawn_from(reader: Reader, document_id: int) -> set[int]:
    """The earlier documents whose holds a document took over."""
    return {r["document_id"] for r in reader.rows("control.drawn_by", document_id=document_id)}


def drawn_keys(reader: Reader, document_id: int) -> list[BucketKey]:
    """The balance rows that what a document took over counts in now; `hand_back` finds them locked."""
    policy = queries.policy_by_id(reader, queries.document(reader, document_id)["policy_id"]).policy
    drawn = reader.rows("control.drawn_by", document_id=document_id)
    return [k for r in drawn for k in policy.counted(r["coordinate"], r["period"])]


def hand_back(uow: UnitOfWork, ledger: Ledger, document_id: int, holds: Sequence[RowMapping]) -> None:
    """Books what an undone document took over and still held (``holds``, its own) back to the earlier ones, rows locked.

    An earlier document that was given back since does not hold again, nor where others have taken the room meanwhile (the later
    document stood at another place): its part is just free.
    """
    drawn = uow.rows("control.drawn_by", document_id=document_id)
    left: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    draws = {r["line_no"]: (r["draws_document"], r["draws_line"]) for r in _lines(uow, document_id)}
    for hold in holds:
        left[draws.get(hold["line_no"], (0, 0))] += hold["amount"]
    able = {
        r["id"]: r["kind"]
        for r in lock_documents(uow, sorted({r["document_id"] for r in drawn}))
        if r["status"] in OPEN
    }
    got = set()
    for row in drawn:
        place = (row["document_id"], row["line_no"])
        back = min(left[place], row["amount"])
        if back > 0 and row["document_id"] in able:
            entry = liquidation(row, back, "undraw", reason="后续单据取消")
            again = replace(entry, amount=back, by_document_id=document_id, buckets=_rows_now(ledger, row, able))
            if all(f.verdict != "refuse" for f in ledger.attempt([again])):
                got.add(row["document_id"])
        left[place] -= max(back, ZERO)
    if got:
        uow.run("control.documents_status", ids=sorted(got), status="held")


def _rows_now(ledger: Ledger, row: RowMapping, kinds: Mapping[int, str]) -> tuple[int, ...]:
    """Where the earlier document's hold counts now: another edition of the policy may count it elsewhere."""
    ids = {BucketKey(b.rule.code, b.key, b.window): b.id for b in ledger.rows.values()}
    keys = ledger.policy.policy.counted(row["coordinate"], row["period"], kinds[row["document_id"]])
    return tuple(ids[k] for k in keys if k in ids)


def _lines(reader: Reader, document_id: int) -> Sequence[RowMapping]:
    return reader.rows("control.document_lines", document_id=document_id)
