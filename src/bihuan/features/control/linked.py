"""Limits that follow revenue (以收定支). Pure.

rules:
  - code: 营销费率           a rule like another, whose limit is not the released budget but
    linked:
      item: 收入!金额        a share of this item of the model
      version: 实际          of the version with this role or code; 实际 where not said
      percent: 5
      least: 10000           never less than this, never more than that; not said: no bound
      most: 500000

Revenue is that of the row's members in the dimensions the item has, all members of the others, over the row's window. It is known
up to the last period of the window that has any; a period without any before that, or none at all, is *missing*: the limit is 0
and says why, for no revenue known is not revenue of nothing. Rounded down to the fen; a negative share counts as 0.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any

FEN = Decimal("0.01")
ZERO = Decimal("0.00")
KIND = "link"  # of the entries that move such a limit
NEVER = "还没有按收入计过限额，限额为 0"
_KEYS = {"item", "version", "percent", "least", "most"}
Wrong = Callable[[str, object, str], None]


@dataclass(frozen=True, slots=True)
class Linked:
    """``percent`` > 0 of revenue; ``least`` and ``most`` in budget currency."""

    item: str
    percent: Decimal
    version: str = "实际"
    least: Decimal | None = None
    most: Decimal | None = None

    def limit(self, periods: Sequence[str], revenue: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """The limit for a window's ``periods``, and how it came about in numbers. ``revenue``: by period, none where unknown."""
        known = [p for p in periods if p in revenue]
        if not known:
            return ZERO, f"{self.version} {self.item} 在 {periods[0]} 至 {periods[-1]} 没有数，限额为 0"
        until = periods[: periods.index(known[-1]) + 1]
        if gaps := [p for p in until if p not in revenue]:
            return ZERO, f"{self.version} {self.item} 缺 {'、'.join(gaps)}，限额为 0"
        total = sum((revenue[p] for p in until), ZERO)
        share = max(ZERO, (total * self.percent / 100).quantize(FEN, ROUND_DOWN))
        said = f"{self.version} {self.item} {until[0]} 至 {until[-1]} {total:,.2f} × {self.percent.normalize():f} % = {share:,.2f}"
        if self.least is not None and share < self.least:
            return self.least, f"{said}，不低于 {self.least:,.2f}"
        if self.most is not None and share > self.most:
            return self.most, f"{said}，不高于 {self.most:,.2f}"
        return share, said


def read_linked(raw: object, wrong: Wrong) -> Linked | None:
    """The ``linked`` of a rule's text; what is wrong is told to ``wrong``."""
    if raw in (None, ""):
        return None
    if not isinstance(raw, Mapping) or not raw.get("item"):
        wrong("linked", raw, "item and percent")
        return None
    for unknown in sorted(raw.keys() - _KEYS):
        wrong("linked", unknown, "one of " + " ".join(sorted(_KEYS)))
    percent = _number(raw, "percent", wrong)
    least, most = (_number(raw, key, wrong) if key in raw else None for key in ("least", "most"))
    if not percent:
        wrong("linked percent", raw.get("percent"), "a percentage above 0")
    if least is not None and most is not None and least > most:
        wrong("linked least", least, f"at most {most}")
    return Linked(str(raw["item"]), percent, str(raw.get("version") or "实际"), least, most)


def _number(raw: Mapping[str, Any], key: str, wrong: Wrong) -> Decimal:
    try:
        found = Decimal(str(raw.get(key)))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or not 0 <= found < Decimal(10) ** 15 or found != round(found, 2):
        wrong(f"linked {key}", raw.get(key), "a number with two decimals at most, from 0")
        return ZERO
    return found


def linked_json(linked: Linked) -> dict[str, str]:
    """The inverse of `read_linked`."""
    bounds = {"least": linked.least, "most": linked.most}
    said = {key: format(bound, "f") for key, bound in bounds.items() if bound is not None}
    return {"item": linked.item, "version": linked.version, "percent": format(linked.percent, "f"), **said}
