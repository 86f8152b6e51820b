"""2 编制 and 3 校验: the form is filled, pasted and typed into; checks stop it, are met, are answered; it is submitted."""

from .people import Person
from .season import ABROAD, DESK, HOME, MONTHS, TRAINING, TRAVEL, Walk


def with_quarters(months: list[int]) -> list[int]:
    """As a spreadsheet shows the year: every quarter's sum stands after its months."""
    return [x for q in range(4) for x in (*months[q * 3 : q * 3 + 3], sum(months[q * 3 : q * 3 + 3]))]


def spread(walk: Walk, total: int) -> list[int]:
    """Twelve random months that add up to so many yuan."""
    months = [total // 14 + walk.yuan(0, total // 100) for _ in MONTHS[1:]]
    return [*months, total - sum(months)]


def the_form_is_filled(walk: Walk) -> None:
    """Travel is pasted a little above its target, training typed and pasted within its own; totals follow, all is saved."""
    over = walk.yuan(1_000, 20_000)
    abroad = walk.yuan(100_000, 300_000)
    walk.planned = {
        HOME: spread(walk, walk.travel_target + over - abroad),
        ABROAD: spread(walk, abroad),
        TRAINING: spread(walk, walk.training_target - walk.yuan(1_000, 30_000)),
    }
    owner = walk.someone(**DESK).at(walk.of.owner, "/")
    owner.sees("[data-testid=todos]", walk.of.name)
    owner.form(walk.of.owner, walk.of.org, walk.version)
    it_starts_from_last_year(owner)
    owner.paste(HOME, MONTHS[0], [with_quarters(walk.planned[HOME]), with_quarters(walk.planned[ABROAD])])
    owner.paste(TRAINING, MONTHS[1], [with_quarters(walk.planned[TRAINING])[1:]])
    owner.type(TRAINING, MONTHS[0], str(walk.planned[TRAINING][0]))
    owner.expect(TRAVEL, "2027", f"{walk.total(HOME, ABROAD):,}")
    owner.expect(TRAINING, "2027", f"{walk.total(TRAINING):,}")
    second = sum(sum(walk.planned[row][3:6]) for row in (HOME, ABROAD))
    owner.expect(TRAVEL, "2027Q2", f"{second:,}")
    owner.save()
    owner.page.reload()
    owner.ready()
    owner.expect(TRAVEL, "2027", f"{walk.total(HOME, ABROAD):,}")


def it_starts_from_last_year(owner: Person) -> None:
    """The whole form from last year's estimate, a little lower; what is pasted next goes over it without a clash."""
    owner.page.click("[data-testid=fill]")
    owner.page.fill("[data-testid=fill-factor]", "0.9")
    owner.page.wait_for_selector("[data-testid=confirm-fill]:not([disabled])")
    owner.page.click("[data-testid=confirm-fill]")
    owner.page.wait_for_selector("[data-testid=undo-saved]")


def finding(kind: str) -> str:
    return f"[data-testid=checks-bar] [data-kind={kind}]"


def checks_are_met(walk: Walk) -> None:
    """What is above the target stops the submission and leads there; it is mended; the rest passes with a reason."""
    owner = walk.someone(**DESK).form(walk.of.owner, walk.of.org, walk.version)
    planned, target = walk.total(HOME, ABROAD), walk.travel_target
    says = f"差旅费 {planned:,} 元 ＞ 目标 {target:,} 元，超 {planned - target:,} 元"
    owner.sees(finding("mandatory"), says)
    owner.click(TRAINING, MONTHS[0])
    owner.page.click("[data-testid=submit]")
    owner.expect_message("不能提交")
    owner.page.wait_for_selector(f'[role=gridcell][aria-current=true][data-row="{TRAVEL}"]', state="attached")

    walk.planned[HOME][11] -= planned - target + walk.yuan(0, 3_000)
    owner.type(HOME, MONTHS[11], str(walk.planned[HOME][11]))
    owner.expect(TRAVEL, "2027", f"{walk.total(HOME, ABROAD):,}")
    owner.page.wait_for_selector(finding("mandatory"), state="detached")
    owner.sees(finding("verify"), "培训费 比上年预计 +")
    submit(walk, owner, "培训按新产品线的上岗要求安排")


def submit(walk: Walk, owner: Person, reason: str) -> None:
    owner.page.click("[data-testid=submit]")
    owner.page.wait_for_selector("[data-testid=submit-dialog]")
    boxes = owner.page.locator("[data-testid=reason]").all()
    assert owner.page.locator("[data-testid=confirm-submit]").is_disabled() == any(not b.input_value() for b in boxes)
    for box in boxes:
        box.fill(reason)
    owner.page.click("[data-testid=confirm-submit]")
    owner.expect_message("交了")
    owner.sees("[data-testid=unit-state]", "已提交")
