"""The budget of 2026 as a budget comes about: filled in, a plan unit each, submitted by its owner, approved, released."""

from collections.abc import Iterator
from decimal import Decimal

from bihuan.bootstrap import Container
from bihuan.demo.books.budget import Budget
from bihuan.demo.books.files import Books
from bihuan.demo.people import COMPANY, known, owner_of
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access.model import Principal
from bihuan.features.control import commands as control
from bihuan.features.entry import commands as entry
from bihuan.features.entry.checks.queries import run_checks
from bihuan.features.planning import commands as plan
from bihuan.features.planning import queries as planning
from bihuan.features.planning.model import CellEdit
from bihuan.features.process import commands as process
from bihuan.features.process.commands import Moved
from bihuan.store.unit_of_work import UnitOfWork

VERSION = "2026预算"


def make_released(container: Container, books: Books, *, policy: str) -> None:
    """In one transaction: a budget is either released or was not begun."""
    with container.database.writing() as uow:
        admin = known(uow, container, "yusuan")
        version = planning.version(uow, COMPANY, VERSION)
        edits = list(cells(books.budget))
        plan.save(
            uow, admin, version_id=version.id, edits=edits, base_seq=version.seq, source="import", reason="2026 年预算"
        )
        orgs = [org.code for org in books.company.orgs]
        for org in books.company.orgs:
            unit = entry.open_unit(uow, admin, version_id=version.id, org=org.code, model=COMPANY)
            owner = known(uow, container, owner_of(org))
            moved = submit(uow, owner, unit_id=unit, comment="按去年实际和今年计划测算")
            assert moved is not None, "a budget without targets breaks no rule that must hold"
            approve(uow, container, moved)
        control.release_budget(uow, admin, version_id=version.id, policy=policy, orgs=orgs)


def submit(uow: UnitOfWork, owner: Principal, *, unit_id: int, comment: str) -> Moved | None:
    """Submits with a reason for what a check asks; None where something must be mended first, such as a target overrun."""
    unit = entry.unit_of(uow, unit_id)
    found = run_checks(uow, owner, version_id=unit["version_id"], org=unit["org"]).outcome.findings
    if any(finding.kind == "mandatory" for finding in found):
        return None
    reasons = {finding.key: "随业务量增长，已和财务沟通。" for finding in found if finding.kind == "verify"}
    return entry.submit(uow, owner, unit_id=unit_id, comment=comment, reasons=reasons)


def approve(uow: UnitOfWork, container: Container, moved: Moved) -> None:
    """Everybody whose turn it is agrees."""
    while moved.tasks:
        task, holder = next(iter(moved.tasks.items()))
        moved = process.act(uow, known(uow, container, holder), task_id=task, action="approve", comment="同意")


def cells(budget: Budget) -> Iterator[CellEdit]:
    """Every entered cell: people, expenses, sales."""

    def edit(item: str, members: dict[str, str], period: object, value: Decimal | int) -> CellEdit:
        cube, _, code = item.partition("!")
        return CellEdit(ItemRef(cube, code), members, str(period), None, Decimal(value))

    yield edit("人力!社保费率", {}, "", budget.social_rate)
    for (org, month), heads in budget.heads.items():
        yield edit("人力!人数", {"org": org}, month, heads)
        yield edit("人力!人均工资", {"org": org}, month, budget.wages[org, month])
    for (org, item, month), amount in budget.costs.items():
        yield edit("费用!金额", {"org": org, "科目": item}, month, amount)
    for (org, product, month), volume in budget.volumes.items():
        place, key = {"org": org, "产品": product}, (org, product, month)
        yield edit("销售!销量", place, month, volume)
        yield edit("销售!单价", place, month, budget.prices[key])
        yield edit("销售!单位成本", place, month, budget.material[key])
