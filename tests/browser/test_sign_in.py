"""Coming in and going out: refusals in plain words, one's place kept, nothing lost when the session ends."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .plan_page import EXPENSES, TRAVEL, PlanPage

pytestmark = pytest.mark.browser
Someone = Callable[..., PlanPage]


def test_a_stranger_is_asked_to_sign_in_and_then_brought_to_where_they_were_going(someone: Someone) -> None:
    one = someone()
    asked = one.address(**EXPENSES, unit="wan")
    one.page.goto(asked)
    one.sign_in("yusuan")
    one.ready()
    assert one.page.url == asked
    one.expect(TRAVEL, "2026-01", "4.67")


def test_who_just_signs_in_begins_at_the_workbench(someone: Someone) -> None:
    one = someone()
    one.page.goto(f"{one.site.url}/sign-in")
    one.sign_in("yusuan")
    one.page.wait_for_selector("nav [aria-current=page] >> text=工作台")
    assert one.page.url.split("?")[0] == f"{one.site.url}/"


def test_a_wrong_password_is_refused_in_plain_words_and_cleared(someone: Someone) -> None:
    one = someone()
    one.page.goto(one.site.url)
    one.sign_in("yusuan", "wrong")
    one.page.wait_for_selector("text=账号或密码不对")
    assert one.page.input_value("#password") == ""
    assert one.page.input_value("#login") == "yusuan"


def test_signing_in_without_a_password_says_what_is_missing(someone: Someone) -> None:
    one = someone()
    one.page.goto(one.site.url)
    one.sign_in("yusuan", "")
    one.page.wait_for_selector("text=账号和密码都要填")


def test_trying_too_often_says_when_to_come_back(someone: Someone) -> None:
    one = someone()
    one.page.goto(one.site.url)
    for _ in range(12):
        with one.page.expect_response("**/api/v1/session") as answer:
            one.sign_in("nobody", "wrong")
        if answer.value.status == 429:
            break
        expect(one.page.locator("#password")).to_have_value("")  # a refusal empties it
    one.page.wait_for_selector("[role=alert]:has-text('15 分钟后再试')")


def test_after_signing_out_the_page_is_closed(someone: Someone) -> None:
    one = someone().open("yusuan")
    one.page.click("[data-testid=account]")
    one.page.click("text=退出登录")
    one.page.wait_for_selector("#login")
    one.page.goto(one.address())
    one.page.wait_for_selector("#login")


def test_a_session_that_ends_keeps_what_was_typed_and_goes_on_after_signing_in_again(someone: Someone) -> None:
    one = someone().open("yusuan")
    one.page.context.clear_cookies()
    one.type(TRAVEL, "2026-05", "12345")
    one.page.wait_for_selector("text=登录已过期")
    one.page.fill(".ant-modal #password", "correct horse 42")
    one.keys("Enter")
    one.page.wait_for_selector("text=登录已过期", state="hidden")
    one.expect(TRAVEL, "2026-05", "12,345")
    one.save()


def test_the_other_language_is_complete_and_remembered(someone: Someone) -> None:
    one = someone().open("yusuan")
    one.page.click("[data-testid=account]")
    one.page.click("text=English")
    one.page.wait_for_selector("nav >> text=Prepare")
    one.page.reload()
    one.ready()
    assert one.page.inner_text("[data-testid=save]") == "Save"
    assert one.page.get_attribute("html", "lang") == "en"
