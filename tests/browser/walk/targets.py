"""1 目标下达: from the group to the division, from the division to the department."""

from .people import Person
from .season import Walk


def targets_are_passed_down(walk: Walk) -> None:
    """The administrator raises the group's and the division's targets; the division's head gives the department its own."""
    of, group = walk.of, {"差旅费": walk.yuan(30_000, 39_000), "培训费": walk.yuan(8_000, 12_000)}
    division = {"差旅费": walk.yuan(7_000, 7_900), "培训费": walk.yuan(3_000, 4_000)}
    walk.travel_target, walk.training_target = walk.yuan(*of.travel) * 1000, walk.yuan(*of.training) * 1000
    own = {"差旅费": walk.travel_target, "培训费": walk.training_target}

    admin = walk.someone().at("yusuan", "/target", version=walk.version)
    admin.page.click("button:has-text('全部展开')")
    for org, amounts in (("QM", group), ("PWR", division)):
        for key, thousand in amounts.items():
            type_target(admin, org, key, thousand * 1000)
    save_targets(admin)

    head = walk.someone().at("shiye", "/target", version=walk.version)
    head.page.click("button:has-text('全部展开')")
    for key, thousand in division.items():
        target_shows(head, "PWR", key, thousand * 1000)
        type_target(head, of.org, key, own[key])
    save_targets(head)

    owner = walk.someone().at(of.owner, "/target", version=walk.version)
    owner.sees("[data-testid=edit-state]", "目标由上级组织下达")
    for key, amount in own.items():
        target_shows(owner, of.org, key, amount)


def type_target(one: Person, org: str, key: str, amount: int) -> None:
    one.page.click(f'input[data-cell="{org}|{key}|target"]')
    one.page.keyboard.type(str(amount))
    one.page.keyboard.press("Enter")


def target_shows(one: Person, org: str, key: str, amount: int) -> None:
    one.page.wait_for_function(
        "([cell, text]) => { const at = document.querySelector(cell); const input = at?.querySelector('input');"
        " return (input ? input.value : at?.textContent) === text; }",
        arg=[f'tr[data-line="{org}|{key}"] td[data-column="target"]', f"{amount:,}"],
    )


def save_targets(one: Person) -> None:
    one.page.click("[data-testid=save-targets]")
    one.sees("[data-testid=edit-state]", "都存好了")
