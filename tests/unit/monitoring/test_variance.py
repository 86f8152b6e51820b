"""Variance as an accountant reads it: difference, rate, sense; roll-up of ledger amounts; spans and progress."""

from decimal import Decimal as D

import pytest

from bihuan.features.monitoring.measures import LedgerAmount, Node, progress, span, terms_of
from bihuan.features.monitoring.model import Terms, Threshold, VarianceRow
from bihuan.kernel.calendar import make_calendar
from bihuan.kernel.errors import NotFound


def row(budget: str | None, executed: str | None, sense: str = "less", adjusted: str | None = None) -> VarianceRow:
    terms = Terms(
        *(None if v is None else D(v) for v in (budget, adjusted)), executed=None if executed is None else D(executed)
    )
    return VarianceRow("D110", "财务部", "费用!差旅", "2026-03", True, terms, sense, D("0.25"), "ledger")  # type: ignore[arg-type]


ROWS = [
    # budget adjusted executed sense   difference rate      verdict
    ("1000", None, "1100", "less", "100", "0.1", "unfavourable"),  # a cost beyond its budget
    ("1000", None, "1100", "more", "100", "0.1", "favourable"),  # revenue beyond its budget
    ("1000", "200", "1100", "less", "-100", "-0.08333", "favourable"),  # the transfer covers it
    ("1000", None, None, "less", "-1000", "-1", "favourable"),  # nothing spent yet
    (None, None, "50", "less", "50", None, "unfavourable"),  # spent without any budget: no rate, not infinite
    ("0", None, "50", "less", "50", None, "unfavourable"),
    (
        "-200",
        None,
        "-150",
        "less",
        "50",
        "0.25",
        "unfavourable",
    ),  # a negative budget: the rate keeps the difference's sign
    ("1000", None, "1000", "less", "0", "0", "none"),
    (None, None, None, "less", None, None, "none"),  # blank is not zero
    ("1000", None, "1100", "", "100", "0.1", "none"),
]


@pytest.mark.parametrize("case", ROWS, ids=str)
def test_difference_rate_and_sense(case: tuple[str | None, ...]) -> None:
    budget, adjusted, executed, sense, difference, rate, verdict = case
    found = row(budget, executed, sense or "", adjusted)
    assert found.difference == (None if difference is None else D(difference))
    assert (found.rate is None) == (rate is None)
    assert rate is None or abs(found.rate - D(rate)) < D("0.00001")
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("budget", "executed", "reached"),
    [
        ("10000", "10999", False),  # 9.99 %: below the rate
        ("10000", "11000", True),  # both bounds met exactly
        ("100", "599", False),  # 499 %, but small money
        (None, "800", True),  # no budget at all: the amount decides
        ("10000", "9000", False),  # favourable
    ],
)
def test_a_deviation_must_reach_amount_and_rate(budget: str | None, executed: str, reached: bool) -> None:
    assert Threshold(D(500), D("0.1")).reached(row(budget, executed)) is reached


def test_amounts_roll_up_by_weight_and_what_is_hidden_makes_a_node_partial() -> None:
    node = Node({"org": {"A": D(1), "B": D("0.75")}})
    amounts = [
        LedgerAmount({"org": "A"}, "budget", True, D("1000.00")),
        LedgerAmount({"org": "A"}, "budget", False, D("-100.00")),  # transferred away
        LedgerAmount({"org": "B"}, "executed", False, D("10.01")),  # 7.5075
        LedgerAmount({"org": "C"}, "executed", False, D("99.00")),  # outside the node
    ]
    assert terms_of(node, amounts) == (Terms(D("1000.00"), D("-100.00"), executed=D("7.51")), False)
    hidden = LedgerAmount({"org": "B"}, "reserved", False, D("5.00"), visible=False)
    terms, partial = terms_of(node, [*amounts, hidden])
    assert (terms.reserved, partial) == (None, True)


def test_a_span_is_a_period_a_group_or_the_year_to_date() -> None:
    calendar = make_calendar("month", "2026-01", "2026-12", history=12)
    assert span(calendar, "2026-03", ytd=False) == ("2026-03",)
    assert span(calendar, "2026-03", ytd=True) == ("2026-01", "2026-02", "2026-03")
    assert span(calendar, "2026Q2", ytd=False) == ("2026-04", "2026-05", "2026-06")
    assert len(span(calendar, "2026Q2", ytd=True)) == 6
    assert (progress(calendar, "2026-03"), progress(calendar, "2026Q2"), progress(calendar, "2026")) == (
        D("0.25"),
        D("0.5"),
        1,
    )
    with pytest.raises(NotFound):
        span(calendar, "2031-01", ytd=False)
