"""`models/loans-and-assets`: annuity and bullet loans, straight-line and declining depreciation, an overdraft on the average
balance, values of flows; months of a fiscal year that begins in April. Made up; the answers are worked out here again from the
entered cells, in fractions, and the expected file must say the same.
"""

import csv
from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction as F
from math import floor
from pathlib import Path

import pytest

from bihuan.features.modelling.answers import answers
from bihuan.features.modelling.package import read_package

PACKAGE = Path(__file__).parents[2] / "models" / "loans-and-assets"
YEAR = [*(f"2026-{m:02d}" for m in range(4, 13)), "2027-01", "2027-02", "2027-03"]
LAST_YEAR = [*(f"2025-{m:02d}" for m in range(4, 13)), "2026-01", "2026-02", "2026-03"]
EVE = "2026-03"


def table(folder: str, cube: str) -> dict[tuple[str, str], dict[str, str]]:
    """(item, member or "") -> column -> text."""
    with (PACKAGE / folder / f"{cube}.csv").open() as file:
        rows = list(csv.DictReader(file))
    dim = {"固定资产": "资产", "贷款": "贷款"}.get(cube, "")
    return {(row["item"], row.get(dim, "")): row for row in rows}


def number(text: str) -> F:
    return F(text.rstrip("%")) / (100 if text.endswith("%") else 1)


def fen(x: F) -> F:
    """Half away from zero at two decimals."""
    whole = floor(abs(x) * 100 + F(1, 2))
    return F(whole, 100) * (1 if x >= 0 else -1)


def last_day(month: str) -> date:
    year, number = map(int, month.split("-"))
    return date(year, number, monthrange(year, number)[1])


def months_since(month: str, begun: date) -> int:
    end = last_day(month)
    return (end.year - begun.year) * 12 + end.month - begun.month


def depreciations(method: str, cost: F, rest: F, life: int) -> Iterator[F]:
    """Month by month, in fen where they arise; the declining one runs on unrounded book values."""
    book = cost
    for _ in range(life):
        part = min(book * F(2, life), book - rest) if method == "双倍" else (cost - rest) / life
        book -= part
        yield fen(part)


def loans() -> Iterator[tuple[str, list[tuple[F, F, F, F]]]]:
    """Per loan: (paid, interest, principal, balance) of each month of the year, from its terms alone."""
    data = table("data", "贷款")
    for loan in ("L1", "L2"):
        terms = {item: data[item, loan]["value"] for item in ("本金", "年利率", "期数", "放款日", "还款方式")}
        amount, rate, count = F(terms["本金"]), number(terms["年利率"]) / 12, int(terms["期数"])
        annuity = amount * rate / (1 - (1 + rate) ** -count)
        balance, rows = F(0), []
        for month in LAST_YEAR + YEAR:
            nth = months_since(month, date.fromisoformat(terms["放款日"]))
            interest = fen(balance * rate) if 1 <= nth <= count else F(0)
            bullet = amount * rate + (amount if nth == count else 0)
            paid = fen(annuity if terms["还款方式"] == "等额" else bullet) if 1 <= nth <= count else F(0)
            principal = balance if nth == count else paid - interest
            balance = amount if nth == 0 else balance - principal
            rows.append((paid, interest, principal, balance))
        yield loan, rows[12:]


def assets() -> Iterator[tuple[str, list[F], list[F]]]:
    """Per asset: depreciation of each month of the year, and the accumulated one with what was charged before."""
    with (PACKAGE / "dimensions" / "资产.csv").open() as file:
        members = [row for row in csv.DictReader(file) if row["启用"]]
    data = table("data", "固定资产")
    for row in members:
        cost = F(data["原值", row["code"]]["value"])
        rest = fen(cost * number(data["残值率", row["code"]]["value"]))
        charges = list(depreciations(row["方法"], cost, rest, int(row["寿命月"])))
        begun = date.fromisoformat(row["启用"])
        nths = [months_since(month, begun) for month in YEAR]
        each = [charges[n - 1] if 0 < n <= len(charges) else F(0) for n in nths]
        yield row["code"], each, [sum(charges[: max(n, 0)], F(0)) for n in nths]


def said(cube: str, item: str, member: str = "") -> list[F]:
    row = table("expect", cube)[item, member]
    return [F(row[month]) for month in YEAR]


def test_every_expected_cell_is_computed_and_equal() -> None:
    results = answers(read_package(PACKAGE))
    assert [one for one in results if not one.agrees] == []
    assert sum(one.kind == "computed" for one in results) == 585


def test_the_expected_loans_follow_from_their_terms() -> None:
    for loan, rows in loans():
        for n, item in enumerate(("每月还款", "利息", "还本", "余额")):
            assert said("贷款", item, loan) == [row[n] for row in rows], (loan, item)


def test_the_entered_opening_balances_are_what_the_terms_give() -> None:
    (_, rows), _ = loans()
    entered = F(table("data", "贷款")["余额", "L1"][EVE])
    assert entered - rows[0][2] == rows[0][3]


def test_the_expected_depreciation_follows_from_cost_life_and_method() -> None:
    for asset, each, so_far in assets():
        assert said("固定资产", "折旧", asset) == each
        assert said("固定资产", "累计折旧", asset) == so_far


def test_the_expected_overdraft_is_the_solution_of_its_equation() -> None:
    """o = p + min - before + (p + o) / 2 * r / 12, where it is positive; the model gets there by repetition, to the fen."""
    data = table("data", "现金")
    opened = {"L1": F(table("data", "贷款")["余额", "L1"][EVE]), "L2": F(0)}
    rate, floor_ = number(data["透支年利率", ""]["value"]), F(data["最低现金", ""]["value"]) * 10_000
    moved = [
        sum((r[i][3] - (r[i - 1][3] if i else opened[loan]) - r[i][1] for loan, r in loans()), F(0)) for i in range(12)
    ]
    cash, owed = F(data["期末现金", ""][EVE]), F(0)
    for i, month in enumerate(YEAR):
        before = cash + F(data["经营净流", ""][month]) + moved[i]
        debt = max(F(0), (owed * (1 + rate / 24) + floor_ - before) / (1 - rate / 24))
        interest = (owed + debt) / 2 * rate / 12
        cash, owed = before + debt - owed - interest, debt
        row = table("expect", "现金")
        for item, wanted in (("透支前", before), ("透支", debt), ("透支利息", interest), ("期末现金", cash)):
            assert abs(F(row[item, ""][month]) - wanted) < F(5, 100), (item, month)


@pytest.mark.parametrize(("item", "by_day"), [("项目内部收益率", False), ("项目按日收益率", True)])
def test_the_expected_rates_make_the_flows_worth_nothing(item: str, by_day: bool) -> None:
    flows = [Decimal(table("data", "现金")["项目净流", ""][month] or "0") for month in YEAR]
    rate = Decimal(table("expect", "现金")[item, ""]["value"])
    days = [(last_day(month) - last_day(YEAR[0])).days for month in YEAR]
    times = [Decimal(day) / 365 if by_day else Decimal(n) for n, day in enumerate(days, 1)]
    worth = sum(flow / (1 + rate) ** time for flow, time in zip(flows, times, strict=True))
    assert abs(worth) < Decimal("0.0001")
    assert any(flow < 0 for flow in flows)
