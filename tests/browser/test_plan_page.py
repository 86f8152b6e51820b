"""The plan page on real figures: typing, calculating, saving, conflicts, live changes, clipboard, input method, keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .plan_page import TRAVEL, PlanPage

pytestmark = pytest.mark.browser
Someone = Callable[..., PlanPage]

TOTAL, MEALS, OFFICE, MEETING, ADVERTS = "金额|费用合计", "金额|招待", "金额|办公", "金额|会议", "金额|广告"


def figure(text: str) -> int:
    return int(text.replace(",", ""))


# --- type, see, save -------------------------------------------------------------------------------------------------


def test_an_edit_is_calculated_saved_and_there_after_a_reload(someone: Someone) -> None:
    one = someone().open("yusuan")
    year = figure(one.cell(TOTAL, "2026").inner_text())
    was = figure(one.cell(TRAVEL, "2026-01").inner_text())
    one.type(TRAVEL, "2026-01", str(was + 8855))
    one.expect_state("1 处未保存")
    one.expect(TOTAL, "2026", f"{year + 8855:,}")  # before saving: the server's trial calculation
    one.save()
    one.page.reload()
    one.ready()
    one.expect(TRAVEL, "2026-01", f"{was + 8855:,}")
    one.expect(TOTAL, "2026", f"{year + 8855:,}")


def test_a_total_is_filled_down_exactly_and_taken_back(someone: Someone) -> None:
    """The year of 差旅 made 1,000 larger: its months follow in proportion and add up to the last cent; one undo."""
    one = someone().open("yusuan")
    year = figure(one.cell(TRAVEL, "2026").inner_text())
    months = [one.cell(TRAVEL, f"2026-{m:02d}").inner_text() for m in range(1, 13)]
    one.click(TRAVEL, "2026")
    one.keys("Alt+e")
    one.page.click("[data-testid=spread]")
    one.page.fill("[data-testid=spread-amount]", str(year + 1000))
    one.page.wait_for_selector("[data-testid=spread-told]:has-text('合计成为')")
    one.page.click("[data-testid=confirm-spread]")
    one.expect(TRAVEL, "2026", f"{year + 1000:,}")
    assert [one.cell(TRAVEL, f"2026-{m:02d}").inner_text() for m in range(1, 13)] != months
    one.page.click("[data-testid=undo-saved]")
    one.expect(TRAVEL, "2026", f"{year:,}")
    assert [one.cell(TRAVEL, f"2026-{m:02d}").inner_text() for m in range(1, 13)] == months


def test_an_amount_is_reallocated_from_the_rest_of_the_year_unless_it_is_held(someone: Someone) -> None:
    """差旅 of April takes 300 from the other months: the year stays. Held months give nothing; one undo."""
    one = someone().open("yusuan")
    year, april = one.cell(TRAVEL, "2026").inner_text(), figure(one.cell(TRAVEL, "2026-04").inner_text())
    one.click(TRAVEL, "2026-01")
    one.keys("Alt+e")
    one.page.click("[data-testid=hold]")
    one.page.wait_for_selector("[data-testid=held-count]:has-text('共保持 1 处')")
    january = one.cell(TRAVEL, "2026-01").inner_text()
    one.click(TRAVEL, "2026-04")
    one.page.click("[data-testid=reallocate]")
    one.page.click("[data-testid=reallocate-dialog] .ant-select >> nth=0")
    one.page.click(".ant-select-item-option:has-text('期间')")
    one.page.fill("[data-testid=reallocate-amount]", "300")
    one.page.wait_for_selector("[data-testid=reallocate-told]:has-text('保持不动')")
    one.page.click("[data-testid=confirm-reallocate]")
    one.expect(TRAVEL, "2026-04", f"{april + 300:,}")
    assert (one.cell(TRAVEL, "2026").inner_text(), one.cell(TRAVEL, "2026-01").inner_text()) == (year, january)
    one.page.click("[data-testid=undo-saved]")
    one.expect(TRAVEL, "2026-04", f"{april:,}")
    one.page.click("[data-testid=release-all]")
    expect(one.page.locator("[data-testid=held-count]")).to_have_count(0)


def test_typing_without_a_pause_loses_no_key(someone: Someone) -> None:
    one = someone().open("yusuan")
    one.click(ADVERTS, "2026-01")
    for column in ("2026-01", "2026-02", "2026-03"):
        one.page.keyboard.type(f"1{column[-2:]}11.11")
        one.keys("Tab")
    for column in ("2026-01", "2026-02", "2026-03"):
        one.expect(ADVERTS, column, f"1{column[-2]},{column[-1]}11")


def test_clearing_a_cell_is_blank_and_zero_is_zero(someone: Someone) -> None:
    one = someone().open("yusuan")
    one.click(MEALS, "2026-01")
    one.keys("Delete")
    one.type(MEALS, "2026-02", "0")
    one.expect(MEALS, "2026-01", "")
    one.expect(MEALS, "2026-02", "0")
    assert one.cell(MEALS, "2026-01").get_attribute("data-state") == "blank"
    assert one.cell(MEALS, "2026-02").get_attribute("data-state") == "value"


def test_what_is_not_a_number_stays_in_the_editor_and_is_said(someone: Someone) -> None:
    one = someone().open("yusuan")
    was = one.cell(TRAVEL, "2026-03").inner_text()
    one.type(TRAVEL, "2026-03", "1,2")
    one.expect_message("“1,2”不是数字")
    assert one.page.input_value("[data-testid=cell-input]") == "1,2"
    one.keys("Escape")
    one.expect(TRAVEL, "2026-03", was)
    one.expect_state("都存好了")


def test_a_total_cannot_be_typed_over_and_says_why(someone: Someone) -> None:
    one = someone().open("yusuan")
    was = one.cell(TOTAL, "2026-03").inner_text()
    one.click(TOTAL, "2026-03")
    one.page.keyboard.type("5")
    one.expect_message("不能直接填写")
    one.expect(TOTAL, "2026-03", was)


def test_the_unit_changes_what_is_shown_and_typed_not_what_is_kept(someone: Someone) -> None:
    one = someone().open("yusuan", unit="wan")
    one.type(TRAVEL, "2026-06", "4.25")
    one.page.click(".ant-segmented-item:has-text('千元')")
    one.expect(TRAVEL, "2026-06", "42.5")
    assert one.cell(TRAVEL, "2026-06").get_attribute("data-amount") == "42500"


def test_a_save_that_cannot_reach_the_server_keeps_every_edit(someone: Someone) -> None:
    one = someone().open("yusuan")
    one.type(TRAVEL, "2026-07", "4321")
    one.page.route("**/api/v1/plan/save", lambda route: route.abort())
    one.page.click("[data-testid=save]")
    one.expect_message("没存上：网络断了")
    one.expect_state("1 处未保存")
    one.page.unroute("**/api/v1/plan/save")
    one.save()


def test_leaving_with_unsaved_edits_asks_first(someone: Someone) -> None:
    one = someone().open("yusuan")
    one.type(TRAVEL, "2026-08", "99")
    one.page.click("nav >> text=审批")
    one.page.wait_for_selector("text=有 1 处没保存，离开吗？")
    one.page.click("button:has-text('留下')")
    one.expect(TRAVEL, "2026-08", "99")
    one.page.click("nav >> text=审批")
    one.page.click("button:has-text('放弃并离开')")
    one.page.wait_for_selector("h1:has-text('审批')")


# --- others -----------------------------------------------------------------------------------------------------------


def test_what_another_person_saves_appears_with_a_mark_and_is_drawn(someone: Someone) -> None:
    one, other = someone().open("yusuan"), someone().open("linjing")
    before = one.picture(OFFICE, "2026-02")
    other.type(OFFICE, "2026-02", "3456")
    other.save()
    one.expect(OFFICE, "2026-02", "3,456")
    one.page.wait_for_selector("[data-testid=others-changed]:has-text('林静')")
    assert one.cell(OFFICE, "2026-02").get_attribute("data-changed-by") == "林静"
    one.page.wait_for_timeout(300)
    assert one.picture(OFFICE, "2026-02") != before
    assert other.page.locator("[data-testid=others-changed]").count() == 0


@pytest.mark.parametrize(
    ("choice", "column", "kept"), [("全用我的", "2026-03", "777"), ("全用别人的", "2026-04", "888")]
)
def test_two_people_at_one_cell_see_both_values_and_choose(
    someone: Someone, choice: str, column: str, kept: str
) -> None:
    one, other = someone().open("yusuan"), someone().open("linjing")
    one.type(MEETING, column, "777")
    other.type(MEETING, column, "888")
    other.save()
    one.page.click("[data-testid=save]")
    table = one.page.locator("[data-testid=conflicts]")
    table.wait_for()
    assert all(word in table.inner_text() for word in ("777", "888", "林静", "会议费"))
    one.page.click(f"button:has-text('{choice}')")
    one.page.click("button:has-text('按所选保存')")
    one.expect_state("都存好了")
    one.expect(MEETING, column, kept)
    other.expect(MEETING, column, kept)


# --- the clipboard, the input method, the keyboard ---------------------------------------------------------------------


def test_a_block_from_a_spreadsheet_is_pasted_as_one_step_and_totals_are_left_alone(someone: Someone) -> None:
    one = someone().open("yusuan")
    total = one.cell("金额|办公会议", "2026-09").inner_text()
    one.page.evaluate("text => navigator.clipboard.writeText(text)", "５，０００\t(1,234.50)\r\n\t￥7\r\n")
    one.click(OFFICE, "2026-09")
    one.keys("Control+v")
    one.expect(OFFICE, "2026-09", "5,000")
    one.expect_message("跳过 2 处不能改的")  # the quarter's total stands beside September
    one.keys("Control+z")
    one.expect_state("都存好了")
    one.expect("金额|办公会议", "2026-09", total)


def test_what_is_copied_is_what_a_spreadsheet_reads(someone: Someone) -> None:
    one = someone().open("yusuan")
    one.type(ADVERTS, "2026-10", "1234.5")
    one.type(ADVERTS, "2026-11", "-7")
    one.click(ADVERTS, "2026-10")
    one.keys("Shift+ArrowRight", "Control+c")
    assert one.page.evaluate("navigator.clipboard.readText()") == "1234.5\t-7"


def test_an_input_method_can_begin_on_a_selected_cell(someone: Someone) -> None:
    one = someone().open("yusuan")
    one.click(TRAVEL, "2026-09")
    ime = one.page.context.new_cdp_session(one.page)
    for text in ("1", "12"):
        ime.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
    ime.send("Input.insertText", {"text": "１２３。５"})
    one.keys("Enter")
    one.expect(TRAVEL, "2026-09", "124")
    assert one.cell(TRAVEL, "2026-09").get_attribute("data-amount") == "123.5"


def test_everything_works_by_keyboard(someone: Someone) -> None:
    one = someone().open("yusuan")
    one.click(TRAVEL, "2026-01")

    def active() -> tuple[str | None, str | None]:
        one.page.wait_for_timeout(200)
        cell = one.page.locator("[role=gridcell][aria-current=true]")
        return cell.get_attribute("data-row"), cell.get_attribute("data-column")

    one.keys("End")
    assert active() == (TRAVEL, "2026Q4")
    one.keys("Home", "ArrowRight")
    assert active() == (TRAVEL, "2026-01")
    one.keys("Control+Home")
    assert active() == (TOTAL, "2026")
    one.keys("Control+End")
    assert active() == ("金额|折旧", "2026Q4")
    one.click(TRAVEL, "2026-02")
    one.keys("F2", "Home", "1", "Enter")  # a digit before the figure that is there
    assert active() == (MEALS, "2026-02")
    assert one.cell(TRAVEL, "2026-02").get_attribute("data-edited") == "true"
    one.keys("Control+z")
    one.expect_state("都存好了")
    one.keys("Control+y")
    one.expect_state("1 处未保存")
    one.keys("Control+s")
    one.expect_state("都存好了")


def test_the_status_bar_sums_a_selection_exactly(someone: Someone) -> None:
    one = someone().open("yusuan")
    one.type(MEALS, "2026-04", "0.1")
    one.type(MEALS, "2026-05", "0.2")
    one.page.click(".ant-segmented-item:has-text('千元')")
    one.page.click(".ant-segmented-item >> text=元 >> nth=0")
    one.click(MEALS, "2026-04")
    one.keys("Shift+ArrowRight")
    one.page.wait_for_selector("[data-testid=status-bar]:has-text('计数 2')")


def test_the_panel_explains_a_figure_and_who_changed_it(someone: Someone) -> None:
    one = someone().open("yusuan")
    one.type(OFFICE, "2026-12", "6543")
    one.save()
    one.click(OFFICE, "2026-12")
    one.keys("Alt+e")
    one.page.wait_for_selector("[data-testid=explain-value]:has-text('6,543')")
    one.page.wait_for_selector("[data-testid=explain-history]:has-text('于算'):has-text('6,543')")


# --- the textbook company ---------------------------------------------------------------------------------------------


def test_one_quarters_volume_moves_revenue_and_the_panel_shows_the_rule(someone: Someone) -> None:
    one = someone().open("yusuan", model="m-company", table="销售预算", org="")
    assert one.cell("销售收入", "2026").inner_text() == "126,000"
    one.type("预计销售量", "2026Q2", "160")
    one.expect("销售收入", "2026Q2", "32,000")  # 160 × 200
    one.expect("销售收入", "2026", "128,000")
    one.click("销售收入", "2026Q2")
    one.keys("Alt+e")
    one.page.wait_for_selector("[data-testid=explain-formula]:has-text('预计销售量 * 预计单位售价')")
    one.page.wait_for_selector("[data-testid=explain-operands]:has-text('预计单位售价')")
    one.page.wait_for_selector("aside >> text=为什么不能改")


def test_parameters_without_time_are_entered_as_percentages(someone: Someone) -> None:
    one = someone().open("yusuan", model="m-company", table="参数", org="")
    one.type("当季收现率", "", "65")
    one.expect("当季收现率", "", "65.0%")
    one.save()
    assert one.cell("当季收现率", "").get_attribute("data-amount") == "0.65"


# --- a phone ----------------------------------------------------------------------------------------------------------


def test_a_phone_reads_rows_and_is_not_wider_than_its_screen(someone: Someone) -> None:
    one = someone(390, 844)
    one.open("yusuan", wait=False)
    one.page.wait_for_selector("[data-testid=phone-list] >> text=差旅费")
    assert one.page.locator("canvas").count() == 0
    assert one.page.evaluate("document.documentElement.scrollWidth") <= 390
    one.page.click("button[aria-controls=rail]")
    one.page.click("nav >> text=监控")
    one.page.wait_for_selector("h1:has-text('监控')")
