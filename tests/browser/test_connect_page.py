"""集成 as people use it: November with errors is loaded, mended in place, loaded again and ties out to zero; readers only read."""

import random
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support.queue import run_queue

from bihuan.features.access import commands as access
from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.control import commands as control
from bihuan.features.control.model import BudgetCell, Request, RequestLine

from .plan_page import PlanPage
from .served import Site, unanswered

pytestmark = pytest.mark.browser
Someone = Callable[..., PlanPage]
HEADER = "凭证号,日期,科目编码,部门编码,摘要,借方金额,贷方金额,申请单号\n"


@pytest.fixture(scope="module", autouse=True)
def prepared(site: Site) -> None:
    """Budget for November, a request that holds some of it, and the people who look."""
    with site.container.database.writing() as uow:
        (policy,) = control.apply_policies(uow, system(), model="starter")
        places = [
            {"org": org, "科目": account, "item": "费用!金额"} for org in ("MM", "MP") for account in ("差旅", "办公")
        ]
        cells = [BudgetCell(place, "2026-11", Decimal(100_000)) for place in places]
        control.book_budget(uow, "boss", policy, cells, kind="release").write()
        line = RequestLine(places[0], "2026-11", Decimal(3000))
        control.reserve(uow, system(), policy="费用控制", request=Request("k", "YK-7", (line,), title="展会"))
        for login, role in (("cfo", "cfo"), ("it", "it"), ("jingban", "requester")):
            access.add_user(uow, system(), login=login, name=login, password=None)
            access.assign_roles(uow, system(), login=login, assignments=[{"role": role}])


@pytest.fixture(scope="module", autouse=True)
def jobs(site: Site) -> Iterator[None]:
    """The job process, as a thread."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.3):
            run_queue(site.container)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join(30)


def come(one: PlanPage, login: str, address: str = "/connect?model=starter") -> Any:
    one.page.context.add_cookies([{"name": COOKIE, "value": one.site.session(login), "url": one.site.url}])
    one.page.goto(one.site.url + address)
    return one.page


class November:
    """A month with random amounts, and what must come of it."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        self.mark = f"{seed:06d}"
        self.travel, self.taxi, self.paper, self.alien = (Decimal(rng.randrange(100, 290_000)) / 100 for _ in range(4))

    def pair(  # noqa: PLR0917 - the columns of a voucher
        self, number: str, amount: Decimal, account: str, org: str, day: str = "2026-11-08", request: str = ""
    ) -> str:
        """A voucher that spends at an account, paid by the bank."""
        head, tail = f"{number}-{self.mark},{day}", f"{org},业务 {number}"
        return f"{head},{account},{tail},{amount},,{request}\n{head},1002,{tail},,{amount},{request}\n"

    def file(self, folder: Path) -> str:
        path = folder / f"十一月-{self.mark}.csv"
        text = HEADER + self.pair("记1", self.travel, "660201", "MM", request="YK-7")
        text += self.pair("记2", self.taxi, "660209", "MP") + self.pair("记3", self.paper, "660203", "MM", "2026-11-31")
        text += self.pair("记4", self.alien, "660203", "X99")
        path.write_text(text, encoding="gb18030")
        return str(path)

    def books(self, folder: Path) -> str:
        path = folder / "余额表.csv"
        total = self.travel + self.taxi + self.paper + self.alien
        path.write_text(
            "科目编码,期间,本期借方,本期贷方\n"
            f"660201,2026-11,{self.travel},\n660209,2026-11,{self.taxi},\n660203,2026-11,{self.paper + self.alien},\n"
            f"1002,2026-11,,{total}\n",
            encoding="utf-8",
        )
        return str(path)


def test_no_file_is_taken_before_it_is_known_whose_books_it_goes_into(someone: Someone) -> None:
    one = someone()
    with unanswered(one.page, "**/api/v1/models/starter"):
        with one.page.expect_response("**/api/v1/sources"):
            come(one, "it")
        one.page.wait_for_timeout(500)  # long enough to draw what has been answered
        assert one.page.locator("[data-testid=voucher-file]").count() == 0
    one.page.wait_for_selector("[data-testid=voucher-file]", state="attached")


