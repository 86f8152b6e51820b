"""4 审批: returned once with a reason, approved the second time, released; then the form is locked."""

from .form import submit
from .people import open_case
from .season import ABROAD, DESK, HOME, MONTHS, TRAVEL, Walk


def it_is_returned_once_and_approved(walk: Walk) -> None:
    """The division returns it with a reason, sees what changed, agrees; finance agrees; the administrator releases it."""
    of, less = walk.of, walk.yuan(2_000, 9_000)
    head = walk.someone().at("shiye", "/approve")
    open_case(head, of.name)
    head.sees("[data-testid=case]", "培训按新产品线的上岗要求安排")
    head.page.click("[data-testid=decision] >> text=退回")
    head.page.fill("#reason", f"海外差旅请压缩 {less} 元")
    head.page.click("[data-testid=confirm]")
    head.told("已退回")

    owner = walk.someone(**DESK).at(of.owner, "/")
    owner.sees("[data-testid=todos]", f"海外差旅请压缩 {less} 元")
    owner.form(of.owner, of.org, walk.version)
    was = walk.planned[ABROAD][11]
    walk.planned[ABROAD][11] = was - less
    owner.type(ABROAD, MONTHS[11], str(was - less))
    owner.expect(TRAVEL, "2027", f"{walk.total(HOME, ABROAD):,}")
    owner.save()
    submit(walk, owner, "培训按新产品线的上岗要求安排")

    head.page.reload()
    open_case(head, of.name)
    head.sees("[data-testid=changes]", f"▼ {less:,}", f"{was:,}", f"{was - less:,}")
    head.page.click("[data-testid=decision] .agree")
    head.told("已同意")

    finance = walk.someone(width=390, height=844).at("caiwu", "/approve")
    open_case(finance, of.name)
    finance.page.click("[data-testid=decision] .agree")
    finance.told("已同意")

    admin = walk.someone().at("yusuan", "/target/summary", version=walk.version)
    admin.sees(f"tr[data-unit={of.org}]", "已批准")
    admin.page.click('tr[data-line="PWR"] button:has-text("下达 1 个")')
    admin.page.click("[data-testid=release]")
    admin.sees(f"tr[data-unit={of.org}]", "已下达")
    owner.page.reload()
    owner.ready()
    owner.click(HOME, MONTHS[0])
    owner.page.keyboard.type("1")
    owner.expect_message("这一格不能改")
