"""6 实际: November's vouchers come in, are mended on the desk, and agree with the trial balance."""

from decimal import Decimal
from typing import Any

from .people import MODEL, booked
from .season import Walk

BOOKS: dict[str, Decimal] = {}  # what has been posted in November by account, by all passes
HEADER = "凭证号,分录号,日期,会计期间,科目编码,科目名称,部门编码,项目编码,产品编码,摘要,借方金额,贷方金额,申请单号\n"
BANK, MEETINGS, LEARNING, NOBODYS = "1002", "660107", "660108", "660119"


def voucher(number: str, account: str, org: str, amount: Decimal, *, document: str = "", memo: str = "业务") -> str:
    """A voucher that spends at an account, paid by the bank."""
    head = f"{number},{{}},2026-11-25,2026-11"
    first = f"{head.format(1)},{account},,{org},,,{memo},{amount},,{document}\n"
    return first + f"{head.format(2)},{BANK},,,,,{memo},,{amount},{document}\n"


def november_comes_in(walk: Walk) -> None:
    """The ledger's export is loaded; a voucher of an account nobody knows is mended on the desk; the books agree."""
    mark, org = f"{walk.dice.randrange(10**6):06d}", "PWR-MKT"
    before = booked(walk.site, org, ["培训费"], ["budget"], "2026-11") - booked(
        walk.site, org, ["培训费"], ["executed", "committed", "reserved"], "2026-11"
    )
    walk.beyond = Decimal(walk.yuan(10_050_000, 12_500_000)) / 100
    walk.learning = before + walk.beyond  # so much more than what was left to November
    wrong = Decimal(walk.yuan(10_000, 900_000)) / 100
    text = HEADER + voucher(f"记{mark}-1", MEETINGS, org, walk.asked, document=walk.request, memo="渠道会")
    text += voucher(f"记{mark}-2", LEARNING, org, walk.learning, memo="上岗培训")
    text += voucher(f"记{mark}-3", NOBODYS, org, wrong, memo="会场布置")
    paid = walk.asked + walk.learning + wrong
    for account, amount in ((MEETINGS, walk.asked + wrong), (LEARNING, walk.learning)):
        BOOKS[account] = BOOKS.get(account, Decimal(0)) + amount
    BOOKS[BANK] = BOOKS.get(BANK, Decimal(0)) + paid

    one = walk.someone().at("it", "/connect")
    page = one.page
    upload(page, "voucher-file", f"总账凭证-{mark}.csv", text)
    row = page.locator(f'[data-testid=runs] tbody tr:has-text("总账凭证-{mark}.csv")').first
    row.locator("text=部分入账").wait_for(timeout=180_000)
    row.locator("button.link").click()
    panel = page.locator("[data-testid=batch-panel]")
    panel.locator('[data-testid=matches] li[data-kind="equal"]').wait_for()
    panel.locator("text=到差错台处理").click()
    desk = page.locator("[data-testid=desk]")
    wrong_line = desk.locator(f'tr:has-text("记{mark}-3"):has(td[data-field="account"]:has-text("{NOBODYS}"))')
    record = wrong_line.get_attribute("data-record")
    cell = desk.locator(f'tr[data-record="{record}"] td[data-field="account"]')
    cell.locator("button").click()
    cell.locator("input").fill(MEETINGS)
    page.keyboard.press("Enter")
    page.wait_for_selector(f'[data-testid=desk] td[data-field="account"][data-mended="true"]:has-text("{MEETINGS}")')
    page.click("[data-testid=desk-bar] button:has-text('重新装载')")
    page.wait_for_selector("text=差错台是空的", timeout=180_000)

    page.click(".ant-tabs-tab:has-text('对账')")
    page.wait_for_selector("[data-testid=books-file]", state="attached")
    upload(page, "books-file", f"科目余额-{mark}.csv", trial_balance())
    page.goto(f"{walk.site.url}/connect?model={MODEL}&tab=tie&period=2026-11")
    page.wait_for_selector('[data-testid=tie-verdict]:has-text("全部相符")', timeout=30_000)
    for account, amount in BOOKS.items():
        one.sees(f'[data-testid=tie] tr[data-account="{account}"]', f"{amount:,.2f}")
    assert booked(walk.site, org, ["会议费"], ["executed"], "2026-11") >= walk.asked + wrong


def upload(page: Any, testid: str, name: str, text: str) -> None:
    page.set_input_files(
        f"[data-testid={testid}]", {"name": name, "mimeType": "text/csv", "buffer": text.encode("utf-8")}
    )


def trial_balance() -> str:
    """What the ledger itself says of November: all that the runs have posted."""
    lines = (
        f"2026-11,{account},,{'' if account == BANK else amount},{amount if account == BANK else ''}\n"
        for account, amount in BOOKS.items()
    )
    return "会计期间,科目编码,科目名称,借方发生额,贷方发生额\n" + "".join(lines)
