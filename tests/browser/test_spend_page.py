"""Spending in the browser: refused with an explanation, lowered, submitted, approved; drafts; balances; on a phone."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from tests.integration.control.office import ITEM, POLICY, found_office

from bihuan.features.access.queries import principal_of
from bihuan.features.control import commands, queries
from bihuan.features.control.model import BudgetCell, Request, RequestLine, VoucherLine
from bihuan.features.process import commands as process
from bihuan.features.process import queries as process_queries

from .served import Site, unanswered
from .spend_page import SpendPage

pytestmark = pytest.mark.browser
Someone = Callable[..., SpendPage]


@pytest.fixture(scope="module")
def office(site: Site) -> Site:
    """The office beside the example models; budget, and vouchers that have spent some of it."""
    with site.container.database.writing() as uow:
        found_office(uow)
        policy = queries.policy(uow, POLICY)
        cells = [
            BudgetCell({"org": org, "科目": account, "item": ITEM}, f"2026-{month:02d}", Decimal(10_000))
            for org in ("N1", "N2", "S1")
            for account in ("差旅费", "展会费", "广告费", "办公费", "会议费")
            for month in range(1, 13)
        ]
        commands.book_budget(uow, "boss", policy, cells).write()
        boss = principal_of(uow, "yusuan", site.container.trees)
        assert boss is not None
        spent = {"org": "N1", "科目": "展会费", "item": ITEM}
        line = VoucherLine("v1", "记-0317", spent, "2026-11", Decimal("2350.00"))
        commands.execute(uow, boss, policy=POLICY, lines=[line])
    return site


@pytest.fixture
def someone(browser: Any, office: Site) -> Iterator[Someone]:
    """``someone()``: a fresh browser; ends with no error on any console."""
    pages: list[SpendPage] = []

    def come(width: int = 1440, height: int = 900) -> SpendPage:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", reduced_motion="reduce"
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        pages.append(SpendPage(context.new_page(), office))
        return pages[-1]

    yield come
    errors = [error for page in pages for error in page.errors]
    for page in pages:
        page.page.context.close()
    assert errors == []


def approve(site: Site, number: str, *people: str) -> None:
    """Approves a request as the flow's people, by the commands of their page."""
    for login in people:
        with site.container.database.writing() as uow:
            who = principal_of(uow, login, site.container.trees)
            assert who is not None
            task = next(t for t in process_queries.my_tasks(uow, who) if t["title"] == number)
            process.act(uow, who, task_id=task["id"], action="approve", comment="同意")


def fill(one: SpendPage, about: str, account: str, period: str, amount: str) -> None:
    one.about(about)
    one.pick("科目", account)
    one.choose("用款期间", period)
    one.amount(amount)


def test_no_form_is_shown_before_it_is_known_whose_money_it_asks_for(someone: Someone) -> None:
    """Another company's form would be filled, and what was typed lost when the right one came."""
    one = someone()
    with unanswered(one.page, "**/api/v1/models/office"):
        with one.page.expect_response("**/api/v1/spend/forms"):
            one.open("he")
        one.page.wait_for_timeout(500)  # long enough to draw what has been answered
        assert one.page.locator("#about").count() == 0
    one.page.wait_for_selector("#about")


def test_a_request_is_refused_with_its_explanation_lowered_submitted_and_approved(
    someone: Someone, office: Site
) -> None:
    one = someone().open("he")
    one.page.wait_for_selector("[data-testid=check-empty]")
    fill(one, "华南展位", "展会费", "2026-11", "8000")
    one.expect_verdict("refuse", "北方市场部 · 展会费 还差 350.00 元")
    for term in ("10,000.00", "2,350.00", "7,650.00", "8,000.00"):
        one.expect_text("formula", term)
    one.expect_text("after", "(350.00)")
    assert one.page.is_disabled("[data-testid=submit]")
    kinds = one.page.eval_on_selector_all("[data-testid=ways] li", "all => all.map(one => one.dataset.kind)")
    assert kinds == ["smaller", "period", "transfer", "supplement"]
    one.page.click("[data-testid=ways] li[data-kind=smaller] button")
    assert one.page.input_value("[data-testid=line-1] input.number") == "7650.00"
    one.expect_verdict("ok")
    one.amount("7,600")
    one.expect_verdict("ok")
    one.expect_text("after", "50.00")
    number = one.submit()
    assert number.startswith("YK-")
    one.expect_text("document-state", "审批中")
    one.expect_text("holding", "王主管")
    approve(office, "华南展位", "wang", "cai")
    one.page.reload()
    one.page.wait_for_selector("[data-testid=document-state]:text-is('已预占')")
    one.expect_text("timeline", "同意")
    one.page.click("text=返回列表")
    one.page.wait_for_selector(f"[data-testid=documents] :text-is('{number}')")