def test_november_with_errors_is_mended_in_place_and_ties_out_to_zero(someone: Someone, tmp_path: Path) -> None:
    month = November(random.randrange(10**6))
    page = come(someone(), "it")
    page.set_input_files("[data-testid=voucher-file]", month.file(tmp_path))
    row = page.locator("[data-testid=runs] tbody tr").first
    row.locator("text=部分入账").wait_for(timeout=20_000)
    assert f"{month.travel:,.2f}" in row.inner_text()
    assert "6 行" in row.inner_text()
    row.locator("button.link").click()
    panel = page.locator("[data-testid=batch-panel]")
    panel.locator("[data-testid=matches] li").first.wait_for()
    assert panel.locator('[data-testid=matches] li[data-kind="smaller"]').count() == 1
    panel.locator("[data-testid=matches] button").first.click()
    panel.locator(f"text=记1-{month.mark}").wait_for()

    panel.locator("text=到差错台处理").click()
    desk = page.locator("[data-testid=desk]")
    # a field is corrected in place: the day that does not exist
    for record in (6, 7):
        cell = desk.locator(f'tr[data-record="{record}"] td[data-field="date"]')
        cell.locator("button").click()
        cell.locator("input").fill("2026-11-30")
        page.keyboard.press("Enter")
        desk.locator(f'tr[data-record="{record}"] td[data-mended="true"]').wait_for()
        assert cell.locator("button").evaluate("button => button === document.activeElement")  # the focus stays
    # a rule is added for the account nobody knew
    page.click("text=没有映射规则适用")
    page.click("text=加映射规则")
    form = page.locator("[data-testid=rule-form]")
    assert form.locator("#when-account").input_value() == "660209"
    form.locator("#gives-科目").click()
    page.locator('.ant-select-item-option:has-text("差旅")').first.click()
    page.click(".ant-modal button:has-text('加规则')")
    page.wait_for_selector('.ant-message-notice:has-text("规则已加")')
    # a voucher of a department that is not ours is left out, with a reason
    page.click("text=模型中没有这个成员或科目")
    desk.locator('tr[data-record="8"] input[type=checkbox]').check()
    page.click("[data-testid=desk-bar] button:has-text('不计入')")
    page.fill("#ignore-why", "不是本公司的部门")
    page.click(".ant-modal button:has-text('不计入')")
    desk.locator('tr[data-record="8"][data-ignored="true"]').wait_for()
    page.click("[data-testid=desk-bar] button:has-text('重新装载')")
    page.wait_for_selector("text=差错台是空的", timeout=20_000)
    said = page.evaluate("fetch('/api/v1/batches/1/corrections').then((answer) => answer.json())")
    assert [(c["record"], c["kind"]) for c in said] == [(6, "set"), (7, "set"), (8, "ignore"), (9, "ignore")]

    page.click(".ant-tabs-tab:has-text('对账')")
    page.wait_for_selector("[data-testid=books-file]", state="attached")
    page.set_input_files("[data-testid=books-file]", month.books(tmp_path))
    page.wait_for_selector('[data-testid=tie-verdict]:has-text("全部相符")')
    taxi = page.locator('[data-testid=tie] tr[data-account="660209"]')
    assert f"{month.taxi:,.2f}" in taxi.inner_text()
    taxi.locator("button.figure").first.click()
    page.locator("[data-testid=behind]").locator(f"text=记2-{month.mark}").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-testid=behind]", state="detached")


def test_who_only_reads_sees_the_results_and_no_way_to_change_them(someone: Someone) -> None:
    page = come(someone(), "cfo")
    page.wait_for_selector("[data-testid=runs]")
    assert page.locator("[data-testid=voucher-file]").count() == 0
    page.wait_for_selector("text=需要“数据装载”权限")
    page.click(".ant-tabs-tab:has-text('数据源')")
    page.wait_for_selector("[data-testid=rules] >> text=差旅费")
    assert page.locator("button:has-text('加映射规则')").count() == 0


def test_who_has_no_right_is_told_so(someone: Someone) -> None:
    page = come(someone(), "jingban")
    page.wait_for_selector("text=你没有看这一页的权限")


def test_a_file_that_cannot_be_read_says_why(someone: Someone, tmp_path: Path) -> None:
    broken = tmp_path / "坏.xlsx"
    broken.write_bytes(b"PK\x03\x04 cut")
    page = come(someone(), "yusuan")
    page.set_input_files("[data-testid=voucher-file]", str(broken))
    row = page.locator('[data-testid=runs] tbody tr:has-text("坏.xlsx")').first
    row.locator("text=不是可读的分隔文本或 Excel 文件").wait_for(timeout=20_000)
