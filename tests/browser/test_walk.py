"""The budget year of the demonstration's company, walked by its people in the browser; what recurs goes twice.

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
BOOKS: dict[str, Decimal] = {}  # what has been posted in November by account, by all runs
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
    travel: tuple[int, int]
    training: tuple[int, int]


MARKETING = Department("PWR-MKT", "动力市场部", "bumen", (1_850, 2_200), (400, 700))


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
        context.set_default_timeout(12_000)
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
    learning: Decimal = Decimal(0)  # what training cost in November
    beyond: Decimal = Decimal(0)  # and how far that is above its budget

    def yuan(self, low: int, high: int) -> int:
        return self.dice.randrange(low, high)

    def total(self, *rows: str) -> int:
        return sum(sum(self.planned[row]) for row in rows)


def test_the_budget_year(site: Site, someone: Someone) -> None:
    walk = begin(site, someone)
    targets_are_passed_down(walk)
    the_form_is_filled(walk)
    checks_are_met(walk)
    it_is_returned_once_and_approved(walk)
    money_is_asked_for(walk)
    november_comes_in(walk)
    the_board_shows_it(walk)
    a_deviation_is_closed(walk)
    the_year_is_forecast(walk)


def test_what_recurs_goes_a_second_time_with_other_amounts(site: Site, someone: Someone) -> None:
    walk = begin(site, someone)
    money_is_asked_for(walk)
    november_comes_in(walk)
    the_board_shows_it(walk)
    the_year_is_forecast(walk)


def begin(site: Site, someone: Someone) -> Walk:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    return Walk(site, someone, MARKETING, random.Random(seed))


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
    asker.pick("预算科目", "会议费")
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


# --- 6 实际 ------------------------------------------------------------------------------------------------------------

HEADER = "凭证号,分录号,日期,会计期间,科目编码,科目名称,部门编码,项目编码,产品编码,摘要,借方金额,贷方金额,申请单号\n"
BANK, MEETINGS, LEARNING, NOBODYS = "1002", "660107", "660108", "660119"


def voucher(number: str, account: str, org: str, amount: Decimal, *, document: str = "", memo: str = "业务") -> str:
    """A voucher that spends at an account, paid by the bank."""
    head = f"{number},{{}},2026-11-25,2026-11"
    first = f"{head.format(1)},{account},,{org},,,{memo},{amount},,{document}\n"
    return first + f"{head.format(2)},{BANK},,,,,{memo},,{amount},{document}\n"


def november_comes_in(walk: Walk) -> None:
    """The ledger's export is loaded; a voucher of an account nobody knows is mended on the desk; the books agree."""
    mark, org = f"{walk.dice.randrange(10**6):06d}", "PWR-MKT"
    before = booked(walk.site, org, ["培训费"], ["budget"], "2026-11") - booked(
        walk.site, org, ["培训费"], ["executed", "committed", "reserved"], "2026-11"
    )
    walk.beyond = Decimal(walk.yuan(12_000_000, 19_000_000)) / 100
    walk.learning = before + walk.beyond  # so much more than what was left to November
    wrong = Decimal(walk.yuan(10_000, 900_000)) / 100
    text = HEADER + voucher(f"记{mark}-1", MEETINGS, org, walk.asked, document=walk.request, memo="渠道会")
    text += voucher(f"记{mark}-2", LEARNING, org, walk.learning, memo="上岗培训")
    text += voucher(f"记{mark}-3", NOBODYS, org, wrong, memo="会场布置")
    paid = walk.asked + walk.learning + wrong
    for account, amount in ((MEETINGS, walk.asked + wrong), (LEARNING, walk.learning)):
        BOOKS[account] = BOOKS.get(account, Decimal(0)) + amount
    BOOKS[BANK] = BOOKS.get(BANK, Decimal(0)) + paid

    one = walk.someone().at("it", "/connect")
    page = one.page
    upload(page, "voucher-file", f"总账凭证-{mark}.csv", text)
    row = page.locator(f'[data-testid=runs] tbody tr:has-text("总账凭证-{mark}.csv")').first
    row.locator("text=部分入账").wait_for(timeout=60_000)
    row.locator("button.link").click()
    panel = page.locator("[data-testid=batch-panel]")
    panel.locator('[data-testid=matches] li[data-kind="equal"]').wait_for()
    panel.locator("text=到差错台处理").click()
    desk = page.locator("[data-testid=desk]")
    wrong_line = desk.locator(f'tr:has-text("记{mark}-3"):has(td[data-field="account"]:has-text("{NOBODYS}"))')
    record = wrong_line.get_attribute("data-record")
    cell = desk.locator(f'tr[data-record="{record}"] td[data-field="account"]')
    cell.locator("button").click()
    cell.locator("input").fill(MEETINGS)
    page.keyboard.press("Enter")
    page.wait_for_selector(f'[data-testid=desk] td[data-field="account"][data-mended="true"]:has-text("{MEETINGS}")')
    page.click("[data-testid=desk-bar] button:has-text('重新装载')")
    page.wait_for_selector("text=差错台是空的", timeout=60_000)

    page.click(".ant-tabs-tab:has-text('对账')")
    page.wait_for_selector("[data-testid=books-file]", state="attached")
    upload(page, "books-file", f"科目余额-{mark}.csv", trial_balance())
    page.goto(f"{walk.site.url}/connect?model={MODEL}&tab=tie&period=2026-11")
    page.wait_for_selector('[data-testid=tie-verdict]:has-text("全部相符")', timeout=30_000)
    for account, amount in BOOKS.items():
        one.sees(f'[data-testid=tie] tr[data-account="{account}"]', f"{amount:,.2f}")
    assert booked(walk.site, org, ["会议费"], ["executed"], "2026-11") >= walk.asked + wrong


