"""The form page as its people use it: fill, see it compared and calculated, comment, check, mend, give a reason, submit."""

import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.office import BUDGET26, Office, furnish

from bihuan.bootstrap import build
from bihuan.engine.formula.bound import ItemRef
from bihuan.settings import Settings

from .plan_page import PlanPage
from .served import Site, serving

pytestmark = pytest.mark.browser
TOTAL, TRAVEL, HOME, ABROAD, MEETING = (f"金额|{code}" for code in ("费用", "差旅费", "国内", "海外", "会议"))
FORM = {"model": "office", "table": "部门费用", "version": "2027预算", "org": "A1"}


@pytest.fixture(scope="module")
def office(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    container = build(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    yield furnish(container)
    container.database.engine.dispose()


@pytest.fixture(scope="module")
def site(office: Office) -> Iterator[Site]:
    with serving(office.container) as running:
        yield running


Someone = Callable[..., PlanPage]


def figure(one: PlanPage, row: str, column: str) -> Decimal:
    return Decimal(one.cell(row, column).get_attribute("data-amount") or "0")


def test_the_form_stands_beside_last_year_and_follows_as_one_types(someone: Someone) -> None:
    one = someone().open("li", **FORM)
    estimate = figure(one, TOTAL, "beside:本年预计")
    assert estimate == (100 + 40) * 10 + Decimal(BUDGET26["A1", "国内"]) * 2
    amount = random.randint(100, 900)
    one.type(ABROAD, "2027-02", str(amount))
    total = 110 * 12 + amount
    one.expect(TOTAL, "2027", f"{total:,}")
    share = (total - estimate) / estimate * 100
    sign = ("▲" if share > 20 else "") + ("+" if share >= 0 else "\u2212")  # a fifth more is worth a look
    one.expect(TOTAL, "beside:同比", f"{sign}{abs(share):.1f}%")
    one.keys("Control+z")
    one.expect_state("都存好了")


def test_filling_from_last_year_is_counted_first_and_taken_back_by_one_undo(someone: Someone) -> None:
    one = someone().open("li", **FORM)
    one.page.click("[data-testid=fill]")
    one.page.fill("[data-testid=fill-factor]", "1.25")
    one.page.wait_for_selector("[data-testid=fill-dialog]:has-text('将填 10 格')")
    one.page.wait_for_selector("[data-testid=fill-dialog]:has-text('已经填了数：12 格')")
    one.page.click("[data-testid=confirm-fill]")
    one.expect(ABROAD, "2027-03", "50")
    one.page.click("[data-testid=undo-saved]")
    one.expect(ABROAD, "2027-03", "")
    one.page.click("[data-testid=redo-saved]")
    one.expect(ABROAD, "2027-03", "50")
    one.page.click("[data-testid=undo-saved]")
    one.expect(ABROAD, "2027-03", "")


def test_the_workbook_is_what_is_shown(someone: Someone, tmp_path: Path) -> None:
    one = someone().open("li", **FORM)
    with one.page.expect_download() as started:
        one.page.click("[data-testid=export]")
    started.value.save_as(tmp_path / "f.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "f.xlsx").active
    assert sheet is not None
    lines = {line[0].value: line for line in sheet.iter_rows(min_row=4)}
    assert started.value.suggested_filename.endswith(".xlsx")
    assert Decimal(str(lines["费用合计"][-1].value)) == figure(one, TOTAL, "2027")


def test_what_one_says_on_a_cell_marks_it_for_the_other_until_it_is_settled(someone: Someone) -> None:
    one, other = someone().open("li", **FORM), someone().open("zhou", **FORM)
    one.click(HOME, "2027-03")
    one.keys("Alt+m")
    one.page.fill("[data-testid=comment-text]", "三月去两次广州")
    one.page.click("[data-testid=comment-send]")
    mark = f"[role=gridcell][data-row='{HOME}'][data-column='2027-03'][data-commented]"
    for page in (one, other):
        page.page.wait_for_selector(mark, state="attached")
    other.page.click("[data-testid=threads]")
    other.page.click(".thread-others button:has-text('国内差旅')")
    other.page.wait_for_selector("[data-testid=thread]:has-text('三月去两次广州'):has-text('李明')")
    other.page.click("[data-testid=comment-settle]")
    one.page.wait_for_selector(mark, state="detached")


def test_two_people_at_one_cell_of_a_form_see_both_values(someone: Someone) -> None:
    one, other = someone().open("li", **FORM), someone().open("zhou", **FORM)
    one.type(MEETING, "2027-06", "61")
    other.type(MEETING, "2027-06", "62")
    other.save()
    one.page.click("[data-testid=save]")
    one.page.locator("[data-testid=conflicts]").wait_for()
    one.page.click("button:has-text('全用我的')")
    one.page.click("button:has-text('按所选保存')")
    one.expect_state("都存好了")
    other.expect(MEETING, "2027-06", "61")


def test_a_failed_mandatory_check_leads_to_its_cell_and_a_reason_lets_the_rest_pass(
    someone: Someone, office: Office
) -> None:
    def findings(kind: str) -> str:
        return f"[data-testid=checks-bar] [data-kind={kind}]"

    def active(one: PlanPage) -> tuple[Any, Any]:
        cell = one.page.locator("[role=gridcell][aria-current=true]")
        return cell.get_attribute("data-row"), cell.get_attribute("data-column")

    office.enter("2027预算", {("A1", "国内", "2027"): "4000"}, ItemRef("目标", "目标"))
    one = someone().open("li", **FORM)
    one.page.wait_for_selector("[data-testid=unit-state]:has-text('编制中')")
    one.type(ABROAD, "2027-05", "-7")
    one.page.wait_for_selector(findings("mandatory") + ":has-text('海外差旅 2027-05 填了 (7)')")  # tried, not saved yet
    one.click(TOTAL, "2027-01")
    one.page.click("[data-testid=submit]")  # saves first
    one.expect_message("不能提交")
    one.expect_state("都存好了")
    one.page.wait_for_timeout(300)
    assert active(one) == (ABROAD, "2027-05")

    one.type(ABROAD, "2027-05", "1500")  # beyond a fifth more than last year: asks for a reason
    one.page.wait_for_selector(findings("verify") + ":has-text('差旅费')")
    assert one.page.locator(findings("mandatory")).count() == 0
    one.page.click("[data-testid=submit]")
    one.page.wait_for_selector("[data-testid=submit-dialog]")
    assert one.page.locator("[data-testid=confirm-submit]").is_disabled()
    one.page.fill("[data-testid=reason]", "五月柏林展会")
    one.page.click("[data-testid=confirm-submit]")
    one.expect_message("交了")
    one.page.wait_for_selector("[data-testid=unit-state]:has-text('已提交')")
    one.click(ABROAD, "2027-05")
    one.page.keyboard.type("1")
    one.expect_message("这一格不能改：已提交")
    with office.container.database.reading() as reader:
        (kept,) = reader.rows("checks.reasons", unit_id=office.units["A"], submission=1)
    assert kept["reason"] == "五月柏林展会"


def test_a_phone_reads_the_form(someone: Someone) -> None:
    one = someone(390, 844)
    one.open("li", wait=False, **FORM)
    one.page.wait_for_selector("[data-testid=phone-list] >> text=国内差旅")
    assert one.page.evaluate("document.documentElement.scrollWidth") <= 390
