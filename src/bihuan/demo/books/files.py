"""The files that the company's systems export: vouchers, trial balances, people, sales. UTF-8, amounts in yuan."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bihuan.demo.books.budget import Budget, make_budget
from bihuan.demo.books.calendar import Month, months
from bihuan.demo.books.chart import account_name
from bihuan.demo.books.company import WAGE, Company, read_company
from bihuan.demo.books.ledger import Ledger
from bihuan.demo.books.requests import Request, requests
from bihuan.demo.books.spending import Actuals, make_actuals
from bihuan.demo.books.vouchers import Voucher

FIRST, LAST = "2025-01", "2026-11"
LINES = 200_000  # of the 22 months to October 2026
VOUCHER_COLUMNS = (
    "凭证号", "分录号", "日期", "会计期间", "科目编码", "科目名称", "部门编码", "项目编码", "产品编码", "摘要",
    "借方金额", "贷方金额", "申请单号",
)  # fmt: skip
TRIAL_COLUMNS = ("会计期间", "科目编码", "科目名称", "借方发生额", "贷方发生额")
Sums = dict[tuple[Month, str], list[int]]


@dataclass(frozen=True)
class Delivery:
    """What arrives for a month, or for the whole of 2025: vouchers, the trial balance to date, people, sales."""

    period: str
    vouchers: Path
    trial: Path
    people: Path
    sales: Path

    @property
    def files(self) -> tuple[Path, ...]:
        return self.vouchers, self.trial, self.people, self.sales


@dataclass(frozen=True)
class Books:
    """Everything a seed gives: ``history`` is 2025, then a delivery a month; the last one is for the walk."""

    company: Company
    budget: Budget
    actuals: Actuals
    requests: Sequence[Request]
    history: Delivery
    deliveries: Sequence[Delivery]


def write_books(folder: Path, package: Path, *, seed: int, lines: int = LINES) -> Books:
    """Writes the files of a seed into ``folder``, about so many voucher lines to October 2026; the same again is the same."""
    folder.mkdir(parents=True, exist_ok=True)
    axis = months(FIRST, LAST)
    company, asked = read_company(package, seed), requests(seed)
    budget = make_budget(company, seed)
    actuals = make_actuals(company, budget, seed, axis)
    ledger = Ledger(company, actuals, seed, round(lines / (len(axis) - 1)), asked)
    for month in axis:
        ledger.add(month, last=month == axis[-1])
    sums: Sums = defaultdict(lambda: [0, 0])
    old = [m for m in axis if m.year == 2025]
    history = _write(folder, "2025", old, ledger, sums)
    deliveries = [_write(folder, str(m), [m], ledger, sums) for m in axis if m.year == 2026]
    return Books(company, budget, actuals, asked, history, deliveries)


def _write(folder: Path, name: str, span: list[Month], ledger: Ledger, sums: Sums) -> Delivery:
    vouchers = [v for month in span for v in ledger.delivered[month]]
    for voucher in vouchers:
        for line in voucher.lines:
            both = sums[voucher.period, line.account]
            both[0] += line.debit
            both[1] += line.credit
    kinds = ("总账凭证", "科目余额", "人事", "销售台账")
    out = Delivery(name, *(folder / f"{kind}_{name}.csv" for kind in kinds))
    _table(out.vouchers, VOUCHER_COLUMNS, _lines(vouchers))
    _table(out.trial, TRIAL_COLUMNS, _trial(sums, span[-1].year))
    _table(out.people, ("月份", "部门编码", "指标", "数值"), _people(ledger.actuals, span))
    _table(out.sales, ("月份", "部门编码", "产品编码", "指标", "数值"), _sales(ledger.actuals, span))
    return out


def _table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _lines(vouchers: Iterable[Voucher]) -> Iterator[Sequence[object]]:
    for voucher in vouchers:
        for number, line in enumerate(voucher.lines, 1):
            yield (
                voucher.number,
                number,
                voucher.date,
                str(voucher.period),
                line.account,
                account_name(line.account),
                line.department,
                line.project,
                line.product,
                line.memo,
                yuan(line.debit) if line.debit else "",
                yuan(line.credit) if line.credit else "",
                line.document,
            )


def _trial(sums: Sums, year: int) -> Iterator[Sequence[object]]:
    """The year to date: a month that late vouchers changed is stated anew."""
    for (month, account), (debit, credit) in sorted(sums.items()):
        if month.year == year:
            yield str(month), account, account_name(account), yuan(debit), yuan(credit)


def _people(actuals: Actuals, span: list[Month]) -> Iterator[Sequence[object]]:
    for (org, month), heads in actuals.heads.items():
        if month in span:
            yield str(month), org, "人数", heads
            yield str(month), org, "人均工资", yuan(round(actuals.spent[org, WAGE, month] / heads))


def _sales(actuals: Actuals, span: list[Month]) -> Iterator[Sequence[object]]:
    for (org, product, month), sale in actuals.sold.items():
        if month in span:
            yield str(month), org, product, "销量", sale.volume
            yield str(month), org, product, "单价", sale.price
            yield str(month), org, product, "单位成本", yuan(round(sale.material / sale.volume))


def yuan(fen: int) -> str:
    """``-1234.50``, without going through floats."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"
