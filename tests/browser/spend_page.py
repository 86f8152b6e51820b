"""The page of spending as a person uses it: tabs, the form with what is left beside it, one's requests, balances."""

from typing import Any
from urllib.parse import urlencode

from bihuan.features.access.http import COOKIE

from .served import Site


class SpendPage:
    """One person at the page."""

    def __init__(self, page: Any, site: Site) -> None:
        self.page, self.site = page, site
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._noticed)

    def _noticed(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def open(self, login: str, **search: str) -> "SpendPage":
        """Comes in with a session."""
        self.page.context.add_cookies([{"name": COOKIE, "value": self.site.session(login), "url": self.site.url}])
        self.page.goto(f"{self.site.url}/spend?{urlencode({'model': 'office', **search})}")
        self.page.wait_for_selector(".spend-page")
        return self

    # --- the form -------------------------------------------------------------------------------------------------------

    def about(self, text: str) -> None:
        self.page.fill("#about", text)

    def pick(self, dimension: str, member: str, line: int = 1) -> None:
        """Picks a member by keyboard: type its name, then Enter."""
        box = self.page.locator(f"[data-testid=line-{line}] .field:has(label:text-is('{dimension}')) input")
        box.click()
        box.fill(member)
        self.page.click(f".ant-select-dropdown:visible .ant-select-tree-title:text-is('{member}')")

    def choose(self, label: str, option: str, line: int = 1) -> None:
        """Chooses an option of a select."""
        self.page.click(f"[data-testid=line-{line}] .field:has(label:text-is('{label}')) .ant-select")
        self.page.click(f".ant-select-dropdown:visible .ant-select-item-option[title='{option}']")

    def amount(self, text: str, line: int = 1) -> None:
        self.page.fill(f"[data-testid=line-{line}] input[id$=-amount]", text)

    def expect_verdict(self, verdict: str, says: str = "") -> None:
        """Waits until the check of what stands in the form says so."""
        self.page.wait_for_selector(
            f"[data-testid=check-answer][data-waiting=false][data-verdict={verdict}] [data-testid=verdict]:has-text('{says}')"
        )

    def expect_text(self, test_id: str, text: str) -> None:
        self.page.wait_for_selector(f"[data-testid={test_id}]:has-text('{text}')")

    def submit(self) -> str:
        """Submits; answers the number of the request, which is then shown."""
        self.page.click("[data-testid=submit]")
        self.page.wait_for_selector("[data-testid=document-number]")
        return str(self.page.inner_text("[data-testid=document-number]"))
