"""Pictures of the pages, in both languages and both widths, into docs/screens: ``make screenshots``."""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402
from tests.browser.chromium import find  # noqa: E402
from tests.browser.plan_page import EXPENSES, PlanPage  # noqa: E402
from tests.browser.served import Site, served  # noqa: E402

from bihuan.settings import from_environment  # noqa: E402
from bihuan.store import embedded  # noqa: E402
from bihuan.store.migrations import migrate  # noqa: E402

OUT = ROOT / "docs" / "screens"
SIZES = {"1440": (1440, 900), "390": (390, 844)}


def main() -> int:
    """A fresh database, the example models, one browser."""
    found = find()
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bihuan-screens-") as folder:
        data = Path(folder)
        data.chmod(0o755)  # the database's own user must get in
        settings = from_environment()
        with embedded.database(data, settings.database_url, settings.app_database_url) as urls:
            migrate(urls.owner)
            with served(urls.app, data) as site, sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=found.executable, args=list(found.args), env=found.env
                )
                for language in ("zh", "en"):
                    for size in SIZES:
                        shoot(browser, site, language, size)
                browser.close()
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT.relative_to(ROOT)}")
    return 0


def shoot(browser: Browser, site: Site, language: str, size: str) -> None:
    """Sign-in, the plan table, and at desk width an edit under explanation."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    one = PlanPage(context.new_page(), site)
    one.page.add_init_script(f"localStorage.setItem('bihuan.language', '{language}')")

    def picture(name: str) -> None:
        one.page.wait_for_timeout(600)
        one.page.screenshot(path=OUT / f"{name}-{language}-{size}.png")

    one.page.goto(site.url)
    one.page.wait_for_selector("#login")
    picture("sign-in")
    desk = width > 760
    one.open("yusuan", wait=desk, **EXPENSES, unit="wan")
    if not desk:
        one.page.wait_for_selector("[data-testid=phone-list]")
        picture("plan")
        context.close()
        return
    one.type("金额|差旅", "2026-02", "3.6")
    one.type("金额|广告", "2026-05", "9.2")
    one.page.wait_for_timeout(1200)
    one.click("金额|差旅", "2026-02")
    one.keys("Alt+e")
    one.page.wait_for_selector("[data-testid=explain-value]")
    picture("plan")
    context.close()


if __name__ == "__main__":
    sys.exit(main())
