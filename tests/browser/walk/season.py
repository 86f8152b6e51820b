"""One pass through the year: its dice, its people, its cycle. Cycle and policy are text, and opened on the page."""

import random
from dataclasses import dataclass, field
from decimal import Decimal

from bihuan.bootstrap import Container, models_folder
from bihuan.features.access.model import system
from bihuan.features.control import commands as control
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling import queries as models
from bihuan.features.modelling.folder import read_folder

from ..served import Site
from .people import MODEL, Someone

TRAVEL, HOME, ABROAD, TRAINING = (f"金额|{code}" for code in ("差旅费", "国内差旅", "海外差旅", "培训费"))
MONTHS = [f"2027-{month:02d}" for month in range(1, 13)]
DESK = {"width": 2560, "height": 1300}  # a screen that shows the whole form at once


@dataclass(frozen=True)
class Department:
    """Whose budget is walked, and about how much its targets are, in thousand yuan."""

    org: str
    name: str
    owner: str
    travel: tuple[int, int]
    training: tuple[int, int]


MARKETING = Department("PWR-MKT", "动力市场部", "bumen", (1_850, 2_200), (400, 700))


@dataclass
class Walk:
    """One pass: where, who, which draft of the budget, and what has been put in so far."""

    site: Site
    someone: Someone
    draft: str  # 一稿, 二稿: names the cycle, its version and its policy
    dice: random.Random
    of: Department = MARKETING
    travel_target: int = 0
    training_target: int = 0
    planned: dict[str, list[int]] = field(default_factory=dict)  # row -> twelve months, yuan
    request: str = ""
    asked: Decimal = Decimal(0)
    learning: Decimal = Decimal(0)  # what training cost in November, this time
    beyond: Decimal = Decimal(0)  # and how far that is above its budget

    @property
    def version(self) -> str:
        return f"2027{self.draft}"

    def yuan(self, low: int, high: int) -> int:
        return self.dice.randrange(low, high)

    def total(self, *rows: str) -> int:
        return sum(sum(self.planned[row]) for row in rows)


def begin(site: Site, someone: Someone, draft: str) -> Walk:
    """With dice of its own; the seed is printed when the test fails."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    return Walk(site, someone, draft, random.Random(seed))


def add_drafts(container: Container, *drafts: str) -> None:
    """A cycle and a policy more for each draft, as text beside what the company has."""
    files = dict(read_folder(models_folder() / MODEL))
    cycle, policy = files["cycles/2027年度预算.yaml"], files["policies/集团费用控制2027.yaml"]
    for draft in drafts:
        files[f"cycles/2027{draft}.yaml"] = (
            cycle.replace("cycle: 2027年度预算", f"cycle: 2027{draft}")
            .replace("title: 2027 年度预算", f"title: 2027 年预算{draft}")
            .replace("code: 2027预算, name: 2027 年度预算", f"code: 2027{draft}, name: 2027 年预算{draft}")
            .replace("集团费用控制2027", f"费用控制{draft}")
        )
        files[f"policies/费用控制{draft}.yaml"] = policy.replace("policy: 集团费用控制2027", f"policy: 费用控制{draft}")
    with container.database.writing() as uow:
        revision = models.find(uow, MODEL).revision
        modelling.apply(uow, system("test"), files, from_revision=revision)
        control.apply_policies(uow, system("test"), model=MODEL)


def the_cycle_is_opened(walk: Walk) -> None:
    """The administrator opens the cycle of this draft from its template; its units stand there with their due dates."""
    admin = walk.someone().at("yusuan", "/admin")
    admin.page.click(f'[data-testid=templates] tr:has-text("2027 年预算{walk.draft}") button:has-text("开启")')
    admin.page.click("[data-testid=confirm]")
    admin.told("已开启")
    admin.sees("[data-testid=units] header", f"2027 年预算{walk.draft}")
    admin.sees(f"[data-testid=units] tr[data-unit={walk.of.org}]", walk.of.name)
