"""The budget season of 2027 as it stands at the end of October: opened, targets handed down, departments at different points."""

from collections.abc import Mapping
from decimal import Decimal

from bihuan.bootstrap import Container
from bihuan.demo.books.budget import BUDGET_YEAR
from bihuan.demo.books.files import Books
from bihuan.demo.budget import approve, submit
from bihuan.demo.people import COMPANY, head_of, known, owner_of
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.entry import cycles, targets
from bihuan.features.entry.forms.fill import Wish, fill
from bihuan.features.entry.target_rules import TargetEdit
from bihuan.features.modelling import queries as modelling
from bihuan.features.planning import commands as plan
from bihuan.features.planning import queries as planning
from bihuan.features.planning.model import CellEdit
from bihuan.features.process import commands as process
from bihuan.store.unit_of_work import Reader, UnitOfWork

CYCLE, VERSION, GROUP = "2027年度预算", "2027预算", "QM"
MORE, RESERVE = Decimal("1.06"), Decimal("0.02")  # of what 2026 was planned at; of the group's target
HANDED_ON = ("HQ", "PWR", "DRV")  # divisions that have passed their targets down
FINISHED = ("HQ-FIN", "HQ-HR")  # approved by all
AT_FINANCE = ("PWR-SAL", "PWR-ADM")  # the division has agreed
AT_DIVISION = ("PWR-QA", "PWR-P1", "DRV-RND")
SENT_BACK = {"DRV-SAL": "销量按两位数增长，依据不足：请附在手订单后重报。"}
BEGUN = ("PWR-MKT", "PWR-RND", "DRV-MKT", "SMT-MKT")  # filled, not submitted
SAVED = Decimal("0.95")  # of last year's estimate: what departments start from
Weights = Mapping[tuple[str, str], Decimal]


def begin(container: Container, books: Books) -> None:
    """Opens the cycle, hands targets down, and brings the departments to where they are; each step as who takes it.

    In one transaction: the season has begun or it has not.
    """
    with container.database.writing() as uow:
        cycle = _open(uow, container, books)
        for division in HANDED_ON:
            head = known(uow, container, head_of(division))
            below = _budgeted(uow, books, division)
            targets.distribute(uow, head, cycle_id=cycle, org=division, weights=below, reason="按 2026 年预算分解")
        submitted = (*FINISHED, *AT_FINANCE, *AT_DIVISION, *SENT_BACK)
        for org in (*submitted, *BEGUN):
            _fill(uow, container, books, org)
            if org in submitted:
                _submit(uow, container, books, org)


def _open(uow: UnitOfWork, container: Container, books: Books) -> int:
    """The cycle, the rate of social insurance, and the group's targets passed to its divisions but for a reserve."""
    admin = known(uow, container, "yusuan")
    cycle = cycles.open_cycle(uow, admin, model=COMPANY, template=CYCLE)
    version = planning.version(uow, COMPANY, VERSION)
    rate = CellEdit(ItemRef("人力", "社保费率"), {}, "", None, books.budget.social_rate)
    plan.save(uow, admin, version_id=version.id, edits=[rate], base_seq=version.seq, reason="沿用 2026 年费率")
    weights, edits = _budgeted(uow, books, GROUP), []
    for key in dict.fromkeys(key for _, key in weights):
        whole = _thousands(MORE * sum((amount for (_, k), amount in weights.items() if k == key), Decimal(0)))
        edits.append(TargetEdit(GROUP, key, "target", None, whole))
        edits.append(TargetEdit(GROUP, key, "reserve", None, _thousands(whole * RESERVE)))
    saved = targets.set_targets(uow, admin, cycle_id=cycle, edits=edits, reason="2027 年控制数")
    assert saved.outcome == "saved", saved
    targets.distribute(uow, admin, cycle_id=cycle, org=GROUP, weights=weights, reason="按 2026 年预算分解")
    return cycle


def _thousands(amount: Decimal) -> Decimal:
    return amount // 1000 * 1000


def _budgeted(reader: Reader, books: Books, above: str) -> Weights:
    """(organisation right below ``above``, key item) -> its budget of 2026."""
    items = modelling.compiled(reader, COMPANY).dimensions["科目"]
    tree, top = items.trees[""], items.tops()[0].id
    out: dict[tuple[str, str], Decimal] = {}
    for org in books.company.orgs:
        child = org.division if above == GROUP else org.code
        if above not in (GROUP, org.division):
            continue
        for edge in tree.children()[top]:
            leaves = [items.by_id[leaf].code for leaf in tree.leaves_under(edge.child)]
            planned = (books.budget.expense(org.code, leaf, month) for leaf in leaves for month in BUDGET_YEAR)
            cell = (child, items.by_id[edge.child].code)
            out[cell] = out.get(cell, Decimal(0)) + sum(planned, Decimal(0))
    return out


def _fill(uow: UnitOfWork, container: Container, books: Books, org: str) -> None:
    """What a department's owner starts from: people as they are, expenses a little below this year's, sales above."""
    owner = known(uow, container, owner_of(books.company.org(org)))
    version = planning.version(uow, COMPANY, VERSION)
    sells = any(seller == org for seller, _ in books.company.sold)
    forms = {"人员": Decimal(1), "部门费用": SAVED} | ({"产品销售": Decimal("1.06")} if sells else {})
    for form, factor in forms.items():
        fill(uow, owner, version_id=version.id, wish=Wish(form, org, factor))


def _submit(uow: UnitOfWork, container: Container, books: Books, org: str) -> None:
    """Submits, and takes the case as far as it has come; whoever is above a target is not ready yet."""
    owner = known(uow, container, owner_of(books.company.org(org)))
    version = planning.version(uow, COMPANY, VERSION)
    (unit,) = (u["id"] for u in uow.rows("entry.units", version_id=version.id) if u["org"] == org)
    moved = submit(uow, owner, unit_id=unit, comment="按目标编制")
    if moved is None:
        return
    if org in FINISHED:
        approve(uow, container, moved)
        return
    task, holder = next(iter(moved.tasks.items()))
    head = known(uow, container, holder)
    if org in SENT_BACK:
        process.act(uow, head, task_id=task, action="return", comment=SENT_BACK[org])
    elif org in AT_FINANCE:
        process.act(uow, head, task_id=task, action="approve", comment="同意")
