"""Loans, depreciation, cash flows: the answers that spreadsheets publish for the same questions, and the same by paper.

The published ones are the examples on the manufacturer's help page of each function (Microsoft Excel), to the digits shown.
"""

import random
from datetime import date

import numpy as np
import pytest
from tests import naive_money

from bihuan.engine.formula import financial
from bihuan.engine.formula.kernels import blank, constant
from bihuan.kernel.state import State

PUBLISHED = [
    ("PMT", (0.08 / 12, 10, 10000), "-1037.03"),
    ("PMT", (0.08 / 12, 10, 10000, 0, 1), "-1030.16"),
    ("PMT", (0.06 / 12, 18 * 12, 0, 50000), "-129.08"),
    ("IPMT", (0.10 / 12, 1, 3 * 12, 8000), "-66.67"),
    ("IPMT", (0.10, 3, 3, 8000), "-292.45"),
    ("PPMT", (0.10 / 12, 1, 2 * 12, 2000), "-75.62"),
    ("PPMT", (0.08, 10, 10, 200000), "-27598.05"),
    ("PV", (0.08 / 12, 12 * 20, 500), "-59777.15"),
    ("FV", (0.06 / 12, 10, -200, -500, 1), "2581.40"),
    ("FV", (0.12 / 12, 12, -1000), "12682.50"),
    ("FV", (0.06 / 12, 12, -100, -1000, 1), "2301.40"),
    ("SLN", (30000, 7500, 10), "2250.00"),
    ("SYD", (30000, 7500, 10, 1), "4090.91"),
    ("SYD", (30000, 7500, 10, 10), "409.09"),
    ("DDB", (2400, 300, 10 * 365, 1), "1.32"),
    ("DDB", (2400, 300, 10 * 12, 1, 2), "40.00"),
    ("DDB", (2400, 300, 10, 1, 2), "480.00"),
    ("DDB", (2400, 300, 10, 2, 1.5), "306.00"),
    ("DDB", (2400, 300, 10, 10), "22.12"),
]


def of(name: str, *args: float) -> float:
    cells = financial.FUNCTIONS[name](*(constant(float(a)) for a in args))
    assert cells.states.item() == State.VALUE, State(int(cells.states.item())).name
    return float(cells.values.item())


@pytest.mark.parametrize(("name", "args", "shown"), PUBLISHED)
def test_what_is_published(name: str, args: tuple[float, ...], shown: str) -> None:
    assert f"{of(name, *args):.2f}" == shown
    assert of(name, *args) == pytest.approx(getattr(naive_money, name.lower())(*args), rel=1e-9)


def test_net_present_values_that_are_published() -> None:
    """10 %: -10,000 one year from today, then 3,000, 4,200, 6,800 → 1,188.44; 8 % on a shop for 40,000 → 1,922.06."""
    assert f"{financial.flows_value(np.array([0.1]), np.array([[-10000, 3000, 4200, 6800.0]]))[0]:.2f}" == "1188.44"
    shop = np.array([[8000, 9200, 10000, 12000, 14500.0]])
    assert f"{financial.flows_value(np.array([0.08]), shop)[0] - 40000:.2f}" == "1922.06"


@pytest.mark.parametrize(("years", "shown"), [(5, "8.7"), (4, "-2.1"), (2, "-44.4")])
def test_internal_rates_that_are_published(years: int, shown: str) -> None:
    flows = np.array([[-70000, 12000, 15000, 18000, 21000, 26000.0]])
    assert f"{100 * financial.internal_rate(flows[:, : years + 1])[0]:.1f}" == shown


@pytest.mark.parametrize("seed", range(20))
def test_loans_as_on_paper(seed: int) -> None:
    dice = random.Random(seed)
    rate, count = dice.choice([0.0, dice.uniform(0.0001, 0.3)]), dice.randrange(1, 60)
    present, future, due = dice.uniform(-1e6, 1e6), dice.choice([0.0, dice.uniform(-1e5, 1e5)]), dice.choice([0, 1])
    period, payment = dice.randrange(1, count + 1), dice.uniform(-1e4, 1e4)
    for name, args in {
        "PMT": (rate, count, present, future, due),
        "FV": (rate, count, payment, present, due),
        "PV": (rate, count, payment, future, due),
        "IPMT": (rate, period, count, present, future, due),
        "PPMT": (rate, period, count, present, future, due),
    }.items():
        assert of(name, *args) == pytest.approx(getattr(naive_money, name.lower())(*args), rel=1e-7, abs=1e-5), name
    paid = sum(of("PPMT", rate, k, count, present, 0, due) for k in range(1, count + 1))
    assert paid == pytest.approx(-present, rel=1e-6), "the principal parts pay the loan off"


