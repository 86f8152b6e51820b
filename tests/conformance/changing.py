"""Actions that change budget, ask for exceptions, or look at the ledger; beside those of scenario.py.

An arrow in 期间 goes from the period that gives to the one that receives. ``条款`` of 结转: ``结余`` (default), ``占用`` or
``全部``, ``50%``, ``最多 5``, ``透支也转``.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bihuan.features.access import commands as access
from bihuan.features.access.model import Grant, Principal, system
from bihuan.features.control import commands, queries
from bihuan.features.control.changing import carrying, exceptions, lending
from bihuan.features.control.changing.carrying import Terms
from bihuan.features.control.commands import issues, links, requests
from bihuan.features.control.commands.requests import Draft
from bihuan.features.control.desk.queries import cell_uses
from bihuan.features.control.desk.signals import rushes, signals
from bihuan.features.control.document_explained import rules_at
from bihuan.features.control.editions import commands as editions
from bihuan.features.control.linked import Linked
from bihuan.features.control.model import BudgetCell
from bihuan.store.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from .scenario import Row, Stage

Act = Callable[["Stage", UnitOfWork, "Row"], str | None]
CLERK = Principal(7, "zhang", "张三", grants=(Grant("control.*"),))


def borrow(stage: "Stage", uow: UnitOfWork, row: "Row") -> None:
    (place, lender), (_, period) = row.ends()
    made = lending.borrow(uow, CLERK, stage.code, place, period, lender, row.amount, row.id)
    stage.transfers[row["单据"]] = made


def repay_due(stage: "Stage", uow: UnitOfWork, row: "Row") -> None:
    """What the nightly job does."""
    mine = [i for i in lending.due(uow) if i in stage.transfers.values()]
    assert mine or not row["单据"], "no loan is due"
    for loan in mine:
        lending.repay(uow, system(), transfer_id=loan)


def day(_stage: "Stage", uow: UnitOfWork, row: "Row") -> None:
    access.set_business_date(uow, system(), date.fromisoformat(row["期间"]), reason=row.id)


def carry(stage: "Stage", uow: UnitOfWork, row: "Row") -> str | None:
    (_, period), (_, into) = row.ends()
    terms: dict[str, Any] = {}
    for word in filter(None, (part.strip() for part in row["条款"].split("、"))):
        if word.endswith("%"):
            terms["percent"] = Decimal(word.removesuffix("%"))
        elif word.startswith("最多"):
            terms["most"] = Decimal(word.removeprefix("最多"))
        elif word == "透支也转":
            terms["negative"] = True
        else:
            terms["what"] = {"结余": "residual", "占用": "open", "全部": "both"}[word]
    made = carrying.post(uow, CLERK, policy=stage.code, terms=Terms(period, into, **terms), reason=row.id)
    if made is None:
        return "无可结转"
    stage.transfers[row["单据"]] = made
    return None


def carry_back(stage: "Stage", uow: UnitOfWork, row: "Row") -> None:
    carrying.reverse(uow, CLERK, transfer_id=stage.transfers[row["单据"]], reason=row.id)


def ask_exception(stage: "Stage", uow: UnitOfWork, row: "Row") -> None:
    """A draft with the lines of the row, and the exception asked for it; nothing is held."""
    document = requests.save_draft(uow, CLERK, draft=Draft(stage.code, "用款申请", row.id, {}))
    stage.documents[row["单据"]] = document
    until = date.fromisoformat(row["有效期"])
    made, _ = exceptions.ask(uow, CLERK, document_id=document, lines=stage.lines(row), reason=row.id, expires_on=until)
    stage.exceptions[row["单据"]] = made


def decide_exception(*, granted: bool) -> Act:
    def act(stage: "Stage", uow: UnitOfWork, row: "Row") -> None:
        exceptions.decide(uow, CLERK, stage.exceptions[row["单据"]], granted=granted, reason=row["说明"])

    return act


def submit(stage: "Stage", uow: UnitOfWork, row: "Row") -> str | None:
    document = stage.documents[row["单据"]]
    made = requests.submit(uow, CLERK, document_id=document, lines=stage.lines(row), title=row.id)
    return "提示" if made.reservation.warnings else None


def post_again(stage: "Stage", uow: UnitOfWork, row: "Row") -> None:
    """The very line of before, under its key."""
    commands.execute(uow, CLERK, policy=stage.code, lines=[stage.facts[row["单据"]]])


def origin(stage: "Stage", uow: UnitOfWork, row: "Row") -> str:
    """``原100.00 现85.00 结转-15.00``: what a cell was released with, has now, and why; parts of nothing are not said."""
    (place,) = row.places("+")
    (cell,) = [c for c in queries.budget(uow, stage.policy) if (c["coordinate"], c["period"]) == (place, row["期间"])]
    words = {"transferred": "调剂", "supplemented": "追加", "carried": "结转", "borrowed": "借用", "withheld": "未到期"}
    parts = [f"{word}{cell[term]}" for term, word in words.items() if cell[term]]
    return " ".join([f"原{cell['original']}", f"现{cell['current']}", *parts])


def issue(stage: "Stage", uow: UnitOfWork, _row: "Row") -> None:
    """What the nightly job does."""
    assert stage.policy.id in issues.policies_issuing(uow), "the job would not come by"
    issues.issue_due(uow, system(), policy_id=stage.policy.id)


def when(stage: "Stage", uow: UnitOfWork, row: "Row") -> str:
    """``2026-04 600.00、2026-10 300.00``: what is still to come on the place's balance row of its period."""
    (place,) = row.places("+")
    keys = stage.policy.policy.touched(place, row["期间"])
    rows = uow.rows("control.buckets_ids", keys=stage.policy.key_rows(keys))
    told = queries.explained(uow, CLERK, rows[0]["id"])["coming"]
    return "、".join(f"{part['period']} {part['amount']}" for part in told) or "都已可用"


