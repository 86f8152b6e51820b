"""How amounts move over the year: a profile by month, the Spring Festival that wanders, growth."""

from collections.abc import Mapping

from bihuan.demo.books.calendar import Month, has_mid_autumn, spring_share
from bihuan.demo.books.company import ABROAD, SOCIAL, TRAVEL, WAGE, WELFARE

SALES = "销售"
_FLAT = (1.0,) * 12
_PROFILES: Mapping[str, tuple[float, ...]] = {
    TRAVEL: (0.90, 0.96, 1.08, 1.06, 1.05, 1.04, 0.98, 0.96, 1.05, 0.98, 1.06, 0.94),
    ABROAD: (0.70, 0.80, 1.15, 1.30, 1.10, 1.00, 0.90, 0.80, 1.30, 1.25, 1.00, 0.70),
    "业务招待费": (1.10, 0.95, 0.95, 0.98, 0.98, 1.02, 0.96, 0.95, 1.10, 0.98, 1.00, 1.12),
    "广告宣传费": (0.75, 0.80, 1.00, 1.10, 1.15, 1.20, 0.90, 0.85, 1.05, 1.10, 1.25, 0.90),
    "展会费": (0.15, 0.20, 2.40, 2.20, 0.50, 0.45, 0.35, 0.40, 1.90, 2.00, 1.15, 0.30),
    "客户活动费": (1.10, 0.70, 0.95, 1.00, 1.05, 1.10, 0.85, 0.85, 1.10, 1.05, 1.00, 1.30),
    "会议费": (1.45, 0.75, 0.90, 0.90, 0.90, 1.10, 1.15, 0.80, 0.90, 0.90, 0.95, 1.35),
    "培训费": (0.50, 0.60, 1.20, 1.20, 1.10, 1.10, 1.20, 1.10, 1.10, 1.00, 1.00, 0.90),
    "运输费": (0.98, 0.92, 1.04, 1.00, 1.00, 1.04, 0.97, 0.96, 1.04, 1.00, 1.03, 1.06),
    "委外研发": (0.70, 0.70, 1.50, 0.80, 0.80, 1.40, 0.80, 0.80, 1.40, 0.80, 0.80, 1.50),
    "检测认证": (0.80, 0.80, 1.05, 1.05, 1.05, 1.10, 1.00, 1.00, 1.05, 1.05, 1.05, 1.00),
    "能源费": (1.10, 1.05, 0.95, 0.90, 0.95, 1.10, 1.22, 1.20, 1.00, 0.90, 0.95, 1.10),
    "维修费": (0.90, 1.35, 0.95, 0.95, 0.95, 0.90, 1.15, 1.25, 0.90, 0.90, 0.90, 0.95),
    SALES: (0.97, 0.93, 1.07, 1.02, 1.00, 1.05, 0.96, 0.95, 1.03, 1.00, 1.04, 1.10),
}
# what a whole Spring Festival in the month does
_SPRING: Mapping[str, float] = {
    TRAVEL: -0.42, ABROAD: -0.45, "业务招待费": 0.55, "会议费": -0.30, "培训费": -0.40, "运输费": -0.32, "能源费": -0.22,
    "客户活动费": 0.25, "检测认证": -0.30, "材料试制": -0.25, WELFARE: 1.30, WAGE: 0.55, SALES: -0.36,
}  # fmt: skip
NOISE: Mapping[str, float] = {
    "展会费": 0.12, "广告宣传费": 0.10, "专业服务费": 0.12, "委外研发": 0.10, "维修费": 0.10, "培训费": 0.09, "折旧费": 0.0,
    WAGE: 0.008, SOCIAL: 0.004, SALES: 0.035,
}  # fmt: skip
USUAL_NOISE = 0.05
_MID_AUTUMN = 0.6


def season(item: str, month: Month) -> float:
    """Times the average month."""
    factor = _PROFILES.get(item, _FLAT)[month.month - 1] * (1 + _SPRING.get(item, 0.0) * spring_share(month))
    return factor * (1 + _MID_AUTUMN) if item == WELFARE and has_mid_autumn(month) else factor


def grown(rate: float, month: Month) -> float:
    """Growth since January 2025 at a yearly rate."""
    return float((1 + rate) ** (month.number / 12))
