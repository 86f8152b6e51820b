"""9 再预测: over months are actual, the rest is forecast; a person's figure stays when it is run again."""

from decimal import Decimal

from .people import Person, booked
from .season import Walk


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
    one.page.wait_for_selector("[data-testid=run]:not([disabled]):not(.ant-btn-loading)", timeout=180_000)
    one.page.wait_for_selector("[data-testid=outlook] tbody tr")


def show_meetings(one: Person) -> None:
    one.page.wait_for_selector("[data-testid=outlook] tbody tr")
    one.unfold("办公会议费")
    one.page.wait_for_selector("[data-testid=row-会议费]")


def forecast_row(one: Person, item: str) -> list[str]:
    """Twelve months, the year, the budget, the difference, the rate."""
    return [cell.inner_text().strip() for cell in one.page.locator(f"[data-testid=row-{item}] td").all()]


def whole(text: str) -> Decimal:
    return Decimal(text.replace(",", "") or "0")
