"""The same form in a real browser: from asking for the page until one can type, and from Enter until the total has followed.

Headless Chromium on the machine that also serves; each beside an empty request of the same run. What a person waits for is
therefore more than on a desk with a machine of its own. Left out where there is no Chromium. No bar.
"""

import statistics
import sys
import time
from pathlib import Path
from typing import Any

from form import Form, form, p95
from harness import Result

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "browser"))
from chromium import NoBrowser, find

from bihuan.features.access.http import COOKIE
from bihuan.web.frontpage import FOLDER

OPENINGS, EDITS = 12, 30
TOTAL, COLUMN = "金额|全部", "2026-05"


def run(quick: bool) -> list[Result]:
    """Two results, or none in the quick run, without a browser, or without a built front end."""
    if quick:
        return []
    try:
        found = find()
    except NoBrowser as error:
        print(f"       form in the browser left out: {error}")
        return []
    if not (FOLDER / "index.html").is_file():
        print("       form in the browser left out: the front end is not built (make front)")
        return []
    from playwright.sync_api import sync_playwright

    with form() as one, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.executable, args=list(found.args), env=found.env, headless=True
        )
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        context.add_cookies([{"name": COOKIE, "value": one.secret, "url": one.url}])
        page = context.new_page()
        page.add_init_script("sessionStorage.setItem('bihuan.test', '1')")  # tells where cells are on the canvas
        opened = [opening(page, one) for _ in range(OPENINGS)]
        typed = [editing(page, 1000 + n) for n in range(EDITS)]
        nothing = [empty(one) for _ in range(200)]
        browser.close()
    base = p95(nothing)
    return [
        Result("form page 300 x 18, open to usable, p95", "300 rows", 1, p95(opened), "empty request, p95", base,
               ours_raw=opened, note=f"median {statistics.median(opened):.2f} s"),
        Result("form page 300 x 18, Enter to total, p95", "300 rows", 1, p95(typed), "empty request, p95", base,
               ours_raw=typed, note=f"median {statistics.median(typed):.2f} s"),
    ]  # fmt: skip


def opening(page: Any, one: Form) -> float:
    """Seconds from the address to a cell that takes keys; nothing is cached but what the browser keeps."""
    start = time.perf_counter()
    page.goto(f"{one.url}/prepare?model=form&table=费用&version=预算&org=A&unit=yuan")
    page.wait_for_selector("[role=gridcell]", state="attached")
    page.wait_for_selector("[data-testid=cell-input]")
    return time.perf_counter() - start


def editing(page: Any, amount: int) -> float:
    """Seconds from Enter in a cell until the total of the whole form shows it."""
    total = f'[role=gridcell][data-row="{TOTAL}"][data-column="{COLUMN}"]'
    was = page.get_attribute(total, "data-amount")
    box = page.evaluate("([row, column]) => window.bihuanGrid.box(row, column)", [shown_row(page), COLUMN])
    page.mouse.click(box["left"] + box["width"] / 2, box["top"] + box["height"] / 2)
    page.keyboard.type(str(amount))
    start = time.perf_counter()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "([cell, was]) => { const at = document.querySelector(cell);"
        " return at && at.dataset.stale === 'false' && at.dataset.amount !== was; }",
        arg=[total, was],
    )
    return time.perf_counter() - start


def shown_row(page: Any) -> str:
    """The first row on screen that is typed into."""
    return str(page.get_attribute(f'[role=gridcell][data-column="{COLUMN}"][aria-readonly=false]', "data-row"))


def empty(one: Form) -> float:
    start = time.perf_counter()
    one.nothing()
    return time.perf_counter() - start
