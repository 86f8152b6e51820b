"""Actuals of a made-up company through the real load, against what DuckDB makes of the same files; for several seeds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import pytest
from tests.integration.demo.duck import Duck, Key

from bihuan.bootstrap import Container, build, models_folder
from bihuan.demo.actuals import LEDGER, define_sources, load_delivery, load_history
from bihuan.demo.books.files import Books, write_books
from bihuan.demo.people import COMPANY, add_people
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.model import system
from bihuan.features.integration import commands, queries
from bihuan.features.integration.tie_out import tie_out
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling.folder import read_folder
from bihuan.features.planning import queries as planning
from bihuan.settings import Settings

SEEDS = (11, 4_000_000_007)
PACKAGE = models_folder() / COMPANY
CLOSED = [f"2025-{m:02d}" for m in range(1, 13)] + [f"2026-{m:02d}" for m in range(1, 10)]  # when November's file comes


@dataclass
class Loaded:
    """A company whose files to November 2026 are loaded; without control, so that the numbers stand in the plan alone."""

    container: Container
    books: Books

    @cached_property
    def duck(self) -> Duck:
        return Duck(PACKAGE, [self.books.history.vouchers, *(d.vouchers for d in self.books.deliveries)], CLOSED)

    def cells(self, item: str, dim: str, keys: set[Key]) -> dict[Key, Decimal]:
        """What the version 实际 says at these leaf cells, blank ones left out."""
        cube, _, code = item.partition("!")
        periods = sorted({p for _, _, p in keys})
        places = sorted({(org, member) for org, member, _ in keys})
        with self.container.database.reading() as reader:
            version = planning.version(reader, COMPANY, "实际")
            read = planning.read_cells(
                reader,
                system("test"),
                version_id=version.id,
                item=ItemRef(cube, code),
                rows=[{"org": org, dim: member} for org, member in places],
                periods=periods,
            )
        pairs = zip(places, read.values, strict=True)
        return {(*place, p): v for place, row in pairs for p, v in zip(periods, row, strict=True) if v is not None}


@pytest.fixture(scope="module", params=SEEDS)
def loaded(
    request: pytest.FixtureRequest, new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    folder = Path(tmp_path_factory.mktemp("data"))
    container = build(Settings(data=folder, database_url=new_database()))
    add_people(container)
    with container.database.writing() as uow:
        modelling.apply(uow, system("test"), read_folder(PACKAGE), name=COMPANY)
    books = write_books(folder / "books", PACKAGE, seed=request.param, lines=20_000)
    load_history(container, PACKAGE, books.history)
    define_sources(container, PACKAGE, controlled=False)
    for delivery in books.deliveries:
        if delivery.period == "2026-11":
            with container.database.writing() as uow:
                commands.set_period_status(uow, system("test"), model=COMPANY, periods=CLOSED, status="closed")
        load_delivery(container, delivery)
    yield Loaded(container, books)
    container.database.engine.dispose()


def test_expenses_by_organisation_item_and_month_are_what_duckdb_adds_up(loaded: Loaded) -> None:
    expected = loaded.duck.expenses()
    found = loaded.cells("费用!金额", "科目", set(expected))
    assert len(expected) > 9_000
    assert {key: value for key, value in found.items() if value} == expected


@pytest.mark.parametrize(("item", "account", "sign"), [("销售!销售收入", "6001", -1), ("销售!销售成本", "6401", 1)])
def test_sales_and_their_cost_are_what_duckdb_adds_up(loaded: Loaded, item: str, account: str, sign: int) -> None:
    expected = loaded.duck.traded(account, sign)
    assert len(expected) > 1_000
    assert loaded.cells(item, "产品", set(expected)) == expected


def test_pieces_times_price_is_the_revenue_of_the_ledger(loaded: Loaded) -> None:
    expected = loaded.duck.traded("6001", -1)
    pieces, prices = (loaded.cells(item, "产品", set(expected)) for item in ("销售!销量", "销售!单价"))
    assert {key: pieces[key] * prices[key] for key in expected} == expected


def test_the_tie_out_is_zero_once_the_rejected_lines_are_disclosed(loaded: Loaded) -> None:
    with loaded.container.database.reading() as reader:
        rows = tie_out(reader, system("test"), loaded.container.warehouse, source=LEDGER)
    assert {row.period for row in rows} == {
        f"{y}-{m:02d}" for y, n in ((2025, 12), (2026, 11)) for m in range(1, n + 1)
    }
    assert [row for row in rows if row.difference] == []
    assert any(row.rejected for row in rows)
    assert any(row.excluded for row in rows)


def test_the_vouchers_on_the_error_desk_are_the_ones_duckdb_finds_wrong(loaded: Loaded) -> None:
    with loaded.container.database.reading() as reader:
        desk = queries.error_desk(reader, system("test"), source=LEDGER, count=100_000)
    assert len({(line.period, line.voucher) for line in desk}) == loaded.duck.rejected_vouchers()
    outcomes = {line.outcome for line in desk}
    assert outcomes == {
        "BAD_DATE", "UNMAPPED", "UNKNOWN_MEMBER", "UNBALANCED_VOUCHER", "PERIOD_CLOSED", "VOUCHER_REJECTED"
    }  # fmt: skip


def test_wages_per_head_times_heads_is_the_wage_of_the_ledger_but_for_rounding(loaded: Loaded) -> None:
    wages = {key: value for key, value in loaded.duck.expenses().items() if key[1] == "工资"}
    with loaded.container.database.reading() as reader:
        version = planning.version(reader, COMPANY, "实际")
        orgs, periods = sorted({org for org, _, _ in wages}), sorted({p for _, _, p in wages})
        paid = planning.read_cells(
            reader,
            system("test"),
            version_id=version.id,
            item=ItemRef("人力", "工资总额"),
            rows=[{"org": org} for org in orgs],
            periods=periods,
        )
    for org, row in zip(orgs, paid.values, strict=True):
        for period, total in zip(periods, row, strict=True):
            assert total is not None
            assert abs(total - wages[org, "工资", period]) <= 5  # half a fen for each of up to a thousand heads


def test_people_are_those_of_the_personnel_files(loaded: Loaded) -> None:
    with loaded.container.database.reading() as reader:
        version = planning.version(reader, COMPANY, "实际")
        read = planning.read_cells(
            reader,
            system("test"),
            version_id=version.id,
            item=ItemRef("人力", "人数"),
            rows=[{"org": "QM"}],
            periods=["2026-10"],
        )
    heads = [n for (_, month), n in loaded.books.actuals.heads.items() if str(month) == "2026-10"]
    assert read.values == [[Decimal(sum(heads))]]
