"""The business date, moved on the page of the administrator."""

from .season import Walk


def the_month_goes_by(walk: Walk, day: str) -> None:
    admin = walk.someone().at("yusuan", "/admin")
    field = admin.page.locator("[data-testid=business-date] input").first
    field.click()
    field.fill(day)
    admin.page.keyboard.press("Enter")
    admin.page.fill("[data-testid=business-date] .reason input", "十一月快过完了")
    admin.page.click("[data-testid=business-date] button.ant-btn-primary")
    admin.told(day)
