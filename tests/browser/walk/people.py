"""The people of the budget year at their browsers, and naive sums over what the databases keep, to check pages against."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import TimeoutError

from bihuan.features.access.http import COOKIE

from ..plan_page import PlanPage
from ..served import Site

MODEL = "qiming"
LIVE = 60_000  # ms: what arrives by itself


class Person(PlanPage):
    """One person at one browser, on whatever page."""

    def __init__(self, page: Any, site: Site) -> None:
        super().__init__(page, site)
        self.asking: list[str] = []  # what the server has not answered yet
        page.on("request", lambda asked: self.asking.append(f"{asked.method} {asked.url}"))
        page.on("requestfinished", self._answered)
        page.on("requestfailed", self._answered)

    def _answered(self, asked: Any) -> None:
        said = f"{asked.method} {asked.url}"
        if said in self.asking:
            self.asking.remove(said)

    def at(self, login: str, path: str, **search: Any) -> "Person":
        """Comes in with a session."""
        self.page.context.add_cookies([{"name": COOKIE, "value": self.site.session(login), "url": self.site.url}])
        self.page.goto(f"{self.site.url}{path}?{urlencode({'model': MODEL, 'unit': 'yuan', **search})}")
        self.page.wait_for_selector("[data-testid=rail]", state="attached")
        return self

    def sees(self, selector: str, *texts: str) -> None:
        """Waits until the place shows each of the texts; else says what the page shows, and what it still asks for."""
        for text in texts:
            try:
                self.page.wait_for_selector(f'{selector}:has-text("{text}")', timeout=LIVE)
            except TimeoutError as late:
                shown = " | ".join(self.page.locator("main, .ant-modal, .ant-message").all_inner_texts())
                raise AssertionError(f"{text} is not at {selector}; asking {self.asking}; shown: {shown}") from late

    def told(self, text: str) -> None:
        self.sees(".ant-message-notice", text)

    def form(self, login: str, org: str, version: str) -> "Person":
        """The expense form of a department."""
        self.open(login, model=MODEL, table="部门费用", version=version, org=org, unit="yuan")
        return self

    def paste(self, row: str, column: str, lines: Sequence[Sequence[int]]) -> None:
        """Pastes a block as a spreadsheet copies it."""
        text = "".join("\t".join(map(str, line)) + "\r\n" for line in lines)
        self.page.evaluate("text => navigator.clipboard.writeText(text)", text)
        self.click(row, column)
        self.keys("Control+v")

    def unfold(self, name: str) -> None:
        """Opens a row of a tree, where it is closed."""
        button = self.page.locator(f'button[aria-label="展开 {name}"]')
        if button.count():
            button.click()

    def choose(self, testid: str, title: str) -> None:
        """Chooses in a list by its title."""
        self.page.click(f"[data-testid={testid}]")
        self.page.click(f'.ant-select-dropdown:visible .ant-select-item-option[title="{title}"]')

    def pick_tree(self, testid: str, name: str) -> None:
        """Picks a member in a tree by typing its name."""
        self.page.click(f"[data-testid={testid}]")
        self.page.keyboard.type(name)
        self.page.click(f'.ant-select-dropdown:visible .ant-select-tree-title:text-is("{name}")')


def open_case(one: Person, name: str) -> None:
    """Opens a case on the page of approvals by what it is about."""
    one.page.click(f"[data-testid=case-list] button:has-text('{name}')")
    one.sees(".approve-case h1, .case h1", name)


def decide(one: Person, name: str) -> None:
    """Agrees to the case of that name."""
    open_case(one, name)
    one.page.click("[data-testid=decision] .agree")
    one.told("已同意")


Someone = Callable[..., Person]


def booked(site: Site, orgs: str, items: Sequence[str], stages: Sequence[str], until: str = "2026-12") -> Decimal:
    """What the ledger holds of 2026 up to a month: a plain sum over its entries. ``orgs``: a LIKE pattern."""
    with site.container.database.engine.connect() as conn:
        found = conn.exec_driver_sql(
            "SELECT coalesce(sum(amount), 0) FROM ledger_entry WHERE coordinate->>'org' LIKE %s"
            " AND coordinate->>'科目' = ANY(%s) AND stage = ANY(%s) AND period BETWEEN '2026-01' AND %s",
            (orgs, list(items), list(stages), until),
        ).scalar_one()
    return Decimal(found)


def booked_in(site: Site, org: str, item: str, month: str, stage: str) -> Decimal:
    """The same of one month of one department and item."""
    with site.container.database.engine.connect() as conn:
        found = conn.exec_driver_sql(
            "SELECT coalesce(sum(amount), 0) FROM ledger_entry WHERE coordinate->>'org' = %s"
            " AND coordinate->>'科目' = %s AND stage = %s AND period = %s",
            (org, item, stage, month),
        ).scalar_one()
    return Decimal(found)
