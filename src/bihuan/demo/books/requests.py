"""Requests that the demonstration's people file in October, and what their vouchers say in November."""

from dataclasses import dataclass
from decimal import Decimal

from bihuan.demo.books.calendar import Month
from bihuan.demo.books.dice import dice

SETTLED_IN = Month(2026, 11)


@dataclass(frozen=True)
class Request:
    """``amount`` yuan were asked for, in ``month``; ``invoiced`` fen came: less, the same, or more."""

    number: str
    org: str
    item: str
    title: str
    month: Month
    amount: Decimal
    invoiced: int


def requests(seed: int) -> tuple[Request, ...]:
    """One whose voucher is smaller, one equal, one larger."""
    chance = dice(seed, "requests")
    asked = [Decimal(chance.randint(24, 60) * 500) for _ in range(3)]
    fen = [int(a * 100) for a in asked]
    came = (fen[0] - chance.randint(50_000, 200_000), fen[1], fen[2] + chance.randint(50_000, 150_000))
    said = (
        ("YK-2026-0101", "PWR-MKT", "会议费", "华东渠道会议场地"),
        ("YK-2026-0102", "PWR-MKT", "客户活动费", "用户技术交流会"),
        ("YK-2026-0103", "PWR-MKT", "广告宣传费", "行业媒体年末投放"),
    )
    return tuple(Request(*s, SETTLED_IN, a, c) for s, a, c in zip(said, asked, came, strict=True))
