"""A small company with a control scheme, and the few verbs the tests of control speak."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from bihuan.features.access.model import Grant, Principal, system
from bihuan.features.control import commands, queries
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import BudgetCell, Request, RequestLine, VoucherLine
from bihuan.features.control.package import read_policy
from bihuan.features.control.policy import Trees
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.store.unit_of_work import Database, Reader, UnitOfWork

MONTHS = tuple(f"2026-{m:02d}" for m in range(1, 13))
QUARTERS = tuple((f"2026Q{q + 1}", MONTHS[3 * q : 3 * q + 3]) for q in range(4))
CALENDAR = ControlCalendar((YearPeriods("2026", MONTHS, QUARTERS),))
TREES = Trees(
    {
        "org": {"集团": "", "研发": "集团", "销售": "集团", "研发一部": "研发", "研发二部": "研发"},
        "account": {"费用": "", "差旅费": "费用", "会议费": "费用", "培训费": "费用"},
    }
)
CLERK = Principal(7, "zhang", "张三", grants=(Grant("control.*"),))


@dataclass
class Company:
    """The verbs, each with amounts as text; every one in a unit of work given by the caller."""

    policy: PolicyInForce

    def budget(
        self, uow: UnitOfWork, place: Mapping[str, str], period: str, amount: str, kind: str = "release"
    ) -> None:
        cell = BudgetCell(dict(place), period, Decimal(amount))
        commands.book_budget(uow, "boss", self.policy, [cell], kind=kind).write()

    def reserve(self, uow: UnitOfWork, number: str, *lines: tuple[Mapping[str, str], str, str]) -> int:
        code = self.policy.policy.code
        request = Request(f"{code}/{number}", number, tuple(RequestLine(dict(p), t, Decimal(a)) for p, t, a in lines))
        return commands.reserve(uow, CLERK, policy=code, request=request).document_id

    def voucher(  # noqa: PLR0917
        self, uow: UnitOfWork, key: str, place: Mapping[str, str], period: str, amount: str, request: str | None = None
    ) -> Any:
        line = VoucherLine(f"{self.policy.policy.code}/{key}", key, dict(place), period, Decimal(amount), request)
        return commands.execute(uow, CLERK, policy=self.policy.policy.code, lines=[line])[0]

    def available(self, reader: Reader, window: str, rule: str | None = None) -> Decimal:
        (row,) = queries.balances(reader, self.policy, rule=rule, window=window)
        return row.available


def make_company(database: Database, code: str, *rules: dict[str, Any], unbudgeted: str = "refuse") -> Company:
    text = {"policy": code, "unbudgeted": unbudgeted, "rules": list(rules)}
    policy = read_policy(text, calendar=CALENDAR, trees=TREES)
    with database.writing() as uow:
        return Company(commands.put_policy(uow, system(), policy))


@pytest.fixture
def company(database: Database, request: pytest.FixtureRequest) -> Any:
    """``company(rule, …)`` makes a scheme of its own for the test."""

    def make(*rules: dict[str, Any], unbudgeted: str = "refuse") -> Company:
        return make_company(database, request.node.name, *rules, unbudgeted=unbudgeted)

    return make
