"""The budget year of the demonstration's company, walked by its people in the browser, twice on the same database.

Amounts are random in every run (the seed is printed when it fails); what the pages must say is computed in the test from them.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.support.queue import run_queue

from bihuan.bootstrap import Container

from .served import Site, serving
from .walk.approval import it_is_returned_once_and_approved
from .walk.board import the_board_shows_it
from .walk.books import november_comes_in
from .walk.clock import the_month_goes_by
from .walk.closing import a_deviation_is_closed
from .walk.forecast import the_year_is_forecast
from .walk.form import checks_are_met, the_form_is_filled
from .walk.people import Person
from .walk.season import Walk, add_drafts, begin, the_cycle_is_opened
from .walk.spend import money_is_asked_for
from .walk.targets import targets_are_passed_down
from .walk.together import the_form_meets_the_form, the_last_of_the_room, two_decide

pytestmark = pytest.mark.browser
STEPS: tuple[Callable[[Walk], None], ...] = (
    the_cycle_is_opened,
    targets_are_passed_down,
    the_form_is_filled,
    checks_are_met,
    it_is_returned_once_and_approved,
    money_is_asked_for,
    november_comes_in,
    the_board_shows_it,
    a_deviation_is_closed,
    the_year_is_forecast,
)


@pytest.fixture(scope="module")
def site(demo: Container) -> Iterator[Site]:
    """The demonstration, served, with its job process as a thread; two cycles more to open."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.3):
            run_queue(demo)

    add_drafts(demo, "一稿", "二稿")
    jobs = threading.Thread(target=work)
    jobs.start()
    with serving(demo) as running:
        yield running
        stop.set()
        jobs.join(60)


class Crowd:
    """``crowd()``: a fresh browser of one person. Whoever has done their step leaves, or a dozen pages would share the machine."""

    def __init__(self, browser: Any, site: Site) -> None:
        self.browser, self.site = browser, site
        self.here: list[Any] = []
        self.errors: list[str] = []

    def __call__(self, kind: Callable[..., Any] = Person, width: int = 1440, height: int = 900) -> Any:
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", reduced_motion="reduce"
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(40_000)
        self.here.append(kind(context.new_page(), self.site))
        return self.here[-1]

    def leave(self) -> None:
        """Everybody goes; what their consoles said is kept."""
        for one in self.here:
            self.errors += one.errors
            one.page.context.close()
        self.here.clear()


@pytest.fixture
def someone(browser: Any, site: Site) -> Iterator[Crowd]:
    """Ends with no error on any console."""
    crowd = Crowd(browser, site)
    yield crowd
    crowd.leave()
    assert crowd.errors == []


@pytest.mark.parametrize(("draft", "day"), [("一稿", "2026-11-29"), ("二稿", "2026-11-30")], ids=["first", "second"])
def test_the_budget_year(site: Site, someone: Crowd, draft: str, day: str) -> None:
    walk = begin(site, someone, draft)
    for step in STEPS:
        step(walk)
        someone.leave()
        if step is it_is_returned_once_and_approved:
            the_month_goes_by(walk, day)


def test_two_browsers_at_the_same_step(site: Site, someone: Crowd) -> None:
    walk = begin(site, someone, "预算")  # the company's own cycle, which nobody has finished
    the_form_meets_the_form(walk)
    two_decide(walk)
    the_last_of_the_room(walk)