def test_what_is_left_changes_by_itself_when_somebody_else_takes_it(someone: Someone) -> None:
    he, liu = someone().open("he"), someone().open("liu")
    for one in (he, liu):
        fill(one, "广告", "广告费", "2026-11", "6000")
        one.expect_verdict("ok")
    liu.submit()
    he.expect_verdict("refuse", "还差 2,000.00 元")
    he.expect_text("after", "(2,000.00)")


def test_a_draft_is_kept_and_taken_up_again_and_deleted(someone: Someone) -> None:
    one = someone().open("he")
    one.about("还没想好")
    one.amount("12,5")  # as typed, wrong or not
    one.page.click("[data-testid=save-draft]")
    one.page.wait_for_selector(".ant-message-notice:has-text('没有占用预算')")
    one.page.goto(f"{one.site.url}/spend?model=office&tab=mine&state=draft")
    one.page.click("[data-testid=documents] a:has-text('YK-')")
    one.page.click("button:has-text('修改')")
    one.page.wait_for_selector("#about")
    assert one.page.input_value("#about") == "还没想好"
    assert one.page.input_value("[data-testid=line-1] input.number") == "12,5"
    one.page.wait_for_selector("text=“12,5”不是金额")
    one.page.goto(f"{one.site.url}/spend?model=office&tab=mine&state=draft")
    one.page.click("[data-testid=documents] a:has-text('YK-')")
    one.page.click("button:has-text('删除草稿')")
    one.page.click(".ant-modal button:has-text('删除草稿')")
    one.page.wait_for_selector(".ant-message-notice:has-text('已删除')")
    one.page.wait_for_selector("text=没有符合条件的单据")


def test_a_withdrawn_request_gives_its_money_back_and_is_submitted_again(someone: Someone) -> None:
    one = someone().open("he")
    fill(one, "差旅", "差旅费", "2026-11", "1000")
    one.expect_verdict("ok")
    one.submit()
    one.page.click(".foot-bar button:has-text('撤回')")
    one.page.fill("#reason", "写错了")
    one.page.click(".ant-modal button:has-text('撤回')")
    one.page.wait_for_selector("[data-testid=document-state]:text-is('已撤回')")
    one.expect_text("timeline", "撤回，释放")
    one.page.click("button:has-text('修改后重新提交')")
    one.expect_verdict("ok")
    one.amount("900")
    one.expect_text("after", "9,100.00")
    one.page.wait_for_selector("[data-testid=submit]:has-text('重新提交')")
    one.expect_verdict("ok")
    one.submit()
    one.expect_text("document-state", "审批中")


def test_tax_is_shown_by_line_and_what_counts_is_said(someone: Someone) -> None:
    one = someone().open("he")
    fill(one, "办公", "办公费", "2026-11", "106")
    one.choose("税率", "6%")
    one.page.wait_for_selector("text=含税 106.00 · 不含税 100.00 · 税 6.00；进项可抵扣，按不含税占预算")
    one.page.click("text='不含税' >> nth=0")
    one.page.wait_for_selector("text=含税 112.36 · 不含税 106.00 · 税 6.36")


def test_balances_are_cut_by_scope_and_open_to_months_and_documents(someone: Someone) -> None:
    one = someone().open("he", tab="balances", rule="推广", period="2026-11")
    one.page.wait_for_selector("[data-testid=balances] button:has-text('北方市场部 · 展会费')")
    assert "南方" not in one.page.inner_text("[data-testid=balances]")
    one.page.click("[data-testid=balances] button:has-text('北方市场部 · 展会费')")
    one.page.wait_for_selector("[data-testid=balance-panel] td:has-text('2,350')")
    one.page.keyboard.press("Escape")
    one.page.wait_for_selector("[data-testid=balance-panel]", state="detached")


def test_on_a_phone_the_form_and_ones_own_requests_work(someone: Someone) -> None:
    one = someone(390, 844).open("qian")
    fill(one, "手机上提的", "展会费", "2026-12", "88.5")
    one.expect_verdict("ok")
    width = one.page.evaluate("document.scrollingElement.scrollWidth")
    assert width <= 390
    number = one.submit()
    one.page.goto(f"{one.site.url}/spend?model=office&tab=mine")
    one.page.wait_for_selector(f"[data-testid=documents] li:has-text('{number}')")


def test_who_may_not_ask_is_told_so_and_may_still_look(someone: Someone) -> None:
    one = someone().open("shen")
    one.page.wait_for_selector("text=你没有申请用款的权限")
    one.page.click("[role=tab]:has-text('余额')")
    one.page.wait_for_selector("[data-testid=balances]")


def test_english_is_complete(someone: Someone) -> None:
    one = someone().open("he")
    one.page.click("[data-testid=account]")
    one.page.click("text=English")
    one.page.wait_for_selector("[role=tab]:has-text('Balances')")
    one.page.fill("[data-testid=line-1] input.number", "1")
    one.page.wait_for_selector("text=Missing: 科目")