def upload(page: Any, testid: str, name: str, text: str) -> None:
    page.set_input_files(
        f"[data-testid={testid}]", {"name": name, "mimeType": "text/csv", "buffer": text.encode("utf-8")}
    )


def trial_balance() -> str:
    """What the ledger itself says of November: all that the runs have posted."""
    lines = (
        f"2026-11,{account},,{'' if account == BANK else amount},{amount if account == BANK else ''}\n"
        for account, amount in BOOKS.items()
    )
    return "会计期间,科目编码,科目名称,借方发生额,贷方发生额\n" + "".join(lines)


# --- 7 监控 ------------------------------------------------------------------------------------------------------------


def the_board_shows_it(walk: Walk) -> None:
    """The department sees what was spent of its training, and the voucher behind it."""
    org, item = "PWR-MKT", "培训费"
    budget = booked(walk.site, org, [item], ["budget"], "2026-11")
    spent = booked(walk.site, org, [item], ["executed"], "2026-11")
    one = walk.someone().at("bumen", "/monitor", span="to_date", period="2026-11")
    one.page.wait_for_selector("[data-testid=board-row]")
    unfold(one, "动力市场部")
    row = f'[data-testid=board-row]:has(.name:text-is("{item}"))'
    one.sees(row, f"{budget:,.0f}", f"{spent:,.0f}")
    one.page.click(f"{row} .name")
    one.sees("[data-testid=drill]", f"动力市场部 · {item}")
    one.sees("[data-testid=line-count]", f"{spent:,.2f}")
    one.sees("[data-testid=drill] .voucher-lines", f"{walk.learning:,.2f}", "上岗培训")
    one.page.keyboard.press("Escape")
    one.page.wait_for_selector("[data-testid=drill]", state="detached")


def unfold(one: Person, name: str) -> None:
    button = one.page.locator(f'button[aria-label="展开 {name}"]')
    if button.count():
        button.click()


# --- 8 闭环 ------------------------------------------------------------------------------------------------------------


def a_deviation_is_closed(walk: Walk) -> None:
    """The overrun became a case: explained, decided, agreed to by the source's head and finance, verified by the next load."""
    owner = walk.someone().at("bumen", "/monitor")
    owner.page.wait_for_selector("[data-testid=alerts]")
    more = owner.page.locator("[data-testid=alerts] button:has-text('全部')")
    if more.count():
        more.click()
    owner.page.click(f'[data-testid=alerts] button:has-text("动力市场部培训费 累计超预算 {walk.beyond:,.2f}")')
    case_is(owner, "待说明")
    owner.page.fill("[data-testid=explain-text]", "新产品线上岗培训提前到十一月")
    owner.page.click("[data-testid=do-explain]")
    case_is(owner, "待决策")
    owner.page.click("[data-testid=decision-transfer]")
    owner.pick_tree("from-org", "动力市场部")
    source = widest(walk.site)
    owner.pick_tree("from-科目", source)
    moved = Decimal(int(walk.beyond) + (walk.beyond != int(walk.beyond)))  # whole yuan are proposed
    assert owner.page.input_value("[data-testid=transfer-amount]") == str(moved)
    owner.page.wait_for_selector("[data-testid=do-decide]:not([disabled])")  # both sides' rooms were looked at
    before = {item: booked(walk.site, "PWR-MKT", [item], ["budget"]) for item in ("培训费", source)}
    owner.page.click("[data-testid=do-decide]")
    case_is(owner, "待同意")
    address = owner.page.url

    for login, word in (("shiye", "待同意"), ("caiwu", "待核实")):
        one = walk.someone(width=390, height=844).at(login, "/adjust")
        one.page.goto(address)
        case_is(one, "待同意")
        one.page.click("[data-testid=agree-transfer]")
        case_is(one, word)
    assert booked(walk.site, "PWR-MKT", ["培训费"], ["budget"]) == before["培训费"] + moved
    assert booked(walk.site, "PWR-MKT", [source], ["budget"]) == before[source] - moved

    mark = f"{walk.dice.randrange(10**6):06d}"
    late = Decimal(walk.yuan(1_000, 9_000)) / 100
    for account in (MEETINGS, BANK):
        BOOKS[account] += late
    it = walk.someone().at("it", "/connect")
    name = f"总账凭证-{mark}.csv"
    upload(it.page, "voucher-file", name, HEADER + voucher(f"记{mark}-1", MEETINGS, "PWR-MKT", late))
    it.page.locator(f'[data-testid=runs] tbody tr:has-text("{name}")').first.locator("text=已入账").wait_for(
        timeout=60_000
    )
    for _ in range(20):  # the job after the load
        owner.page.goto(address)
        owner.page.wait_for_selector("[data-testid=case-state]")
        if "已关闭" in owner.page.inner_text("[data-testid=case-state]"):
            break
        owner.page.wait_for_timeout(1000)
    case_is(owner, "已关闭")


