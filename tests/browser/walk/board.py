"""7 监控: the department sees what was spent, and the voucher behind it."""

from .people import booked
from .season import Walk


def the_board_shows_it(walk: Walk) -> None:
    """The department sees what was spent of its training, and the voucher behind it."""
    org, item = "PWR-MKT", "培训费"
    budget = booked(walk.site, org, [item], ["budget"], "2026-11")
    spent = booked(walk.site, org, [item], ["executed"], "2026-11")
    one = walk.someone().at("bumen", "/monitor", span="to_date", period="2026-11")
    one.page.wait_for_selector("[data-testid=board-row]")
    one.unfold("动力市场部")
    row = f'[data-testid=board-row]:has(.name:text-is("{item}"))'
    one.sees(row, f"{budget:,.0f}", f"{spent:,.0f}")
    one.page.click(f"{row} .name")
    one.sees("[data-testid=drill]", f"动力市场部 · {item}")
    one.sees("[data-testid=line-count]", f"{spent:,.2f}")
    one.sees("[data-testid=drill] .voucher-lines", f"{walk.learning:,.2f}", "上岗培训")
    one.page.keyboard.press("Escape")
    one.page.wait_for_selector("[data-testid=drill]", state="detached")
