"""The general ledger month by month: ordinary vouchers, closing, late ones, wrong ones; what each month's export delivers."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from bihuan.demo.books.calendar import Month
from bihuan.demo.books.closing import closing
from bihuan.demo.books.company import Company
from bihuan.demo.books.dice import Dice, dice
from bihuan.demo.books.errors import FAULTS, spoil
from bihuan.demo.books.expenses import Expenses, doubled, report
from bihuan.demo.books.requests import Request
from bihuan.demo.books.spending import Actuals
from bihuan.demo.books.trading import Trading
from bihuan.demo.books.vouchers import Voucher, count, numbered

_LATE, _DOUBLED = 0.004, 0.005  # of a month's expense reports
_EXPENSE_LINES, _SALES_LINES = 0.22, 0.13  # of all lines


@dataclass
class Ledger:
    """``delivered``: the vouchers of each month's export. ``lines``: about how many lines a month."""

    company: Company
    actuals: Actuals
    seed: int
    lines: int
    requests: Sequence[Request] = ()
    delivered: dict[Month, list[Voucher]] = field(default_factory=lambda: defaultdict(list))
    _red: dict[Month, list[Voucher]] = field(default_factory=lambda: defaultdict(list))
    _numbers: dict[Month, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, month: Month, *, last: bool) -> None:
        """One more month; the last one's late vouchers are not written yet."""
        chance = dice(self.seed, "month", month)
        expenses = Expenses(self.company, self.actuals, self.seed, month, round(self.lines * _EXPENSE_LINES)).vouchers()
        reports = [v for v in expenses if v.day != month.last_day and v.lines[0].debit > 0]
        late = [] if last or month.month == 12 else self._taken(reports, expenses, chance)
        wrong = self._wrong(month, reports, expenses, chance)
        doubles = self._doubles(reports, chance)
        settled = [settle(self.company, r, chance) for r in self.requests if r.month == month]
        trading = Trading(self.company, self.actuals, self.seed, month)
        usual = [*expenses, *doubles, *self._red.pop(month, ()), *settled]
        usual += trading.sales(round(self.lines * _SALES_LINES))
        closed = closing(usual, month)
        usual += trading.rest(self.lines - count([*usual, *closed, *wrong, *late]))
        self._deliver(month, month, [*usual, *closed])
        self._deliver(month.moved(1), month, [*late, *closing(late, month, "（补）")])
        for period in dict.fromkeys(v.period for v in wrong):
            some = [v for v in wrong if v.period == period]
            self._deliver(month, period, [*some, *closing(some, period, "（补）")])

    def _deliver(self, month: Month, period: Month, vouchers: list[Voucher]) -> None:
        self.delivered[month] += numbered(vouchers, self._numbers[period])
        self._numbers[period] += len(vouchers)

    def _taken(self, reports: list[Voucher], expenses: list[Voucher], chance: Dice) -> list[Voucher]:
        """Reports that reach the ledger only after the month's export."""
        late = [v for v in chance.sample(reports, max(1, round(len(reports) * _LATE))) if not _travels(v)]
        for voucher in late:
            reports.remove(voucher)
            expenses.remove(voucher)
        return late

    def _wrong(self, month: Month, reports: list[Voucher], expenses: list[Voucher], chance: Dice) -> list[Voucher]:
        """Reports of this month's export that have something wrong."""
        faults = FAULTS.get(str(month))
        if faults is None:
            return []
        candidates = [v for v in reports if not _travels(v)]
        wrong = spoil(candidates, faults, chance)
        for voucher in wrong:
            reports.remove(voucher)
            expenses.remove(voucher)
        return wrong

    def _doubles(self, reports: list[Voucher], chance: Dice) -> list[Voucher]:
        out = []
        for again, red, later in doubled(reports, chance, max(1, round(len(reports) * _DOUBLED))):
            out.append(again)
            if later:
                self._red[red.period].append(red)
            else:
                out.append(red)
        return out


def _travels(voucher: Voucher) -> bool:
    """Whether a journey is in it: those stay as they are, for the sake of the travel budgets."""
    return any(line.department and line.account.endswith("01") for line in voucher.lines)


def settle(company: Company, request: Request, chance: Dice) -> Voucher:
    """The voucher that settles a request, naming its number."""
    voucher = report(company.org(request.org), [(request.item, request.invoiced)], request.month, chance)
    voucher.lines = [x._replace(document=request.number if x.department else "") for x in voucher.lines]
    return voucher
