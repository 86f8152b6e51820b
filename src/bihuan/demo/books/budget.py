"""What was planned for 2026: people, expenses, sales. Amounts are yuan as somebody would type them into a form."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from bihuan.demo.books.calendar import Month, months
from bihuan.demo.books.company import ABROAD, SOCIAL, SOCIAL_RATE, TRAVEL, WAGE, Company
from bihuan.demo.books.dice import dice
from bihuan.demo.books.seasons import SALES, grown, season
from bihuan.demo.books.stories import LATE_HIRING

BUDGET_YEAR = months("2026-01", "2026-12")
WAGE_GROWTH, HEAD_GROWTH, PRICE_GROWTH = 0.05, 0.02, -0.01
OrgMonth = tuple[str, Month]
Cell = tuple[str, str, Month]  # org, item or product, month


@dataclass(frozen=True)
class Budget:
    """``costs`` without wages and social insurance, which follow from ``heads`` × ``wages``."""

    heads: Mapping[OrgMonth, int]
    wages: Mapping[OrgMonth, Decimal]
    social_rate: Decimal
    costs: Mapping[Cell, Decimal]
    volumes: Mapping[Cell, int]
    prices: Mapping[Cell, Decimal]
    material: Mapping[Cell, Decimal]

    def expense(self, org: str, item: str, month: Month) -> Decimal:
        """The budget of a leaf cell, wages and social insurance included; 0 where nothing is planned."""
        if item in (WAGE, SOCIAL):
            wage = self.heads.get((org, month), 0) * self.wages.get((org, month), Decimal(0))
            return wage if item == WAGE else wage * self.social_rate
        return self.costs.get((org, item, month), Decimal(0))


def growth(seed: int, org: str, item: str) -> float:
    """The yearly rate at which this grows."""
    return dice(seed, "growth", org, item).uniform(0.02, 0.10)


def sales_growth(seed: int, org: str, product: str) -> float:
    """The yearly rate at which this sells more."""
    return dice(seed, "sales growth", org, product).uniform(0.03, 0.15)


def make_budget(company: Company, seed: int) -> Budget:
    """The budget as it was made in the autumn of 2025, with the slack that everybody puts in."""
    costs = {(o, i, m): _cost(seed, o, i, m, base) for (o, i), base in company.costs.items() for m in BUDGET_YEAR}
    sold = [(o, p, m, base) for (o, p), base in company.sold.items() for m in BUDGET_YEAR]
    return Budget(
        heads={(o.code, m): planned_heads(company, o.code, m) for o in company.orgs for m in BUDGET_YEAR},
        wages={(o.code, m): wage(company, o.code, m) for o in company.orgs for m in BUDGET_YEAR},
        social_rate=Decimal(str(SOCIAL_RATE)),
        costs=costs,
        volumes={(o, p, m): _volume(company, seed, (o, p, m), base) for o, p, m, base in sold},
        prices={(o, p, m): price(company, o, p, m) for o, p, m, _ in sold},
        material={(o, p, m): unit_material(company, o, p, m) for o, p, m, _ in sold},
    )


def _cost(seed: int, org: str, item: str, month: Month, base: float) -> Decimal:
    slack = dice(seed, "slack", org, item).uniform(1.07, 1.11) if item in (TRAVEL, ABROAD) else 1.0
    slack *= dice(seed, "guess", org, item).uniform(0.99, 1.05)
    step = 1000 if base > 50_000 else 100
    amount = base * season(item, month) * grown(growth(seed, org, item), month) * slack
    return Decimal(max(step, round(amount / step) * step))


def planned_heads(company: Company, org: str, month: Month) -> int:
    """People at the month's end, hirings as planned."""
    first, more = LATE_HIRING.get(org, ("9999-12", 0))
    return round(company.heads[org] * grown(HEAD_GROWTH, month)) + (more if str(month) >= first else 0)


def wage(company: Company, org: str, month: Month) -> Decimal:
    """The average wage of the month, with the year-end bonus before the Spring Festival."""
    amount = company.wages[org] * grown(WAGE_GROWTH, month) * season(WAGE, month)
    return Decimal(round(amount / 10) * 10)


def price(company: Company, org: str, product: str, month: Month) -> Decimal:
    """The list price; abroad 12 % more."""
    abroad = 1.12 if company.org(org).division != company_division(company, product) else 1.0
    return Decimal(f"{company.prices[product] * abroad * grown(PRICE_GROWTH, month):.2f}")


def unit_material(company: Company, _org: str, product: str, month: Month) -> Decimal:
    """Direct material per piece."""
    return Decimal(f"{company.prices[product] * company.material[product] * grown(0.005, month):.2f}")


def company_division(company: Company, product: str) -> str:
    """The division that makes a product."""
    return next(p.division for p in company.products if p.code == product)


def _volume(company: Company, seed: int, cell: Cell, base: float) -> int:
    org, product, month = cell
    guess = dice(seed, "guess", org, product).uniform(0.98, 1.07)
    amount = base * season(SALES, month) * grown(sales_growth(seed, org, product), month) * guess
    return max(1, round(amount / float(price(company, org, product, month))))
