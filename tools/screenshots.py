"""Pictures of every page, as the demo company's people see them, into docs/screens: ``make screenshots``.

Fails when a page writes an error to the console, shows the crash page, or stays loading. ``--at URL`` takes a demo that
is being served already; ``--only NAME`` some of the pictures.
"""

import argparse
import io
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from tests.browser.chromium import find  # noqa: E402

from bihuan.demo import DEMO_PASSWORD, DEMO_PEOPLE  # noqa: E402

OUT = ROOT / "docs" / "screens"
SIZES = {1440: 900, 390: 844}
DESK = 760  # px: narrower is a phone
LANGUAGES = ("zh", "en")
COLOURS = 256
NAMES = {person.login: person.name for person in DEMO_PEOPLE}
BUSY = "[data-testid=loading], .ant-spin-spinning"
API = "/api/v1"


@dataclass(frozen=True)
class Shot:
    """One page as one person sees it. ``then``: what is done before the picture is taken."""

    name: str
    title: str
    login: str
    path: str
    search: tuple[tuple[str, str], ...] = ()
    then: Callable[[Page], None] | None = None


def shot(
    name: str, title: str, login: str, path: str, then: Callable[[Page], None] | None = None, **search: str
) -> Shot:
    return Shot(name, title, login, path, tuple(search.items()), then)


def in_form(page: Page) -> None:
    """At a desk: an entered cell under explanation."""
    if not wide(page):
        return
    page.wait_for_selector("[data-testid=cell-input]")
    page.wait_for_timeout(800)
    box = page.evaluate("() => window.bihuanGrid.box('金额|国内差旅', '2027-02')")
    page.mouse.click(box["left"] + box["width"] / 2, box["top"] + box["height"] / 2)
    page.keyboard.press("Alt+e")
    page.wait_for_selector("[data-testid=explain-value]")


def first_case(page: Page) -> None:
    """A phone shows the list first."""
    if not wide(page):
        found = get(page, "/tasks")
        here(page, case=found[0]["instance_id"])


def first_deviation(page: Page) -> None:
    found = get(page, "/deviations?model=qiming")
    here(page, case=found[0]["id"])