def ask_supplement(stage: "Stage", uow: UnitOfWork, row: "Row") -> None:
    """More budget is asked for; 调剂批准 and 调剂退回 decide it."""
    cells = [BudgetCell(row.places("+")[0], row["期间"], row.amount)]
    made = commands.request_transfer(uow, CLERK, policy=stage.code, kind="supplement", cells=cells, reason=row.id)
    stage.transfers[row["单据"]] = made


def earn(stage: "Stage", _uow: UnitOfWork, row: "Row") -> None:
    """What a department earned in a period, as the books have it now."""
    stage.revenue[row["部门"], row["期间"]] = row.amount


def relink(stage: "Stage", uow: UnitOfWork, _row: "Row") -> None:
    """What follows every load and the nightly job do."""

    def revenue(_linked: Linked, members: Mapping[str, str]) -> Mapping[str, Decimal]:
        path = stage.policy.policy.trees.path
        found: dict[str, Decimal] = {}
        for (org, period), amount in stage.revenue.items():
            if members["org"] in path("org", org):
                found[period] = found.get(period, Decimal(0)) + amount
        return found

    links.relink(uow, system(), stage.policy, revenue)


def documents(stage: "Stage", uow: UnitOfWork, row: "Row") -> str:
    """``A1 预占40.00 执行60.00``, a document of the cell after the other; what no document stands for is 凭证."""
    (place,) = row.places("+")
    words = {"reserved": "预占", "committed": "占用", "executed": "执行"}
    told = []
    for use in cell_uses(uow, CLERK, stage.code, place, row["期间"]):
        held = "".join(f" {word}{use[stage_]}" for stage_, word in words.items() if use[stage_])
        told.append(f"{use['number'] or '凭证'}{held}")
    return "、".join(told) or "无"


def alarms(stage: "Stage", uow: UnitOfWork, row: "Row") -> str:
    """``越线83.0% 用完2026-01-20``; 年末突击 where 期间 names a year."""
    found = rushes(uow, CLERK, stage.code, row["期间"]) if row["期间"] else signals(uow, CLERK, stage.code)
    words = {"threshold": "越线", "exhaustion": "用完", "stale": "久未动", "overrides": "多次超预算", "rush": "突击"}
    told = {
        f"{words[s.kind]}{s.day.isoformat() if s.day else f'{s.percent}%' if s.percent is not None else ''}"
        for s in found
    }
    return " ".join(sorted(told)) or "无"


def say(stage: "Stage", uow: UnitOfWork, row: "Row") -> str:
    """``月度 余40.00（A1 60.00）；差旅 不管``: every rule, in order, with its tightest row and who used it."""
    (place,) = row.places("+")
    told = rules_at(uow, CLERK, stage.policy, place, row["期间"], row["类型"])
    assert not told["fault"], told["fault"]
    return "；".join(map(_said, told["rules"]))


def _said(rule: Mapping[str, Any]) -> str:
    found = rule["row"]
    words = {"elsewhere": "不管", "outside": "期间之外", "exempt": "免控"}
    if not rule["matched"]:
        return f"{rule['title']} {words[rule['why']]}"
    if found is None:
        return f"{rule['title']} 没有预算"
    used = "、".join(f"{use.number} {use.amount}" for use in found["documents"])
    return f"{rule['title']} 余{found['available']}{f'（{used}）' if used else ''}"


def activate(stage: "Stage", uow: UnitOfWork, row: "Row") -> None:
    """The draft comes into force now."""
    assert stage.draft is not None, "nothing to activate"
    said = {"text": "", "starts_on": date(2026, 1, 1), "reason": row.id, "author": CLERK.login, "at": uow.now()}
    edition = uow.value("control.edition_plan", policy_id=stage.policy.id, **said)
    editions.take_turn(uow, stage.policy.id)
    editions.bring_in(uow, CLERK, policy_id=stage.policy.id, edition_id=edition, draft=stage.draft, reason=row.id)
    stage.policy = queries.policy_by_id(uow, stage.policy.id)


MORE: Mapping[str, Act] = {
    "说明": say,
    "借用": borrow,
    "归还": repay_due,
    "业务日期": day,
    "结转": carry,
    "冲回结转": carry_back,
    "超预算申请": ask_exception,
    "超预算批准": decide_exception(granted=True),
    "超预算不批": decide_exception(granted=False),
    "提交": submit,
    "重发": post_again,
    "来源": origin,
    "分期下达": issue,
    "收入": earn,
    "计限": relink,
    "何时": when,
    "追加申请": ask_supplement,
    "联查": documents,
    "预警": alarms,
    "启用": activate,
}
