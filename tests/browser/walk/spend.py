"""5 花钱: what is left is computed here from the ledger; more is refused, less is reserved and approved."""

from decimal import Decimal

from ..served import Site
from ..spend_page import SpendPage
from .people import MODEL, booked, open_case
from .season import Walk

OFFICE_AND_MEETINGS = ("办公费", "会议费")


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
