"""Checking and reserving at the same state agree: on every rule's answer, on the numbers, on every way out that was named."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bihuan.features.access.model import Grant, Principal
from bihuan.features.control import commands, queries
from bihuan.features.control.checking import check
from bihuan.features.control.model import BudgetCell, BudgetExceeded, Request, RequestLine, VoucherLine
from bihuan.features.control.package import read_policy
from bihuan.features.control.policy import Trees
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.store.unit_of_work import Database

MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")
CALENDAR = ControlCalendar((YearPeriods("2026", MONTHS, (("2026Q1", MONTHS[:3]), ("2026Q2", MONTHS[3:]))),))
TREES = Trees({"org": {"g": "", "a": "g", "b": "g"}, "account": {"x": "", "x1": "x", "x2": "x"}})
CLERK = Principal(7, "zhang", "张三", grants=(Grant("control.*"),))
TEXT: dict[str, Any] = {
    "rules": [
        {"code": "月", "window": "month", "by": {"org": "leaf", "account": "leaf"}},
        {"code": "累", "window": "cumulative", "by": {"org": "leaf"}},
        {"code": "季", "window": "quarter", "by": {"org": 0}, "strength": "flexible", "tolerance": "10"},
    ],
    "tax": {"rates": ["6", "13"], "deductible": {"account": ["x2"]}},
}

money = st.integers(1, 90_00).map(lambda fen: Decimal(fen) / 100)
line = st.builds(
    RequestLine,
    st.fixed_dictionaries({"org": st.sampled_from("ab"), "account": st.sampled_from(("x1", "x2"))}),
    st.sampled_from(MONTHS),
    money,
    st.just(""),
    st.sampled_from((Decimal(0), Decimal(6), Decimal(13))),
    st.booleans(),
)
lines = st.lists(line, min_size=1, max_size=3)
spent = st.lists(st.tuples(line, st.booleans()), max_size=8)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=lines, before=spent)
def test_check_then_reserve_at_the_same_state_agree(database: Database, asked: list[Any], before: list[Any]) -> None:
    code = uuid4().hex
    with database.writing() as uow:
        policy = commands.put_policy(uow, CLERK, read_policy({"policy": code, **TEXT}, calendar=CALENDAR, trees=TREES))
        cells = [
            BudgetCell({"org": o, "account": a}, m, Decimal(50)) for o in "ab" for a in ("x1", "x2") for m in MONTHS
        ]
        commands.book_budget(uow, "boss", policy, cells).write()
    for n, (said, fact) in enumerate(before):
        if fact:
            with database.writing() as uow:
                voucher = VoucherLine(f"{code}{n}", f"V{n}", said.coordinate, said.period, said.amount)
                commands.execute(uow, CLERK, policy=code, lines=[voucher])
        else:
            _reserve(database, code, f"B{n}", [said])

    with database.reading() as reader:
        told = check(reader, CLERK, policy=code, lines=asked)
        rows = {b.id: b for b in queries.balances(reader, policy)}
    refused = _reserve(database, code, "asked", asked, keep=False)
    assert (told["verdict"] == "refuse") == (refused is not None)
    if refused is not None:
        said = {(f["rule"], f["key"]): (f["window"], f["available"], f["short"]) for f in refused.facts["findings"]}
        assert said == {
            (r["rule"], r["key"]): (r["window"], r["available"], r["short"])
            for r in told["rules"]
            if r["verdict"] == "refuse"
        }
    for rule in told["rules"]:
        row = rows[rule["bucket"]]
        assert (rule["available"], rule["after"]) == (row.available, row.available - rule["asked"])
    assert told["asked"] == sum((x["counted"] for x in told["lines"]), Decimal(0))
    _ways_are_true(database, code, asked, told)


def _reserve(
    database: Database, code: str, number: str, asked: list[RequestLine], *, keep: bool = True
) -> BudgetExceeded | None:
    """The refusal; None when the lines were held (and, not to be kept, given back)."""
    try:
        with database.writing() as uow:
            held = commands.reserve(uow, CLERK, policy=code, request=Request(f"{code}{number}", number, tuple(asked)))
            if not keep:
                commands.release(uow, CLERK, document_id=held.document_id)
    except BudgetExceeded as refused:
        return refused
    return None


def _ways_are_true(database: Database, code: str, asked: list[RequestLine], told: dict[str, Any]) -> None:
    """A single line lowered to what is said passes and one fen more does not; moved to the period that is said it passes."""
    if len(asked) > 1 or told["verdict"] != "refuse":
        return
    (only,) = asked
    with database.reading() as reader:

        def verdict(amount: Decimal, period: str = only.period) -> str:
            tried = RequestLine(only.coordinate, period, amount, "", only.tax_rate, only.tax_included)
            return str(check(reader, CLERK, policy=code, lines=[tried])["verdict"])

        for way in told["ways"]:
            if way.kind == "smaller":
                assert verdict(way.amount) != "refuse"
                assert verdict(way.amount + Decimal("0.01")) == "refuse"
            elif way.kind == "period":
                assert verdict(only.amount, way.period) != "refuse"