def held(office: Site, login: str, number: str, org: str, amount: str) -> int:
    """A request that holds its amount."""
    with office.container.database.writing() as uow:
        who = principal_of(uow, login, office.container.trees)
        assert who is not None
        line = RequestLine({"org": org, "科目": "广告费", "item": ITEM}, "2026-11", Decimal(amount))
        asked = Request(number, number, (line,), title="春季投放")
        return commands.reserve(uow, who, policy=POLICY, request=asked).document_id


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_desk_shows_open_holds_the_budget_s_origin_and_the_proof(
    someone: Someone, office: Site, width: int, height: int
) -> None:
    number = f"DESK-{width}"
    held(office, "qian", number, "N2", "1234.50")
    page = someone(width, height).open("shen", tab="desk").page
    page.wait_for_selector(f"[data-testid=desk-holds] :text('{number}')")
    page.wait_for_selector("[data-testid=desk-holds] :text('1,234.50')")
    page.click(".ant-segmented-item:has-text('预算来源')")
    page.wait_for_selector("[data-testid=desk-origins] :text('10,000.00')")
    page.click(".ant-segmented-item:has-text('超预算申请')")
    page.wait_for_selector("[data-testid=desk-exceptions] :text('没有超预算申请')")
    page.click(".ant-segmented-item:has-text('对账')")
    page.wait_for_selector("[data-testid=desk-proof] :text('你没有这个权限')")


def test_the_administrator_proves_the_ledger_and_a_row_tells_its_story(someone: Someone, office: Site) -> None:
    held(office, "qian", "STORY", "N2", "77.00")
    page = someone().open("yusuan", tab="desk", policy=POLICY).page
    page.click(".ant-segmented-item:has-text('对账')")
    page.click("button:has-text('现在对账')")
    page.wait_for_selector("[data-testid=proof] :text('一致')")
    page = someone().open("shen", tab="balances", policy=POLICY, rule="推广", period="2026-11").page
    page.click("[data-testid=balances] button:has-text('北方销售部'):has-text('广告费')")
    page.wait_for_selector("[data-testid=bucket-timeline] :text('STORY')")


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_a_draft_of_the_rules_is_tried_on_what_was_asked(
    someone: Someone, office: Site, width: int, height: int
) -> None:
    """A group total lowered to nothing: what was asked would have been stopped, by that rule, in numbers."""
    number = f"TRY-{width}"
    held(office, "qian", number, "N2", "460.00")  # twice, beside what the other tests hold there
    page = someone(width, height).open("yusuan", tab="desk", policy=POLICY).page
    page.click(".ant-segmented-item:has-text('规则试算')")
    text = page.locator("textarea[aria-label='方案草案']")
    text.wait_for()
    page.wait_for_selector("[data-testid=empty]:has-text('改好草案后试算')")
    was = text.input_value()
    text.fill(was.replace("window: cumulative", "window: weekly"))
    page.click("button:has-text('在历史上试算')")
    line = was[: was.index("window: cumulative")].count("\n") + 1
    page.wait_for_selector(f"[data-testid=faults] :text('第 {line} 行')")
    text.fill(was.replace("by: {org: 0}}", "by: {org: 0}, bands: [{percent: 0, do: refuse}]}"))
    page.click("button:has-text('在历史上试算')")
    page.wait_for_selector("[data-testid=simulation] h3:has-text('会拦下')")
    row = page.locator(f"[data-testid=simulation] li:has-text('{number}')")
    row.wait_for()
    assert "刚性拦截" in row.inner_text()
    assert "集团全年总额" in row.inner_text()
    assert "460.00" in row.inner_text()
    page.wait_for_selector("[data-testid=simulation] summary:has-text('改了 2 处')")
    page.click("button:has-text('恢复现行文字')")
    page.click("button:has-text('在历史上试算')")
    page.wait_for_selector("[data-testid=simulation] h3:has-text('会拦下 0 张')")


def test_who_may_not_edit_policies_is_told_so(someone: Someone) -> None:
    page = someone().open("shen", tab="desk", policy=POLICY).page
    page.click(".ant-segmented-item:has-text('规则试算')")
    page.wait_for_selector("[data-testid=empty]:has-text('编辑控制方案的权限')")


def test_a_document_says_what_every_rule_says_of_it(someone: Someone, office: Site) -> None:
    document = held(office, "qian", "WHY", "N2", "2000.00")  # the largest there: the smallest are not named
    page = someone().open("shen", tab="mine", id=str(document)).page
    page.click("button:has-text('看每条规则')")
    page.wait_for_selector(
        "[data-testid=document-rules] li[data-matched=true]:has-text('推广费按月'):has-text('WHY 2,000.00')"
    )
    page.wait_for_selector(
        "[data-testid=document-rules] li[data-matched=false]:has-text('差旅费严格累计'):has-text('不在')"
    )
