"""Expenses as vouchers: reports and invoices, wages, depreciation, accruals with their reversal, doubles taken back in red."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from bihuan.demo.books.calendar import Month, working_days
from bihuan.demo.books.company import ABROAD, SOCIAL, TRAVEL, WAGE, Company, Org
from bihuan.demo.books.dice import Dice, dice
from bihuan.demo.books.spending import Actuals
from bihuan.demo.books.vouchers import Line, Voucher
from bihuan.demo.books.words import memo

# the company's own subaccounts under 6601 销售费用, 6602 管理费用, 5101 制造费用, 5301 研发支出
SUBACCOUNTS: Mapping[str, str] = {
    TRAVEL: "01", ABROAD: "01", "业务招待费": "02", "广告宣传费": "03", "展会费": "04", "客户活动费": "05", "办公费": "06",
    "会议费": "07", "培训费": "08", "运输费": "09", "专业服务费": "10", "能源费": "11", "维修费": "12", "折旧费": "13",
    WAGE: "21", SOCIAL: "22", "福利费": "23", "材料试制": "31", "委外研发": "32", "检测认证": "33",
}  # fmt: skip
BANK, PAYABLE, STAFF, TAX_IN = "1002", "2202", "122101", "22210101"
DEPRECIATED, WAGES_DUE, SOCIAL_DUE, ACCRUED = "1602", "221101", "221102", "224101"
_TAX = {
    "广告宣传费": 0.06, "展会费": 0.06, "客户活动费": 0.06, "办公费": 0.13, "会议费": 0.06, "培训费": 0.06,
    "运输费": 0.09, "专业服务费": 0.06, "能源费": 0.13, "维修费": 0.13, "材料试制": 0.13, "委外研发": 0.06, "检测认证": 0.06,
}  # fmt: skip
_ACCRUED_ITEMS = ("能源费", "运输费")
_PROJECTS = {ABROAD: "OS", "展会费": "EX", "材料试制": "RD", "委外研发": "RD", "检测认证": "RD"}
_BY_REQUEST = (TRAVEL, ABROAD, "业务招待费", "广告宣传费", "展会费", "客户活动费", "会议费", "培训费")
LEAST = 5_000  # fen of a line


@dataclass(frozen=True)
class Expenses:
    """Who makes the expense vouchers of a month. ``lines``: about how many expense lines."""

    company: Company
    actuals: Actuals
    seed: int
    month: Month
    lines: int

    def vouchers(self) -> list[Voucher]:
        """Every expense of the month; accruals of the month before are taken back."""
        out = [v for org in self.company.orgs for v in self._reports(org)]
        out += [*self._payroll(), *self._depreciation()]
        for org in self.company.orgs:
            out += self._accruals(org)
        return out

    @cached_property
    def _shares(self) -> dict[str, dict[str, int]]:
        """Lines for each organisation's items: more where more is spent."""
        weights = {pair: self._total(*pair) ** 0.5 for pair in self.company.costs if pair[1] != "折旧费"}
        whole = sum(weights.values()) or 1.0
        out: dict[str, dict[str, int]] = {org.code: {} for org in self.company.orgs}
        for (org, item), weight in weights.items():
            out[org][item] = max(1, round(self.lines * weight / whole))
        return out

    def _total(self, org: str, item: str) -> int:
        """What is invoiced in the month: without what is accrued at its end."""
        amount = self.actuals.spent.get((org, item, self.month), 0)
        return amount - self._accrued(org, item, self.month)

    def _accrued(self, org: str, item: str, month: Month) -> int:
        """What is accrued at a month's end because the invoice comes later; 0 for most."""
        amount = self.actuals.spent.get((org, item, month), 0)
        if item not in _ACCRUED_ITEMS or amount < 10_000_000:
            return 0
        return round(amount * dice(self.seed, "accrued", org, item, month).uniform(0.25, 0.45) / 10_000) * 10_000

    def _reports(self, org: Org) -> Iterator[Voucher]:
        """Expense reports and invoices: one to three expense lines, input tax, what it was paid from."""
        chance = dice(self.seed, "reports", org.code, self.month)
        spent = [
            (item, part)
            for item, lines in self._shares[org.code].items()
            if (total := self._total(org.code, item))
            for part in chance.parts(total, lines, LEAST)
        ]
        yield from (report(org, some, self.month, chance) for some in chance.handfuls(spent, 3))

    def _payroll(self) -> Iterator[Voucher]:
        for org in self.company.orgs:
            wages, social = (self.actuals.spent[org.code, item, self.month] for item in (WAGE, SOCIAL))
            text = f"计提{self.month.month}月工资社保"
            yield Voucher(self.month, self.month.last_day, [
                Line(account(org, WAGE), text, debit=wages, department=org.code),
                Line(account(org, SOCIAL), text, debit=social, department=org.code),
                Line(WAGES_DUE, text, credit=wages),
                Line(SOCIAL_DUE, text, credit=social),
            ])  # fmt: skip

    def _depreciation(self) -> Iterator[Voucher]:
        for division in dict.fromkeys(o.division for o in self.company.orgs):
            orgs = [o for o in self.company.orgs if o.division == division]
            amounts = [(o, self.actuals.spent.get((o.code, "折旧费", self.month), 0)) for o in orgs]
            lines = [Line(account(o, "折旧费"), "计提本月折旧", debit=a, department=o.code) for o, a in amounts if a]
            lines.append(Line(DEPRECIATED, "计提本月折旧", credit=sum(a for _, a in amounts)))
            yield Voucher(self.month, self.month.last_day, lines)

    def _accruals(self, org: Org) -> Iterator[Voucher]:
        """What is accrued now, and last month's accrual taken back in red and replaced by the invoice."""
        before = self.month.moved(-1)
        for item in _ACCRUED_ITEMS:
            if now := self._accrued(org.code, item, self.month):
                yield accrual(org, item, now, self.month)
            if then := (self._accrued(org.code, item, before) if before.number >= 0 else 0):
                yield accrual(org, item, then, before).red(1, f"冲回{before.month}月预提{item}", self.month)
                chance = dice(self.seed, "invoice", org.code, item, self.month)
                invoiced = round(then * chance.uniform(0.985, 1.015))
                yield report(org, [(item, invoiced)], self.month, chance)


