"""Sales with their cost, purchases, production, receipts and payments as vouchers."""

from collections.abc import Iterator
from dataclasses import dataclass

from bihuan.demo.books.calendar import Month, working_days
from bihuan.demo.books.company import Company
from bihuan.demo.books.dice import Dice, dice
from bihuan.demo.books.expenses import BANK, PAYABLE, TAX_IN
from bihuan.demo.books.spending import Actuals
from bihuan.demo.books.vouchers import Line, Voucher

RECEIVABLE, REVENUE, COST, TAX_OUT = "1122", "6001", "6401", "22210102"
MATERIAL, GOODS, WORK, FEES = "1403", "1405", "5001", "660301"
_VAT = 0.13
LEAST_INVOICE = 2_000_000  # fen
_SUPPLIERS = ("宝钢特材", "华东铜业", "长江轴承", "海光电子", "鼎泰磁材", "新源铸造", "三和包装", "中原密封")


@dataclass(frozen=True)
class Trading:
    """Who makes the trade's vouchers of a month."""

    company: Company
    actuals: Actuals
    seed: int
    month: Month

    def sales(self, lines: int) -> list[Voucher]:
        """Invoices, about so many revenue lines, and at the month's end what the goods cost."""
        sellers = dict.fromkeys(org for org, _ in self.company.sold)
        whole = sum(self._sale(*pair) for pair in self.company.sold) or 1
        out: list[Voucher] = []
        for org in sellers:
            chance = dice(self.seed, "invoices", org, self.month)
            products = [p for o, p in self.company.sold if o == org]
            parts = [
                (p, part)
                for p in products
                for part in chance.parts(
                    self._sale(org, p), max(1, round(lines * self._sale(org, p) / whole)), LEAST_INVOICE
                )
            ]
            out += [_invoice(org, some, self.month, chance) for some in chance.handfuls(parts, 3)]
            out.append(self._cost(org, products))
        return out

    def _sale(self, org: str, product: str) -> int:
        return self.actuals.sold[org, product, self.month].revenue

    def _cost(self, org: str, products: list[str]) -> Voucher:
        amounts = [(p, self.actuals.sold[org, p, self.month].material) for p in products]
        lines = [Line(COST, "结转销售成本", debit=a, department=org, product=p) for p, a in amounts]
        lines.append(Line(GOODS, "结转销售成本", credit=sum(a for _, a in amounts)))
        return Voucher(self.month, self.month.last_day, lines)

    def rest(self, lines: int) -> Iterator[Voucher]:
        """Purchases, production, receipts, payments: so many lines that the month has its size."""
        chance = dice(self.seed, "rest", self.month)
        kinds = (_purchase, _receipt, _payment, _drawn, _finished, _fee)
        made = 0
        total = sum(s.material for (_, _, m), s in self.actuals.sold.items() if m == self.month)
        usual = total / max(1, lines / 12)
        while made < lines:
            voucher = chance.one(kinds)(round(chance.about(usual, 0.6)), self.month, chance)
            made += len(voucher.lines)
            yield voucher


def _invoice(org: str, parts: list[tuple[str, int]], month: Month, chance: Dice) -> Voucher:
    text = f"销售产品，发票{chance.randint(10_000_000, 99_999_999)}"
    lines = [Line(REVENUE, text, credit=a, department=org, product=p) for p, a in parts]
    tax = round(sum(a for _, a in parts) * _VAT)
    lines.append(Line(TAX_OUT, text, credit=tax))
    lines.insert(0, Line(RECEIVABLE, text, debit=sum(line.credit for line in lines)))
    return Voucher(month, chance.one(working_days(month)), lines)


def _purchase(amount: int, month: Month, chance: Dice) -> Voucher:
    text, tax = f"采购入库 {chance.one(_SUPPLIERS)}", round(amount * _VAT)
    lines = [
        Line(MATERIAL, text, debit=amount),
        Line(TAX_IN, text, debit=tax),
        Line(PAYABLE, text, credit=amount + tax),
    ]
    return Voucher(month, chance.one(working_days(month)), lines)


def _pair(accounts: tuple[str, str], text: str, amount: int, month: Month, chance: Dice) -> Voucher:
    debit, credit = accounts
    lines = [Line(debit, text, debit=amount), Line(credit, text, credit=amount)]
    return Voucher(month, chance.one(working_days(month)), lines)


def _receipt(amount: int, month: Month, chance: Dice) -> Voucher:
    return _pair((BANK, RECEIVABLE), "收到货款", amount, month, chance)


def _payment(amount: int, month: Month, chance: Dice) -> Voucher:
    return _pair((PAYABLE, BANK), f"支付货款 {chance.one(_SUPPLIERS)}", amount, month, chance)


def _drawn(amount: int, month: Month, chance: Dice) -> Voucher:
    return _pair((WORK, MATERIAL), "生产领料", amount, month, chance)


def _finished(amount: int, month: Month, chance: Dice) -> Voucher:
    return _pair((GOODS, WORK), "产品完工入库", amount, month, chance)


def _fee(_amount: int, month: Month, chance: Dice) -> Voucher:
    return _pair((FEES, BANK), "银行手续费", round(chance.about(3_000, 0.5)), month, chance)
