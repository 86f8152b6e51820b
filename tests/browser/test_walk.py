"""The budget year of the demonstration's company, walked by its people in the browser, twice on the same database.

Amounts are random in every run (the seed is printed when it fails); what the pages must say is computed here from them.
"""

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.support.queue import run_queue

from bihuan.bootstrap import Container
from bihuan.features.access import commands as access
from bihuan.features.access.model import system

from .served import Site, serving
from .spend_page import SpendPage
from .walk_people import MODEL, Person, Someone, booked

pytestmark = pytest.mark.browser
TRAVEL, HOME, ABROAD, TRAINING = (f"金额|{code}" for code in ("差旅费", "国内差旅", "海外差旅", "培训费"))
MONTHS = [f"2027-{month:02d}" for month in range(1, 13)]
DESK = {"width": 2560, "height": 1300}  # a screen that shows the whole form at once
OFFICE_AND_MEETINGS = ("办公费", "会议费")


@dataclass(frozen=True)
class Department:
    """Whose budget is walked in a run, and about how much its targets are, in thousand yuan."""

    org: str
    name: str
    owner: str
    owner_name: str
    travel: tuple[int, int]
    training: tuple[int, int]


RUNS = (
    Department("PWR-MKT", "动力市场部", "bumen", "周敏", (1_850, 2_200), (400, 700)),
    Department("PWR-RND", "动力研发部", "pwr-rnd", "", (720, 780), (850, 999)),
)


@pytest.fixture(scope="module")
def site(demo: Container) -> Iterator[Site]:
    """The demonstration, served, with its job process as a thread; a month has gone by."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.3):
            run_queue(demo)

    with demo.database.writing() as uow:
        access.set_business_date(uow, system("test"), date(2026, 11, 30), reason="十一月过完了")
    jobs = threading.Thread(target=work)
    jobs.start()
    with serving(demo) as running:
        yield running
        stop.set()
        jobs.join(60)


@pytest.fixture
def someone(browser: Any, site: Site) -> Iterator[Someone]:
    """``someone()``: a fresh browser of one person; ends with no error on any console."""
    come: list[Any] = []

    def fresh(kind: Callable[..., Any] = Person, width: int = 1440, height: int = 900) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        come.append(kind(context.new_page(), site))
        return come[-1]

    yield fresh
    errors = [error for one in come for error in one.errors]
    for one in come:
        one.page.context.close()
    assert errors == []


@dataclass
class Walk:
    """One run: its dice, its people, and what they have put in so far."""

    site: Site
    someone: Someone
    of: Department
    dice: random.Random
    travel_target: int = 0
    training_target: int = 0
    planned: dict[str, list[int]] = field(default_factory=dict)  # row -> twelve months, yuan
    request: str = ""
    asked: Decimal = Decimal(0)

    def yuan(self, low: int, high: int) -> int:
        return self.dice.randrange(low, high)

    def total(self, *rows: str) -> int:
        return sum(sum(self.planned[row]) for row in rows)


@pytest.mark.parametrize("department", RUNS, ids=lambda of: of.org)
def test_the_budget_year(site: Site, someone: Someone, department: Department) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    walk = Walk(site, someone, department, random.Random(seed))
    targets_are_passed_down(walk)
    the_form_is_filled(walk)
    checks_are_met(walk)
    it_is_returned_once_and_approved(walk)
    money_is_asked_for(walk)


# --- 1 目标 ------------------------------------------------------------------------------------------------------------


def targets_are_passed_down(walk: Walk) -> None:
    """The administrator raises the group's and the division's targets; the division's head gives the department its own."""
    of, group = walk.of, {"差旅费": walk.yuan(30_000, 39_000), "培训费": walk.yuan(8_000, 12_000)}
    division = {"差旅费": walk.yuan(7_000, 7_900), "培训费": walk.yuan(3_000, 4_000)}
    walk.travel_target, walk.training_target = walk.yuan(*of.travel) * 1000, walk.yuan(*of.training) * 1000
    own = {"差旅费": walk.travel_target, "培训费": walk.training_target}

    admin = walk.someone().at("yusuan", "/target")
    admin.page.click("button:has-text('全部展开')")
    for org, amounts in (("QM", group), ("PWR", division)):
        for key, thousand in amounts.items():
            type_target(admin, org, key, thousand * 1000)
    save_targets(admin)

    head = walk.someone().at("shiye", "/target")
    head.page.click("button:has-text('全部展开')")
    for key, thousand in division.items():
        target_shows(head, "PWR", key, thousand * 1000)
        type_target(head, of.org, key, own[key])
    save_targets(head)

    owner = walk.someone().at(of.owner, "/target")
    owner.sees("[data-testid=edit-state]", "目标由上级组织下达")
    for key, amount in own.items():
        target_shows(owner, of.org, key, amount)