def account(org: Org, item: str) -> str:
    """The ledger account of an organisation's expense."""
    return org.account + SUBACCOUNTS[item]


def report(org: Org, spent: list[tuple[str, int]], month: Month, chance: Dice) -> Voucher:
    """One expense report or invoice."""
    lines, tax = [], 0
    number = f" OA-{month.year}-{chance.randint(10_000, 99_999)}" if chance.random() < 0.3 else ""
    for item, amount in spent:
        prefix = _PROJECTS.get(item, "")
        project = f"{prefix}{month.year % 100}{chance.randint(1, 9):02d}" if prefix else ""
        text = memo(item, chance) + (number if item in _BY_REQUEST else "")
        lines.append(Line(account(org, item), text, amount, 0, org.code, project))
        tax += round(amount * _TAX.get(item, 0.0))
    if tax:
        lines.append(Line(TAX_IN, "进项税额", debit=tax))
    paid = chance.one((BANK, BANK, PAYABLE, STAFF if spent[0][0] in (TRAVEL, ABROAD) else PAYABLE))
    lines.append(Line(paid, lines[0].memo, credit=sum(line.debit for line in lines)))
    return Voucher(month, chance.one(working_days(month)), lines)


def accrual(org: Org, item: str, amount: int, month: Month) -> Voucher:
    """An expense whose invoice is still to come."""
    text = f"预提{month.month}月{item}"
    lines = [Line(account(org, item), text, debit=amount, department=org.code), Line(ACCRUED, text, credit=amount)]
    return Voucher(month, month.last_day, lines)


def doubled(vouchers: list[Voucher], chance: Dice, times: int) -> Iterator[tuple[Voucher, Voucher, bool]]:
    """Some reports booked a second time by mistake, the red voucher that takes the second one back, whether next month."""
    for original in chance.sample(vouchers, min(times, len(vouchers))):
        if any(line.account.endswith("01") and line.department for line in original.lines):
            continue  # a double journey would run into the travel budget for a while
        again = Voucher(original.period, original.day, list(original.lines))
        later = chance.random() < 0.3
        period = original.period.moved(1) if later else original.period
        day = working_days(period)[0] if later else max(original.day, working_days(period)[-1])
        yield again, again.red(day, f"冲销重复入账：{original.lines[0].memo}", period), later
