"""What was planted for somebody to find: where 2026 went another way than its budget, and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from bihuan.demo.books.calendar import Month
from bihuan.demo.books.company import ABROAD
from bihuan.demo.books.dice import dice


@dataclass(frozen=True)
class Story:
    """In these months what would have been spent (or paid per piece) is multiplied by ``times``, a little more or less by seed."""

    title: str
    org: str  # "" every organisation
    item: str  # an expense item, or a product
    first: str
    last: str
    times: float


STORIES: tuple[Story, ...] = (
    Story("动力市场部年中起频繁赴欧参展、拜访客户", "PWR-MKT", ABROAD, "2026-06", "2026-12", 2.3),
    Story("芜湖工厂四月起电价上调，改用分时电价前没有错峰", "PWR-P2", "能源费", "2026-04", "2026-12", 1.24),
    Story("智控软件委外项目招标推迟，进度不到一半", "SMT-SW", "委外研发", "2026-02", "2026-12", 0.42),
    Story("传动的春季展会改到九月", "DRV-MKT", "展会费", "2026-04", "2026-04", 0.10),
    Story("传动的春季展会改到九月", "DRV-MKT", "展会费", "2026-09", "2026-09", 2.05),
    Story("法务部七月一笔诉讼代理费", "HQ-LAW", "专业服务费", "2026-07", "2026-07", 4.2),
    Story("动力物流部运价上涨", "PWR-LOG", "运输费", "2026-05", "2026-12", 1.11),
    Story("伺服电机五月起降价应对竞争", "", "S202", "2026-05", "2026-12", 0.94),
    Story("伺服电机五月起降价应对竞争", "", "S203", "2026-05", "2026-12", 0.93),
)
LATE_HIRING: Mapping[str, tuple[str, int]] = {"DRV-RND": ("2026-03", 14)}  # planned from then on, not hired


def told(seed: int, org: str, item: str, month: Month) -> float:
    """What the stories multiply an amount by."""
    factor = 1.0
    for story in STORIES:
        if story.item == item and story.org in ("", org) and story.first <= str(month) <= story.last:
            factor *= 1 + (story.times - 1) * dice(seed, "story", story.title).uniform(0.92, 1.08)
    return factor


def is_told(org: str, item: str) -> bool:
    """Whether a story is about this."""
    return any(story.item == item and story.org in ("", org) for story in STORIES)
