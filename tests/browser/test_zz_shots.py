from decimal import Decimal
import pytest
from .test_spend_page import *  # noqa
from .test_spend_page import fill
OUT = "/tmp/wt-data/spend/shots"
pytestmark = pytest.mark.browser

def shot(one, name, full=False):
    one.page.wait_for_timeout(500)
    one.page.screenshot(path=f"{OUT}/{name}.png", full_page=full)

def test_zz_shots(someone, office):
    liu = someone().open("liu")
    fill(liu, "经销商大会展区", "展会费", "2026-12", "6,000")
    liu.expect_verdict("ok"); shot(liu, "ok-1440")
    liu.submit(); shot(liu, "doc-1440")
    he = someone().open("he")
    fill(he, "华南自动化展（深圳）展位及搭建", "展会费", "2026-12", "8,000")
    he.expect_verdict("refuse"); shot(he, "refuse-1440")
    he.page.click("button:has-text('加一行')"); 
    he.pick("科目", "办公费", 2); he.amount("200000", 2); he.choose("税率", "6%", 2); he.page.wait_for_timeout(700)
    shot(he, "multi-1440")
    he.page.goto(f"{he.site.url}/spend?model=office&tab=mine"); he.page.wait_for_selector("[data-testid=documents]"); shot(he, "mine-1440")
    he.page.goto(f"{he.site.url}/spend?model=office&tab=mine&whose=all"); he.page.wait_for_selector("[data-testid=documents]"); shot(he, "all-1440")
    sh = someone().open("shen", tab="balances", rule="推广", period="2026-11"); sh.page.wait_for_selector("[data-testid=balances]"); 
    sh.page.click("[data-testid=balances] button >> nth=0"); sh.page.wait_for_selector("[data-testid=balance-panel] h3 >> nth=2"); shot(sh, "balances-1440")
    ph = someone(390, 844).open("he")
    shot(ph, "empty-390")
    fill(ph, "华南自动化展", "展会费", "2026-12", "8,000"); ph.expect_verdict("refuse"); shot(ph, "refuse-390")
    ph.page.locator("[data-testid=ways]").scroll_into_view_if_needed(); shot(ph, "ways-390")
    ph.page.goto(f"{he.site.url}/spend?model=office&tab=mine&whose=all"); ph.page.wait_for_selector("[data-testid=documents]"); shot(ph, "mine-390")
    ph.page.click("[data-testid=documents] a >> nth=0"); ph.page.wait_for_selector("[data-testid=timeline]"); shot(ph, "doc-390")
    ph.page.goto(f"{he.site.url}/spend?model=office&tab=balances&rule=推广&period=2026-11"); ph.page.wait_for_selector("[data-testid=balances]"); shot(ph, "balances-390")
    en = someone().open("he"); en.page.click("[data-testid=account]"); en.page.click("text=English"); en.page.wait_for_timeout(500)
    en.pick("科目","展会费"); en.amount("9,000"); en.page.wait_for_selector("[data-testid=check-answer]"); en.page.wait_for_timeout(500); shot(en, "refuse-en-1440")
