"""The plan page as a person uses it: real keys, a real mouse; figures are read from the grid's accessible mirror."""

from typing import Any
from urllib.parse import urlencode

from bihuan.features.access.http import COOKIE

from .served import PASSWORD, Site

EXPENSES = {"model": "starter", "table": "费用", "org": "MM"}
TRAVEL = "金额|差旅"  # one of its input rows


class PlanPage:
    """One person at one page."""

    def __init__(self, page: Any, site: Site) -> None:
        self.page, self.site = page, site
        self.errors: list[str] = []
        page.add_init_script("sessionStorage.setItem('bihuan.test', '1')")
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._noticed)

    def _noticed(self, message: Any) -> None:
        """Chromium reports every 4xx answer on the console; those the test asks for are not errors of the page."""
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    # --- coming in ------------------------------------------------------------------------------------------------

    def address(self, **context: str) -> str:
        return f"{self.site.url}/prepare?{urlencode(context)}"

    def sign_in(self, login: str, password: str = PASSWORD) -> None:
        self.page.fill("#login", login)
        self.page.fill("#password", password)
        self.page.keyboard.press("Enter")

    def open(self, login: str, *, wait: bool = True, **context: str) -> "PlanPage":
        """Comes in with a session and waits for the figures."""
        self.page.context.add_cookies([{"name": COOKIE, "value": self.site.session(login), "url": self.site.url}])
        self.page.goto(self.address(**(EXPENSES | context)))
        return self.ready() if wait else self

    def ready(self) -> "PlanPage":
        self.page.wait_for_selector("[role=gridcell]", state="attached")
        self.page.wait_for_selector("[data-testid=cell-input]")
        return self

    # --- reading --------------------------------------------------------------------------------------------------

    def cell(self, row: str, column: str) -> Any:
        return self.page.locator(f'[role=gridcell][data-row="{row}"][data-column="{column}"]')

    def expect(self, row: str, column: str, text: str) -> None:
        """Waits until the cell reads so."""
        self.page.wait_for_selector(
            f'[role=gridcell][data-row="{row}"][data-column="{column}"]:text-is("{text}")',
            state="attached",
            timeout=20_000,
        )

    def expect_state(self, text: str) -> None:
        self.page.wait_for_selector(f'[data-testid=edit-state]:has-text("{text}")')

    def expect_message(self, text: str) -> None:
        self.page.wait_for_selector(f'.ant-message-notice:has-text("{text}")')

    def box(self, row: str, column: str) -> dict[str, float]:
        found = self.page.evaluate("([row, column]) => window.bihuanGrid.box(row, column)", [row, column])
        assert found, f"{row} {column} is not on screen"
        return found

    def picture(self, row: str, column: str) -> bytes:
        """The cell as drawn on the canvas."""
        box = self.box(row, column)
        clip = {"x": box["left"], "y": box["top"], "width": box["width"], "height": box["height"]}
        return bytes(self.page.screenshot(clip=clip))

    # --- doing ----------------------------------------------------------------------------------------------------

    def click(self, row: str, column: str, **how: Any) -> None:
        box = self.box(row, column)
        self.page.mouse.click(box["left"] + box["width"] / 2, box["top"] + box["height"] / 2, **how)

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, row: str, column: str, text: str) -> None:
        self.click(row, column)
        self.page.keyboard.type(text)
        self.keys("Enter")

    def save(self) -> None:
        self.page.click("[data-testid=save]")
        self.expect_state("都存好了")