FORM = {"version": "2027预算", "org": "PWR-MKT", "unit": "thousand"}
SHOTS: Sequence[Shot] = (
    shot("sign-in", "登录", "", "/sign-in"),
    shot("home", "工作台", "shiye", "/"),
    shot("home-owner", "工作台（部门）", "bumen", "/"),
    shot("target", "目标", "yusuan", "/target", unit="wan"),
    shot("summary", "目标 · 汇总", "yusuan", "/target/summary", unit="wan"),
    shot("plan", "编制 · 费用", "bumen", "/prepare", in_form, table="部门费用", **FORM),
    shot("plan-sales", "编制 · 销售", "pwr-sal", "/prepare", table="产品销售", **(FORM | {"org": "PWR-SAL"})),
    shot("pivot", "编制 · 透视", "yusuan", "/prepare/pivot", table="费用", grain="quarter", unit="wan"),
    shot("approve", "审批", "shiye", "/approve"),
    shot("approve-case", "审批 · 一件", "caiwu", "/approve", first_case),
    shot("spend", "执行 · 申请", "jingban", "/spend"),
    shot("spend-mine", "执行 · 我的申请", "jingban", "/spend", tab="mine"),
    shot("spend-balances", "执行 · 余额", "bumen", "/spend", tab="balances"),
    shot("monitor", "监控", "cfo", "/monitor", unit="wan"),
    shot("analyse", "分析", "cfo", "/analyse", unit="wan"),
    shot("adjust", "调整 · 事项", "yusuan", "/adjust"),
    shot("adjust-case", "调整 · 一件", "yusuan", "/adjust", first_deviation),
    shot("adjust-transfers", "调整 · 调剂", "bumen", "/adjust", tab="transfers"),
    shot("forecast", "预测", "yusuan", "/forecast", unit="wan"),
    shot("connect", "集成 · 装载", "it", "/connect"),
    shot("connect-desk", "集成 · 差错台", "it", "/connect", tab="desk"),
    shot("connect-tie", "集成 · 对账", "it", "/connect", tab="tie"),
    shot("connect-sources", "集成 · 来源", "it", "/connect", tab="sources"),
    shot("admin", "管理", "yusuan", "/admin"),
    shot("model", "模型：指标与公式", "yusuan", "/model", item="利润!利润"),
    shot("model-dimensions", "模型：维度", "yusuan", "/model", tab="dimensions", dim="org"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at", metavar="URL", help="a demo that is being served")
    parser.add_argument("--only", metavar="NAME", nargs="*", default=[], help="these pictures alone")
    args = parser.parse_args()
    wanted = [one for one in SHOTS if not args.only or one.name in args.only]
    OUT.mkdir(parents=True, exist_ok=True)
    with demo(args.at) as url:
        faults = take(url, wanted)
    write_index()
    for fault in faults:
        print(fault, file=sys.stderr)
    pictures = list(OUT.glob("*.png"))
    size = sum(picture.stat().st_size for picture in pictures) / 1e6
    print(f"{len(pictures)} pictures in {OUT.relative_to(ROOT)}, {size:.1f} MB, {len(faults)} faults")
    return 1 if faults else 0


@contextmanager
def demo(at: str | None) -> Iterator[str]:
    """Where the demo is served: a fresh one, gone afterwards, unless one is given."""
    if at is not None:
        yield at.rstrip("/")
        return
    with tempfile.TemporaryDirectory(prefix="bihuan-screens-") as folder:
        Path(folder).chmod(0o755)  # the database's own user must get in
        command = [sys.executable, "-m", "bihuan", "demo", "--port", "0", "--data", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
            try:
                yield next(line.split()[1] for line in running.stdout or () if line.startswith("ready "))
            finally:
                running.terminate()
                running.communicate(timeout=60)


def take(url: str, wanted: Sequence[Shot]) -> list[str]:
    """Takes the pictures; answers what was wrong with the pages."""
    found = find()
    faults: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.executable, args=list(found.args), env=found.env)
        states = {login: signed_in(browser, url, login) for login in {one.login for one in wanted}}
        for language in LANGUAGES:
            for width in SIZES:
                for one in wanted:
                    faults += shoot(browser, url, one, states[one.login], (language, width))
        browser.close()
    return faults


def signed_in(browser: Browser, url: str, login: str) -> Any:
    """The cookies of somebody who has signed in; of nobody for an empty login."""
    context = browser.new_context()
    if login:
        answer = context.request.post(f"{url}{API}/session", data={"login": login, "password": DEMO_PASSWORD})
        assert answer.ok, f"{login}: {answer.status}"
    state = context.storage_state()
    context.close()
    return state


def shoot(browser: Browser, url: str, one: Shot, state: Any, kind: tuple[str, int]) -> list[str]:
    """One picture; what the console said and whether the page crashed or never finished."""
    language, width = kind
    context = browser.new_context(
        viewport={"width": width, "height": SIZES[width]}, locale="zh-CN", storage_state=state, reduced_motion="reduce"
    )
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    # nobody being signed in is asked for, and answered by 401, before the sign-in page shows
    page.on(
        "console", lambda m: said.append(m.text) if m.type == "error" and (one.login or "401" not in m.text) else None
    )
    page.add_init_script(
        f"localStorage.setItem('bihuan.language', '{language}'); sessionStorage.setItem('bihuan.test', '1')"
    )
    name = f"{one.name}-{language}-{width}"
    try:
        page.goto(f"{url}{one.path}?{urlencode(one.search)}" if one.search else f"{url}{one.path}")
        settle(page)
        if one.then:
            one.then(page)
            settle(page)
        small(page.screenshot(), OUT / f"{name}.png")
        said += complaints(page)
    except Exception as error:
        said.append(f"{type(error).__name__}: {error}")
    context.close()
    return [f"{name}: {text}" for text in said]


def settle(page: Page) -> None:
    """Until something is there and nothing loads any more."""
    page.wait_for_selector("#login, main, .page")
    page.wait_for_timeout(700)
    page.wait_for_function(f"() => !document.querySelector('{BUSY}')", timeout=20_000)
    page.wait_for_timeout(400)


def complaints(page: Page) -> list[str]:
    """What a page that was shown must not show."""
    out = [f"crashed: {text}" for text in page.locator("[data-testid=failed]").all_inner_texts()]
    wide_by = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    if wide_by > 0:
        out.append(f"wider than the screen by {wide_by} px")
    keys = re.findall(
        r"\b(?:nav|process|control|entry|monitoring|integration|forecast|plan)\.[a-z]\w+", page.inner_text("body")
    )
    return out + [f"a word is missing: {key}" for key in keys]


def small(png: bytes, path: Path) -> None:
    """Fewer colours: a third of the size, and nobody sees it."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)


def write_index() -> None:
    """The table of what there is."""
    kinds = [(language, width) for language in LANGUAGES for width in SIZES]
    lines = [
        "# 页面图",
        "",
        "由 `make screenshots` 在演示公司（启明制造集团，业务日期 2026-10-31）上拍下；改了页面就重拍。",
        "",
    ]
    lines.append(
        "| 页面 | 谁在看 | "
        + " | ".join(f"{'中文' if language == 'zh' else 'English'} {w}" for language, w in kinds)
        + " |"
    )
    lines.append("|---" * (2 + len(kinds)) + "|")
    for one in SHOTS:
        files = [f"{one.name}-{language}-{width}.png" for language, width in kinds]
        links = [f"[图]({file})" if (OUT / file).is_file() else "–" for file in files]
        lines.append(f"| {one.title} | {NAMES.get(one.login, one.login.upper()) or '–'} | {' | '.join(links)} |")
    (OUT / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def wide(page: Page) -> bool:
    return bool((page.viewport_size or {"width": 0})["width"] > DESK)


def get(page: Page, path: str) -> Any:
    answer = page.request.get(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + API + path)
    assert answer.ok, f"{path}: {answer.status}"
    return answer.json()


def here(page: Page, **search: Any) -> None:
    """The same page with more in its address."""
    joint = "&" if "?" in page.url else "?"
    page.goto(f"{page.url}{joint}{urlencode(search)}")


if __name__ == "__main__":
    sys.exit(main())