def widest(site: Site) -> str:
    """The item of the department's marketing that has most left."""

    def left(item: str) -> Decimal:
        used = booked(site, "PWR-MKT", [item], ["reserved", "committed", "executed"])
        return booked(site, "PWR-MKT", [item], ["budget"]) - used

    return max(("广告宣传费", "展会费", "客户活动费"), key=left)


def case_is(one: Person, word: str) -> None:
    one.sees("[data-testid=case-state]", word)


# --- 9 再预测 ----------------------------------------------------------------------------------------------------------


def the_year_is_forecast(walk: Walk) -> None:
    """Months that are over are actual, the rest is forecast; a person's December stays when it is run again."""
    org, item, december = "PWR-MKT", "会议费", walk.yuan(20_000, 60_000)
    one = walk.someone().at("cfo", "/forecast", forecast="费用预测", org=org)
    run_forecast(one)
    owner = walk.someone().at("bumen", "/forecast", forecast="费用预测", org=org)
    show_meetings(owner)
    was = forecast_row(owner, item)
    to_date = [booked(walk.site, org, [item], ["executed"], f"2026-{month:02d}") for month in range(1, 11)]
    actual = [after - before for before, after in zip([Decimal(0), *to_date], to_date, strict=False)]
    assert was[:10] == [f"{amount:,.0f}" for amount in actual]
    budget = booked(walk.site, org, [item], ["budget"])
    assert was[13] == f"{budget:,.0f}"

    cell = f"[data-testid=row-{item}] td:nth-child(13)"
    owner.page.click(f"{cell} .type-over")
    owner.page.fill("[data-testid=over-input]", str(december))
    owner.page.keyboard.press("Enter")
    owner.page.wait_for_selector(f"{cell}[data-edited=true]:has-text('{december:,}')")
    year = sum(actual) + whole(was[10]) + december
    assert abs(whole(forecast_row(owner, item)[12]) - year) <= 1  # November is read in whole yuan

    run_forecast(one)  # again: a person's figure stays, and stands apart
    owner.page.reload()
    show_meetings(owner)
    owner.page.wait_for_selector(f"{cell}[data-edited=true]:has-text('{december:,}')")
    now = forecast_row(owner, item)
    assert abs(whole(now[12]) - (sum(actual) + whole(now[10]) + december)) <= 1
    assert now[14].startswith("▲" if whole(now[12]) > budget else "▼")


def run_forecast(one: Person) -> None:
    """Starts it and waits until the job has done it."""
    one.page.click("[data-testid=run]:not([disabled])")
    one.page.wait_for_timeout(500)
    one.page.wait_for_selector("[data-testid=run]:not([disabled]):not(.ant-btn-loading)", timeout=60_000)
    one.page.wait_for_selector("[data-testid=outlook] tbody tr")


def show_meetings(one: Person) -> None:
    one.page.wait_for_selector("[data-testid=outlook] tbody tr")
    unfold(one, "办公会议费")
    one.page.wait_for_selector("[data-testid=row-会议费]")


def forecast_row(one: Person, item: str) -> list[str]:
    """Twelve months, the year, the budget, the difference, the rate."""
    return [cell.inner_text().strip() for cell in one.page.locator(f"[data-testid=row-{item}] td").all()]


def whole(text: str) -> Decimal:
    return Decimal(text.replace(",", "") or "0")
