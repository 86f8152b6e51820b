"""8 闭环: the overrun becomes a case: explained, decided, agreed to, carried out, verified by the next load."""

from decimal import Decimal

from ..served import Site
from .books import BANK, BOOKS, HEADER, MEETINGS, upload, voucher
from .people import Person, booked, booked_in
from .season import Walk


def a_deviation_is_closed(walk: Walk) -> None:
    """The overrun became a case: explained, decided, agreed to by the source's head and finance, verified by the next load."""
    owner = walk.someone().at("bumen", "/monitor")
    owner.page.wait_for_selector("[data-testid=alerts]")
    more = owner.page.locator("[data-testid=alerts] button:has-text('全部')")
    if more.count():
        more.click()
    owner.page.click(f'[data-testid=alerts] button:has-text("动力市场部培训费 累计超预算 {walk.beyond:,.2f}")')
    case_is(owner, "待说明")
    owner.page.fill("[data-testid=explain-text]", "新产品线上岗培训提前到十一月")
    owner.page.click("[data-testid=do-explain]")
    case_is(owner, "待决策")
    owner.page.click("[data-testid=decision-transfer]")
    owner.pick_tree("from-org", "动力市场部")
    source, month = widest(walk.site)
    owner.pick_tree("from-科目", source)
    owner.choose("from-period", month)
    moved = Decimal(int(walk.beyond) + (walk.beyond != int(walk.beyond)))  # whole yuan are proposed
    assert owner.page.input_value("[data-testid=transfer-amount]") == str(moved)
    owner.page.wait_for_selector("[data-testid=do-decide]:not([disabled])")  # both sides' rooms were looked at
    before = {item: booked(walk.site, "PWR-MKT", [item], ["budget"]) for item in ("培训费", source)}
    owner.page.click("[data-testid=do-decide]")
    case_is(owner, "待同意")
    address = owner.page.url

    for login, word in (("shiye", "待同意"), ("caiwu", "待核实")):
        one = walk.someone(width=390, height=844).at(login, "/adjust")
        one.page.goto(address)
        case_is(one, "待同意")
        one.page.click("[data-testid=agree-transfer]")
        case_is(one, word)
    assert booked(walk.site, "PWR-MKT", ["培训费"], ["budget"]) == before["培训费"] + moved
    assert booked(walk.site, "PWR-MKT", [source], ["budget"]) == before[source] - moved

    mark = f"{walk.dice.randrange(10**6):06d}"
    late = Decimal(walk.yuan(1_000, 9_000)) / 100
    for account in (MEETINGS, BANK):
        BOOKS[account] += late
    it = walk.someone().at("it", "/connect")
    name = f"总账凭证-{mark}.csv"
    upload(it.page, "voucher-file", name, HEADER + voucher(f"记{mark}-1", MEETINGS, "PWR-MKT", late))
    it.page.locator(f'[data-testid=runs] tbody tr:has-text("{name}")').first.locator("text=已入账").wait_for(
        timeout=180_000
    )
    for _ in range(90):  # the job after the load
        owner.page.goto(address)
        owner.page.wait_for_selector("[data-testid=case-state]")
        if "已关闭" in owner.page.inner_text("[data-testid=case-state]"):
            break
        owner.page.wait_for_timeout(1000)
    case_is(owner, "已关闭")


def widest(site: Site) -> tuple[str, str]:
    """The item and the month of the department's marketing whose own budget is largest."""

    def budget(place: tuple[str, str]) -> Decimal:
        return booked_in(site, "PWR-MKT", *place, "budget")

    items = ("广告宣传费", "展会费", "客户活动费")
    return max(((item, month) for item in items for month in ("2026-10", "2026-11", "2026-12")), key=budget)


def case_is(one: Person, word: str) -> None:
    one.sees("[data-testid=case-state]", word)
