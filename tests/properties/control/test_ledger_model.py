"""Random work on the ledger against a model that keeps plain lists and adds them up anew for every question.

The model knows nothing of buckets or counters: it predicts each answer (held, refused, forced) from what was acknowledged.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bihuan.features.access.model import Grant, Principal
from bihuan.features.control import commands, queries
from bihuan.features.control.model import BudgetCell, BudgetExceeded, Request, RequestLine, VoucherLine
from bihuan.features.control.package import read_policy
from bihuan.features.control.policy import Trees
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.store.unit_of_work import Database

MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")
CALENDAR = ControlCalendar((YearPeriods("2026", MONTHS, (("2026Q1", MONTHS[:3]), ("2026Q2", MONTHS[3:]))),))
PARENT = {"a1": "a", "a2": "a", "b1": "b"}
TREES = Trees({"org": {"g": "", "a": "g", "b": "g", **PARENT}})
CLERK = Principal(7, "zhang", "张三", grants=(Grant("control.*"),))
RULES: list[dict[str, Any]] = [
    {"code": "月", "window": "month", "by": {"org": "leaf"}},
    {"code": "累", "window": "cumulative", "by": {"org": "1"}},
    {"code": "季", "window": "quarter", "by": {}, "strength": "flexible", "tolerance": "10"},
]

orgs, months = st.sampled_from(sorted(PARENT)), st.integers(0, 3)
fen = st.integers(1, 60_00).map(lambda n: Decimal(n) / 100)
line = st.tuples(orgs, months, fen)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), st.lists(line, min_size=1, max_size=3)),
        st.tuples(st.just("voucher"), line, st.integers(0, 5)),
        st.tuples(st.just("release"), st.integers(0, 5)),
        st.tuples(st.just("supplement"), orgs, months, fen),
    ),
    min_size=5,
    max_size=25,
)


@dataclass
class Model:
    """Budget and consumption as lists of (org, month, amount); holds by document, line by line."""

    budget: list[tuple[str, int, Decimal]] = field(default_factory=list)
    spent: list[tuple[str, int, Decimal]] = field(default_factory=list)
    holds: dict[int, list[list[Any]]] = field(default_factory=dict)

    def used(self, extra: list[tuple[str, int, Decimal]]) -> list[tuple[str, int, Decimal]]:
        held = [(o, m, a) for lines in self.holds.values() for o, m, a in lines]
        return [*self.spent, *held, *extra]

    def room(self, org: str, month: int, extra: list[tuple[str, int, Decimal]]) -> Decimal:
        """What is left of the tightest rule at a place, after ``extra``."""

        def left(keep: Any, factor: Decimal = Decimal(1)) -> Decimal:
            cap = sum((a for o, m, a in self.budget if keep(o, m)), Decimal(0))
            return cap * factor - sum((a for o, m, a in self.used(extra) if keep(o, m)), Decimal(0))

        quarter = range(3) if month < 3 else range(3, 4)
        return min(
            left(lambda o, m: o == org and m == month),
            *(left(lambda o, m, u=u: PARENT[o] == PARENT[org] and m <= u) for u in range(month, 4)),
            left(lambda _o, m: m in quarter, Decimal("1.1")),
        )

    def fits(self, lines: list[tuple[str, int, Decimal]]) -> bool:
        return all(self.room(o, m, lines) >= 0 for o, m, _ in lines)

    def voucher(self, spend: tuple[str, int, Decimal], document: int | None) -> Decimal:
        """Takes over holds (same place first), books; answers how much was taken over."""
        left = spend[2]
        lines = self.holds.get(document, []) if document is not None else []
        for same in (True, False):
            for held in [x for x in lines if (x[0] == spend[0]) is same]:
                take = min(left, held[2])
                held[2] -= take
                left -= take
        self.spent.append(spend)
        return spend[2] - left


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_the_ledger_answers_as_the_naive_model_predicts(database: Database, steps: list[Any]) -> None:
    code, model, documents = uuid4().hex, Model(), []
    with database.writing() as uow:
        policy = commands.put_policy(
            uow, CLERK, read_policy({"policy": code, "rules": RULES}, calendar=CALENDAR, trees=TREES)
        )
        for org in PARENT:
            cells = [BudgetCell({"org": org}, month, Decimal(50)) for month in MONTHS]
            model.budget += [(org, m, Decimal(50)) for m in range(4)]
            commands.book_budget(uow, "boss", policy, cells).write()
    for n, (kind, *what) in enumerate(steps):
        if kind == "reserve":
            lines = [(o, m, a) for o, m, a in what[0]]
            asked = tuple(RequestLine({"org": o}, MONTHS[m], a) for o, m, a in lines)
            expected = model.fits(lines)
            try:
                with database.writing() as uow:
                    held = commands.reserve(uow, CLERK, policy=code, request=Request(f"{code}{n}", f"D{n}", asked))
                assert expected, f"step {n}: held, the model refuses"
                documents.append(held.document_id)
                model.holds[held.document_id] = [list(x) for x in lines]
            except BudgetExceeded:
                assert not expected, f"step {n}: refused, the model holds"
        elif kind == "voucher":
            (org, month, amount), pick = what
            document = documents[pick % len(documents)] if documents else None
            taken = model.voucher((org, month, amount), document)
            with database.writing() as uow:
                number = None if document is None else queries.document(uow, document)["number"]
                fact = VoucherLine(f"{code}{n}", f"V{n}", {"org": org}, MONTHS[month], amount, number)
                (posted,) = commands.execute(uow, CLERK, policy=code, lines=[fact])
            assert posted.liquidated == taken
            assert not (posted.forced and model.room(org, month, []) >= 0), f"step {n}: forced with room left"
        elif kind == "release" and documents:
            document = documents[what[0] % len(documents)]
            expected_back = sum((x[2] for x in model.holds[document]), Decimal(0))
            with database.writing() as uow:
                assert commands.release(uow, CLERK, document_id=document) == expected_back
            model.holds[document] = []
        elif kind == "supplement":
            org, month, amount = what
            with database.writing() as uow:
                cells = [BudgetCell({"org": org}, MONTHS[month], amount)]
                commands.transfer(uow, CLERK, policy=code, kind="supplement", cells=cells, reason="追加")
            model.budget.append((org, month, amount))
    _same(database, policy, model)


def _same(database: Database, policy: Any, model: Model) -> None:
    """Every balance row is the model's sum over its window; counters are the sum of the entries."""
    with database.reading() as reader:
        assert queries.counters_differ(reader, policy) == []
        for row in queries.balances(reader, policy, rule="月"):
            org, month = row.key.split('"')[3], MONTHS.index(row.window)
            assert row.cap == sum((a for o, m, a in model.budget if (o, m) == (org, month)), Decimal(0))
            used = sum((a for o, m, a in model.used([]) if (o, m) == (org, month)), Decimal(0))
            assert row.consumed == used
            assert row.forced == max(Decimal(0), used - row.cap)
