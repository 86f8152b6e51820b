"""What happened: expenses by organisation, item and month in fen, people at each month's end, pieces sold and at what price."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bihuan.demo.books.budget import (
    HEAD_GROWTH,
    Budget,
    Cell,
    OrgMonth,
    growth,
    price,
    sales_growth,
    unit_material,
    wage,
)
from bihuan.demo.books.calendar import Month
from bihuan.demo.books.company import ABROAD, SOCIAL, SOCIAL_RATE, TRAVEL, WAGE, Company
from bihuan.demo.books.dice import dealt, dice
from bihuan.demo.books.seasons import NOISE, SALES, USUAL_NOISE, grown, season
from bihuan.demo.books.stories import is_told, told

_WITHIN = 0.97  # of the cumulative travel budget: only who a story is about runs over it


@dataclass(frozen=True)
class Sale:
    """A product sold by an organisation in a month. ``volume`` pieces, amounts in fen."""

    volume: int
    price: Decimal
    revenue: int
    material: int


@dataclass(frozen=True)
class Actuals:
    """``spent`` (org, item, month) -> fen; ``heads`` at the month's end; ``sold`` (org, product, month)."""

    spent: Mapping[Cell, int]
    heads: Mapping[OrgMonth, int]
    sold: Mapping[Cell, Sale]


def make_actuals(company: Company, budget: Budget, seed: int, months: Sequence[Month]) -> Actuals:
    """Everything of these months, in fen where it is money."""
    heads = {(o.code, m): _heads(company, seed, o.code, m) for o in company.orgs for m in months}
    spent: dict[Cell, int] = {}
    for (org, item), base in company.costs.items():
        amounts = {m: _spent(seed, org, item, m, base) for m in months}
        held = item in (TRAVEL, ABROAD) and not is_told(org, item)
        spent |= {(org, item, m): f for m, f in (_kept(budget, org, item, amounts) if held else amounts).items()}
    for (org, month), people in heads.items():
        paid = dealt(seed, people * float(wage(company, org, month)), NOISE[WAGE], "paid", org, month)
        spent[org, WAGE, month] = round(paid * 100)
        spent[org, SOCIAL, month] = round(dealt(seed, paid * SOCIAL_RATE, NOISE[SOCIAL], "social", org, month) * 100)
    sold = {(o, p, m): _sale(company, seed, (o, p, m), base) for (o, p), base in company.sold.items() for m in months}
    return Actuals(spent, heads, sold)


def _spent(seed: int, org: str, item: str, month: Month, base: float) -> int:
    middle = base * season(item, month) * grown(growth(seed, org, item), month) * told(seed, org, item, month)
    return round(dealt(seed, middle, NOISE.get(item, USUAL_NOISE), "spent", org, item, month) * 100)


def _kept(budget: Budget, org: str, item: str, amounts: Mapping[Month, int]) -> dict[Month, int]:
    """Amounts cut where they would run over the budget to date, as careful departments do."""
    out, room = {}, 0.0
    for month, amount in amounts.items():
        room = room + float(budget.expense(org, item, month)) * 100 * _WITHIN
        out[month] = amount if month.year < 2026 else max(0, min(amount, int(room)))
        room -= out[month] if month.year >= 2026 else room
    return out


def _heads(company: Company, seed: int, org: str, month: Month) -> int:
    steady = company.heads[org] * grown(HEAD_GROWTH, month)
    return max(1, round(steady + dice(seed, "heads", org, month.number // 3).uniform(-0.015, 0.01) * steady))


def _sale(company: Company, seed: int, cell: Cell, base: float) -> Sale:
    org, product, month = cell
    listed = price(company, org, product, month)
    cut = told(seed, org, product, month)
    paid = Decimal(f"{float(listed) * cut * dice(seed, 'price', org, product, month).uniform(0.985, 1.01):.2f}")
    amount = base * season(SALES, month) * grown(sales_growth(seed, org, product), month) * cut**-1.2
    volume = max(1, round(dealt(seed, amount, NOISE[SALES], "volume", org, product, month) / float(listed)))
    cost = unit_material(company, org, product, month)
    cost = Decimal(f"{dealt(seed, float(cost), 0.01, 'material', org, product, month):.2f}")
    return Sale(volume, paid, int(volume * paid * 100), int(volume * cost * 100))