def type_target(one: Person, org: str, key: str, amount: int) -> None:
    one.page.click(f'input[data-cell="{org}|{key}|target"]')
    one.page.keyboard.type(str(amount))
    one.page.keyboard.press("Enter")


def target_shows(one: Person, org: str, key: str, amount: int) -> None:
    one.page.wait_for_function(
        "([cell, text]) => { const at = document.querySelector(cell); const input = at?.querySelector('input');"
        " return (input ? input.value : at?.textContent) === text; }",
        arg=[f'tr[data-line="{org}|{key}"] td[data-column="target"]', f"{amount:,}"],
    )


def save_targets(one: Person) -> None:
    one.page.click("[data-testid=save-targets]")
    one.sees("[data-testid=edit-state]", "都存好了")


# --- 2 编制 ------------------------------------------------------------------------------------------------------------


def with_quarters(months: list[int]) -> list[int]:
    """As a spreadsheet shows the year: every quarter's sum stands after its months."""
    return [x for q in range(4) for x in (*months[q * 3 : q * 3 + 3], sum(months[q * 3 : q * 3 + 3]))]


def spread(walk: Walk, total: int) -> list[int]:
    """Twelve random months that add up to so many yuan."""
    months = [total // 14 + walk.yuan(0, total // 100) for _ in MONTHS[1:]]
    return [*months, total - sum(months)]


def the_form_is_filled(walk: Walk) -> None:
    """Travel is pasted a little above its target, training typed and pasted within its own; totals follow, all is saved."""
    over = walk.yuan(1_000, 20_000)
    abroad = walk.yuan(100_000, 300_000)
    walk.planned = {
        HOME: spread(walk, walk.travel_target + over - abroad),
        ABROAD: spread(walk, abroad),
        TRAINING: spread(walk, walk.training_target - walk.yuan(1_000, 30_000)),
    }
    owner = walk.someone(**DESK).at(walk.of.owner, "/")
    owner.sees("[data-testid=todos]", walk.of.name)
    owner.form(walk.of.owner, walk.of.org)
    owner.paste(HOME, MONTHS[0], [with_quarters(walk.planned[HOME]), with_quarters(walk.planned[ABROAD])])
    owner.paste(TRAINING, MONTHS[1], [with_quarters(walk.planned[TRAINING])[1:]])
    owner.type(TRAINING, MONTHS[0], str(walk.planned[TRAINING][0]))
    owner.expect(TRAVEL, "2027", f"{walk.total(HOME, ABROAD):,}")
    owner.expect(TRAINING, "2027", f"{walk.total(TRAINING):,}")
    second = sum(sum(walk.planned[row][3:6]) for row in (HOME, ABROAD))
    owner.expect(TRAVEL, "2027Q2", f"{second:,}")
    owner.save()
    owner.page.reload()
    owner.ready()
    owner.expect(TRAVEL, "2027", f"{walk.total(HOME, ABROAD):,}")


# --- 3 校验 ------------------------------------------------------------------------------------------------------------


def finding(kind: str) -> str:
    return f"[data-testid=checks-bar] [data-kind={kind}]"


def checks_are_met(walk: Walk) -> None:
    """What is above the target stops the submission and leads there; it is mended; the rest passes with a reason."""
    owner = walk.someone(**DESK).form(walk.of.owner, walk.of.org)
    planned, target = walk.total(HOME, ABROAD), walk.travel_target
    says = f"差旅费 {planned:,} 元 ＞ 目标 {target:,} 元，超 {planned - target:,} 元"
    owner.sees(finding("mandatory"), says)
    owner.click(TRAINING, MONTHS[0])
    owner.page.click("[data-testid=submit]")
    owner.expect_message("不能提交")
    owner.page.wait_for_selector(f'[role=gridcell][aria-current=true][data-row="{TRAVEL}"]', state="attached")

    walk.planned[HOME][11] -= planned - target + walk.yuan(0, 3_000)
    owner.type(HOME, MONTHS[11], str(walk.planned[HOME][11]))
    owner.expect(TRAVEL, "2027", f"{walk.total(HOME, ABROAD):,}")
    owner.page.wait_for_selector(finding("mandatory"), state="detached")
    owner.sees(finding("verify"), "培训费 比上年预计 +")
    submit(walk, owner, "培训按新产品线的上岗要求安排")


def submit(walk: Walk, owner: Person, reason: str) -> None:
    owner.page.click("[data-testid=submit]")
    owner.page.wait_for_selector("[data-testid=submit-dialog]")
    boxes = owner.page.locator("[data-testid=reason]").all()
    assert owner.page.locator("[data-testid=confirm-submit]").is_disabled() == any(not b.input_value() for b in boxes)
    for box in boxes:
        box.fill(reason)
    owner.page.click("[data-testid=confirm-submit]")
    owner.expect_message("交了")
    owner.sees("[data-testid=unit-state]", "已提交")


# --- 4 审批 ------------------------------------------------------------------------------------------------------------


def open_case(one: Person, name: str) -> None:
    one.page.click(f"[data-testid=case-list] button:has-text('{name}')")
    one.sees(".approve-case h1, .case h1", name)


def it_is_returned_once_and_approved(walk: Walk) -> None:
    """The division returns it with a reason, sees what changed, agrees; finance agrees; the administrator releases it."""
    of, less = walk.of, walk.yuan(2_000, 9_000)
    head = walk.someone().at("shiye", "/approve")
    open_case(head, of.name)
    head.sees("[data-testid=case]", "培训按新产品线的上岗要求安排")
    head.page.click("[data-testid=decision] >> text=退回")
    head.page.fill("#reason", f"海外差旅请压缩 {less} 元")
    head.page.click("[data-testid=confirm]")
    head.told("已退回")

    owner = walk.someone(**DESK).at(of.owner, "/")
    owner.sees("[data-testid=todos]", f"海外差旅请压缩 {less} 元")
    owner.form(of.owner, of.org)
    was = walk.planned[ABROAD][11]
    walk.planned[ABROAD][11] = was - less
    owner.type(ABROAD, MONTHS[11], str(was - less))
    owner.expect(TRAVEL, "2027", f"{walk.total(HOME, ABROAD):,}")
    owner.save()
    submit(walk, owner, "培训按新产品线的上岗要求安排")

    head.page.reload()
    open_case(head, of.name)
    head.sees("[data-testid=changes]", f"▼ {less:,}", f"{was:,}", f"{was - less:,}")
    head.page.click("[data-testid=decision] .agree")
    head.told("已同意")

    finance = walk.someone(width=390, height=844).at("caiwu", "/approve")
    open_case(finance, of.name)
    finance.page.click("[data-testid=decision] .agree")
    finance.told("已同意")

    admin = walk.someone().at("yusuan", "/target/summary")
    admin.sees(f"tr[data-unit={of.org}]", "已批准")
    admin.page.click('tr[data-line="PWR"] button:has-text("下达 1 个")')
    admin.page.click("[data-testid=release]")
    admin.sees(f"tr[data-unit={of.org}]", "已下达")
    owner.page.reload()
    owner.ready()
    owner.click(HOME, MONTHS[0])
    owner.page.keyboard.type("1")
    owner.expect_message("这一格不能改")


# --- 5 花钱 ------------------------------------------------------------------------------------------------------------


def room_of_meetings(site: Site) -> Decimal:
    """What the division may still ask for: 110 % of the year's budget for office and meetings, less what holds it."""
    budget = booked(site, "PWR-%", OFFICE_AND_MEETINGS, ["budget"])
    used = booked(site, "PWR-%", OFFICE_AND_MEETINGS, ["reserved", "committed", "executed"])
    return budget * Decimal("1.10") - used


def money_is_asked_for(walk: Walk) -> None:
    """More than the division has left is refused in numbers; less is submitted, and approved by division and finance."""
    room, short = room_of_meetings(walk.site), Decimal(walk.yuan(100, 9_999)) + Decimal("0.37")
    walk.asked = Decimal(walk.yuan(100_000, 400_000)) / 100
    title = f"渠道会 {walk.dice.randrange(10**6):06d}"
    asker: SpendPage = walk.someone(SpendPage).open("jingban", model=MODEL)
    asker.about(title)
    asker.pick("科目", "会议费")
    asker.choose("用款期间", "2026-11")
    asker.amount(f"{room + short:.2f}")
    asker.expect_verdict("refuse", f"还差 {short:,.2f} 元")
    asker.expect_text("formula", f"{room + short:,.2f}")
    asker.expect_text("after", f"({short:,.2f})")
    assert asker.page.is_disabled("[data-testid=submit]")
    asker.amount(f"{walk.asked:.2f}")
    asker.expect_verdict("ok")
    walk.request = asker.submit()
    asker.expect_text("document-state", "审批中")
    assert room_of_meetings(walk.site) == room - walk.asked

    for login in ("shiye", "caiwu"):
        one = walk.someone(width=390, height=844).at(login, "/approve")
        open_case(one, title)
        one.sees("[data-testid=case]", f"{walk.asked:,.2f}")
        one.page.click("[data-testid=decision] .agree")
        one.told("已同意")
    asker.page.reload()
    asker.expect_text("document-state", "已预占")
    assert room_of_meetings(walk.site) == room - walk.asked
