"""Two browsers at the same step: at one cell of a form, at one task, at the last of the money."""

import time
from decimal import Decimal

from ..spend_page import SpendPage
from .people import MODEL, open_case
from .season import DESK, HOME, MONTHS, Walk
from .spend import room_of_meetings


def the_form_meets_the_form(walk: Walk) -> None:
    """Owner and administrator type into one cell: the second is shown both figures and chooses; nothing is lost."""
    mine, theirs = walk.yuan(1_000, 9_000), walk.yuan(10_000, 90_000)
    owner = walk.someone(**DESK).form(walk.of.owner, walk.of.org, walk.version)
    admin = walk.someone(**DESK).form("yusuan", walk.of.org, walk.version)
    owner.type(HOME, MONTHS[2], str(mine))
    admin.type(HOME, MONTHS[2], str(theirs))
    admin.type(HOME, MONTHS[3], str(theirs + 1))
    admin.save()
    owner.expect(HOME, MONTHS[3], f"{theirs + 1:,}")  # where they do not meet it arrives by itself
    owner.page.click("[data-testid=save]")
    for text in (f"{mine:,}", f"{theirs:,}", "宋佳宁"):
        owner.sees("[data-testid=conflicts]", text)
    owner.page.click("button:has-text('全用我的')")
    owner.page.click("button:has-text('按所选保存')")
    owner.expect_state("都存好了")
    for one in (owner, admin):
        one.expect(HOME, MONTHS[2], f"{mine:,}")
        one.expect(HOME, MONTHS[3], f"{theirs + 1:,}")


def two_decide(walk: Walk) -> None:
    """One task in two browsers: who comes second is told by whom it was decided; it goes on once."""
    name = "动力质量部"  # its case waits for the division's head
    first, second = walk.someone(), walk.someone()
    second.page.route("**/api/v1/events", lambda route: route.abort())  # does not hear of it
    for one in (first, second):
        one.at("shiye", "/approve")
        open_case(one, name)
    first.page.click("[data-testid=decision] .agree")
    first.told("已同意")
    second.page.dispatch_event("[data-testid=decision] .agree", "click")
    second.told("处理：同意")
    finance = walk.someone().at("caiwu", "/approve")
    assert finance.page.locator(f"[data-testid=case-list] button:has-text('{name}')").count() <= 1
    open_case(finance, name)


def the_last_of_the_room(walk: Walk) -> None:
    """Two ask at the same moment for more than half of what is left: one gets it, the other is told what is missing."""
    room = room_of_meetings(walk.site)
    wanted = (room / 2 + Decimal(walk.yuan(10_000, 90_000)) / 100).quantize(Decimal("0.01"))
    askers: list[SpendPage] = [walk.someone(SpendPage).open("jingban", model=MODEL) for _ in range(2)]
    for number, asker in enumerate(askers):
        asker.about(f"最后的会 {number}")
        asker.pick("预算科目", "会议费")
        asker.choose("用款期间", "2026-11")
        asker.amount(f"{wanted:.2f}")
        asker.expect_verdict("ok")
    together = time.time() * 1000 + 1_500
    for asker in askers:
        asker.page.evaluate(
            "at => setTimeout(() => document.querySelector('[data-testid=submit]').click(), at - Date.now())", together
        )
    for asker in askers:
        asker.page.wait_for_selector("[data-testid=document-number], [data-testid=check-answer][data-verdict=refuse]")
    filed = [asker.page.locator("[data-testid=document-number]").count() for asker in askers]
    assert sorted(filed) == [0, 1], [asker.page.inner_text("main") for asker in askers]
    assert room_of_meetings(walk.site) == room - wanted
    askers[filed.index(0)].expect_verdict("refuse", f"还差 {2 * wanted - room:,.2f} 元")