@pytest.mark.parametrize("seed", range(20))
def test_depreciation_as_on_paper_and_never_more_than_the_asset(seed: int) -> None:
    dice = random.Random(seed)
    life, cost = dice.randrange(1, 30), dice.uniform(1e3, 1e6)
    salvage, factor = dice.uniform(0, cost), dice.choice([1, 1.5, 2, 3, 40])
    parts = [of("DDB", cost, salvage, life, k, factor) for k in range(1, life + 1)]
    on_paper = [naive_money.ddb(cost, salvage, life, k, factor) for k in range(1, life + 1)]
    assert parts == pytest.approx(on_paper, rel=1e-9, abs=1e-6)
    assert sum(parts) <= (cost - salvage) * (1 + 1e-12)
    for name in ("SLN", "SYD"):
        whole = [of(name, cost, salvage, life, *([k] if name == "SYD" else [])) for k in range(1, life + 1)]
        assert sum(whole) == pytest.approx(cost - salvage)


@pytest.mark.parametrize("seed", range(30))
def test_an_internal_rate_makes_the_value_nothing(seed: int) -> None:
    dice = np.random.default_rng(seed)
    flows = np.round(dice.normal(0, 1e5, (40, int(dice.integers(2, 30)))), 2)
    for row, rate in zip(flows, financial.internal_rate(flows), strict=True):
        on_paper = naive_money.irr(list(row))
        if np.isnan(rate):
            assert on_paper is None
        else:
            # at a rate near -100 % the terms are astronomical: nothing compared with their size
            size = float((np.abs(row) * (1.0 + rate) ** -np.arange(1.0, len(row) + 1)).sum())
            assert abs(naive_money.npv(rate, list(row))) <= 1e-9 * size


def test_what_there_is_no_number_for() -> None:
    none = [
        ("PMT", (0.1, 0, 100)),
        ("PMT", (0.1, -3, 100)),
        ("IPMT", (0.1, 0, 3, 100)),
        ("IPMT", (0.1, 4, 3, 100)),
        ("SLN", (100, 0, 0)),
        ("DDB", (100, 10, 5, 6)),
        ("DDB", (100, 10, 5, 0)),
        ("SYD", (100, 10, 5, 6)),
    ]
    for name, args in none:
        cells = financial.FUNCTIONS[name](*(constant(float(a)) for a in args))
        assert cells.states.item() == State.BAD_NUMBER, (name, args)
    assert financial.FUNCTIONS["PMT"](constant(0.1), blank(), constant(1.0)).states.item() == State.BLANK
    assert np.isnan(financial.internal_rate(np.array([[1.0, 2.0], [-1.0, -2.0], [0.0, 0.0]]))).all()


def test_many_rows_are_solved_as_one_by_one() -> None:
    flows = np.random.default_rng(5).normal(1, 3, (5_000, 6))
    some = [0, 1, 2047, 2048, 2049, 4999]
    many = financial.internal_rate(flows)
    assert np.array_equal(
        many[some], np.concatenate([financial.internal_rate(flows[k : k + 1]) for k in some]), equal_nan=True
    )


def test_a_yearly_rate_of_dated_flows_as_the_spreadsheets_manual_prints_it() -> None:
    """The example of the XIRR function in Microsoft's and LibreOffice's help: 37.3362535 %."""
    days = [date(2008, 1, 1), date(2008, 3, 1), date(2008, 10, 30), date(2009, 2, 15), date(2009, 4, 1)]
    flows = np.array([[-10000.0, 2750, 4250, 3250, 2750]])
    years = np.array([(day - days[0]).days / 365 for day in days])
    assert financial.dated_rate(flows, years)[0] == pytest.approx(0.373362535, abs=5e-9)
    # and of XNPV: at 9 % the same flows are worth 2086.65
    assert financial.dated_value(np.array([0.09]), flows, years)[0] == pytest.approx(2086.65, abs=5e-3)
