"""What goes wrong between a ledger and its export: codes nobody knows, days that do not exist, mixed-up lines, closed periods.

The books themselves are right: the trial balance holds what these vouchers hold, so that the tie-out is zero once the
rejected lines are disclosed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bihuan.demo.books.calendar import Month
from bihuan.demo.books.dice import Dice
from bihuan.demo.books.vouchers import Voucher

NEW_ACCOUNT, NEW_DEPARTMENT, MISTYPED = "660115", "SMT-AI", "PWR-MK"


@dataclass(frozen=True)
class Faults:
    """How many vouchers of each kind a delivery holds. ``mixed`` counts pairs; ``closed`` vouchers are of that period."""

    account: int = 0
    department: int = 0
    mistyped: int = 0
    day: int = 0
    mixed: int = 0
    closed: int = 0
    closed_period: str = ""

    @property
    def vouchers(self) -> int:
        """Vouchers that become wrong."""
        return self.account + self.department + self.mistyped + self.day + 2 * self.mixed + self.closed


FAULTS: Mapping[str, Faults] = {
    "2026-10": Faults(mistyped=1, day=1, mixed=1),
    "2026-11": Faults(account=2, department=2, day=1, mixed=1, closed=2, closed_period="2026-08"),
}


def spoil(vouchers: list[Voucher], faults: Faults, chance: Dice) -> list[Voucher]:
    """Takes vouchers out of the list and answers them with their faults; those of a closed period are moved there."""
    out: list[Voucher] = []
    for _ in range(faults.mixed):
        out += _mixed(*_two_alike(vouchers), chance)
    for kind in ("account", "department", "mistyped", "day", "closed"):
        for _ in range(getattr(faults, kind)):
            voucher = vouchers.pop(chance.randrange(len(vouchers)))
            _SPOILED[kind](voucher, faults)
            out.append(voucher)
    return out


def _two_alike(vouchers: list[Voucher]) -> tuple[Voucher, Voucher]:
    """Two vouchers whose first lines go to the same account."""
    first: dict[str, Voucher] = {}
    for voucher in vouchers:
        other = first.setdefault(voucher.lines[0].account, voucher)
        if other is not voucher and min(v.lines[0].debit for v in (other, voucher)) > 20_000:
            vouchers.remove(other)
            vouchers.remove(voucher)
            return other, voucher
    raise AssertionError("a month has two vouchers of an account")


def _mixed(one: Voucher, other: Voucher, chance: Dice) -> list[Voucher]:
    """A part of an amount slipped from one voucher into another: neither balances any more, the account does."""
    slipped = chance.randint(1, 99) * 100
    for voucher, by in ((one, -slipped), (other, slipped)):
        voucher.lines[0] = voucher.lines[0]._replace(debit=voucher.lines[0].debit + by)
    return [one, other]


def _account(voucher: Voucher, _faults: Faults) -> None:
    voucher.lines[0] = voucher.lines[0]._replace(account=NEW_ACCOUNT, memo="直播推广费")


def _department(voucher: Voucher, _faults: Faults) -> None:
    voucher.lines = [x._replace(department=NEW_DEPARTMENT) if x.department else x for x in voucher.lines]


def _mistyped(voucher: Voucher, _faults: Faults) -> None:
    voucher.lines = [x._replace(department=MISTYPED) if x.department else x for x in voucher.lines]


def _day(voucher: Voucher, _faults: Faults) -> None:
    voucher.date = voucher.period.day(voucher.period.last_day + 1)


def _closed(voucher: Voucher, faults: Faults) -> None:
    year, month = faults.closed_period.split("-")
    voucher.period = Month(int(year), int(month))
    voucher.day = voucher.period.last_day


_SPOILED = {"account": _account, "department": _department, "mistyped": _mistyped, "day": _day, "closed": _closed}
