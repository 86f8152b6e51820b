"""Vouchers and their lines; numbering. Amounts are fen, negative in red letters."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from bihuan.demo.books.calendar import Month


class Line(NamedTuple):
    """A line of a voucher. ``document`` is the number of the request it settles."""

    account: str
    memo: str
    debit: int = 0
    credit: int = 0
    department: str = ""
    project: str = ""
    product: str = ""
    document: str = ""


@dataclass
class Voucher:
    """A double-entry voucher. ``day`` may be made to not exist; ``extra`` = put in by `errors`."""

    period: Month
    day: int
    lines: list[Line]
    number: str = ""
    date: str = field(default="")

    @property
    def balance(self) -> int:
        """Debit − credit; 0 unless something was broken."""
        return sum(line.debit - line.credit for line in self.lines)

    def red(self, day: int, memo: str, period: Month | None = None) -> "Voucher":
        """The same in red letters: what takes it back."""
        lines = [line._replace(debit=-line.debit, credit=-line.credit, memo=memo) for line in self.lines]
        return Voucher(period or self.period, day, lines)


def numbered(vouchers: Iterable[Voucher], after: int = 0) -> list[Voucher]:
    """In order of days, each with its number of the month."""
    out = sorted(vouchers, key=lambda v: v.day)
    for i, voucher in enumerate(out, after + 1):
        voucher.number = f"记-{i:05d}"
        voucher.date = voucher.date or voucher.period.day(voucher.day)
    return out


def count(vouchers: Iterable[Voucher]) -> int:
    """How many lines."""
    return sum(len(v.lines) for v in vouchers)
