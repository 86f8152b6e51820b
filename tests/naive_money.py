"""Loans, depreciation and cash flows period by period, as one would on paper: no closed formula of the engine's is used."""

from collections.abc import Callable, Sequence
from datetime import date
from itertools import pairwise


def owed_after(rate: float, payments: Sequence[float], present: float, due: bool) -> float:
    """What stands on the account after these payments (money received is positive, paid negative)."""
    owed = present
    for paid in payments:
        owed = (owed + paid) * (1 + rate) if due else owed * (1 + rate) + paid
    return owed


def pmt(rate: float, count: int, present: float, future: float = 0.0, due: float = 0.0) -> float:
    """The payment for which nothing but ``-future`` is owed at the end; the account is linear in it."""
    at_none = owed_after(rate, [0.0] * count, present, due != 0)
    at_one = owed_after(rate, [1.0] * count, present, due != 0)
    return -(future + at_none) / (at_one - at_none)


def fv(rate: float, count: int, payment: float, present: float = 0.0, due: float = 0.0) -> float:
    return -owed_after(rate, [payment] * count, present, due != 0)


def pv(rate: float, count: int, payment: float, future: float = 0.0, due: float = 0.0) -> float:
    worth = future / (1 + rate) ** count
    for k in range(count):
        worth += payment / (1 + rate) ** (k if due else k + 1)
    return -worth


def ipmt(*loan: float) -> float:
    """What the account grew by since the payment before; with payments at the beginning, before this one is made.

    ``loan``: rate, period, count, present, future, due.
    """
    rate, period, count, present, future, due = (*loan, *(0.0, 0.0)[len(loan) - 4 :])
    payment = pmt(rate, int(count), present, future, due)
    if due and period == 1:
        return 0.0
    before = int(period) - 1
    owed = owed_after(rate, [payment] * before, present, due != 0)
    grown = owed - owed / (1 + rate) if due else owed * rate
    return -grown


def ppmt(*loan: float) -> float:
    """What is left of the payment."""
    return pmt(loan[0], int(loan[2]), *loan[3:]) - ipmt(*loan)


def sln(cost: float, salvage: float, life: float) -> float:
    return (cost - salvage) / life


def syd(cost: float, salvage: float, life: int, period: int) -> float:
    digits = list(range(life, 0, -1))
    return (cost - salvage) * digits[period - 1] / sum(digits)


def ddb(cost: float, salvage: float, life: float, period: int, factor: float = 2.0) -> float:
    left = cost
    written = 0.0
    for _ in range(period):
        written = max(0.0, min(left * min(factor / life, 1.0), left - salvage))
        left -= written
    return written


def npv(rate: float, flows: Sequence[float]) -> float:
    worth = 0.0
    for flow in reversed(flows):
        worth = (worth + flow) / (1 + rate)
    return worth


def xnpv(days: Sequence[date], rate: float, flows: Sequence[float]) -> float:
    """Each flow is taken back to the first day at the yearly rate, by days of 1/365 year."""
    return sum(flow / (1 + rate) ** ((day - days[0]).days / 365) for day, flow in zip(days, flows, strict=True))


def irr(flows: Sequence[float], npv: Callable[[float, Sequence[float]], float] = npv) -> float | None:
    """The rate nearest to 10 % at which the flows are worth nothing, by small steps and halving."""
    steps = [k / 200 for k in range(-199, 2_000)]
    roots = []
    for one, next_one in pairwise(steps):
        low, high = one, next_one
        a, b = npv(low, flows), npv(high, flows)
        if a == 0:
            roots.append(low)
        if a * b < 0:
            for _ in range(80):
                middle = (low + high) / 2
                low, high = (middle, high) if npv(middle, flows) * a > 0 else (low, middle)
            roots.append((low + high) / 2)
    return min(roots, key=lambda r: abs(r - 0.1)) if roots else None
