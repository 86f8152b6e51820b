"""The books of a seed: reproducible, of the right size, balanced but for what was planted, moved by the Spring Festival."""

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from bihuan.bootstrap import models_folder
from bihuan.demo.books.calendar import Month, spring_share
from bihuan.demo.books.dice import dice
from bihuan.demo.books.errors import FAULTS
from bihuan.demo.books.files import Books, write_books

PACKAGE = models_folder() / "qiming"
Row = dict[str, str]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return write_books(tmp_path_factory.mktemp("books"), PACKAGE, seed=5, lines=30_000)


def rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def amount(row: Row) -> Decimal:
    return Decimal(row["借方金额"] or 0) - Decimal(row["贷方金额"] or 0)


def voucher_sums(path: Path) -> dict[tuple[str, str], Decimal]:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows(path):
        sums[row["会计期间"], row["凭证号"]] += amount(row)
    return sums


def test_a_seed_gives_the_same_files_again_and_another_seed_others(books: Books, tmp_path: Path) -> None:
    again = write_books(tmp_path / "again", PACKAGE, seed=5, lines=30_000)
    other = write_books(tmp_path / "other", PACKAGE, seed=6, lines=30_000)
    for one, same, different in zip(books.history.files, again.history.files, other.history.files, strict=True):
        assert one.read_bytes() == same.read_bytes()
        assert one.read_bytes() != different.read_bytes()


def test_the_full_size_is_two_hundred_thousand_lines_to_october(tmp_path: Path) -> None:
    full = write_books(tmp_path, PACKAGE, seed=8)
    lines = sum(len(rows(d.vouchers)) for d in (full.history, *full.deliveries[:-1]))
    assert 195_000 < lines < 205_000
    assert full.deliveries[-1].period == "2026-11"


def test_every_voucher_balances_but_the_mixed_up_pairs(books: Books) -> None:
    for delivery in (books.history, *books.deliveries):
        uneven = [s for s in voucher_sums(delivery.vouchers).values() if s]
        faults = FAULTS.get(delivery.period)
        assert len(uneven) == (2 * faults.mixed if faults else 0)
        assert sum(uneven) == 0, "what slipped out of one voucher slipped into the other"


def test_no_voucher_number_is_given_twice(books: Books) -> None:
    seen: set[tuple[str, str, str]] = set()
    for delivery in (books.history, *books.deliveries):
        for row in rows(delivery.vouchers):
            line = (row["会计期间"], row["凭证号"], row["分录号"])
            assert line not in seen
            seen.add(line)


def test_trial_balances_balance_and_profit_and_loss_is_closed_to_zero(books: Books) -> None:
    for delivery in (books.history, *books.deliveries):
        left: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for row in rows(delivery.trial):
            left[row["会计期间"], row["科目编码"]] += Decimal(row["借方发生额"]) - Decimal(row["贷方发生额"])
        assert sum(left.values()) == 0
        assert not [
            key for key, value in left.items() if value and (key[1][0] == "6" or key[1][:4] in ("5101", "5301"))
        ]


def test_sales_dip_in_the_month_of_the_spring_festival(books: Books) -> None:
    """2025-01-29 lies in January for the most part, 2026-02-17 in February: the dip wanders."""
    by_month: dict[str, int] = defaultdict(int)
    for (_, _, month), sale in books.actuals.sold.items():
        by_month[str(month)] += sale.revenue
    assert by_month["2025-01"] < by_month["2026-01"] * 0.85
    assert by_month["2026-02"] < by_month["2026-01"] * 0.75
    assert spring_share(Month(2026, 2)) == 1.0
    assert spring_share(Month(2026, 1)) == 0.0


def test_each_travel_budget_is_kept_but_by_whom_the_story_is_about(books: Books) -> None:
    for (org, item), _ in books.company.costs.items():
        if item not in ("国内差旅", "海外差旅"):
            continue
        months = [Month(2026, m) for m in range(1, 11)]
        spent = [books.actuals.spent[org, item, m] for m in months]
        planned = [int(books.budget.expense(org, item, m) * 100) for m in months]
        within = all(sum(spent[:n]) <= sum(planned[:n]) for n in range(1, 11))
        assert within == ((org, item) != ("PWR-MKT", "海外差旅")), (org, item)


def test_parts_add_up_and_have_their_least_size() -> None:
    chance = dice(1, "parts")
    for total in (1, 7, 999, 123_456, -5_000):
        for count in (1, 2, 9, 500):
            parts = chance.parts(total, count, least=5)
            assert sum(parts) == total
            assert len(parts) == 1 or min(abs(p) for p in parts) >= 5
