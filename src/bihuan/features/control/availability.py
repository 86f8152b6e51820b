"""The arithmetic of one balance row, and the words that explain it. Pure.

    可用 = 批复 + 调整 + 容差 − 预占 − 占用 − 执行

``forced`` is how far facts have gone beyond the limit at this moment. It never gives room to a document: a document is
compared with ``hard_limit`` alone. It lets the row's CHECK hold, shrinks as soon as room returns and grows by facts only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from bihuan.features.control.bands import Measure
from bihuan.features.control.policy import Rule, Stage, shown_key

ZERO = Decimal("0.00")
Verdict = Literal["ok", "warn", "refuse"]


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance row. ``original``: the part of ``cap`` that was released.

    What follows from the counters is worked out once, for a document asks each of its rows for it a dozen times. ``hard_limit``
    None: watched, never refused. ``consumed``: all stages that count here; the others are never booked on this row.
    ``available``: what a document may still take, of the cap itself where the rule only watches; negative after forced facts.
    """

    id: int
    rule: Rule
    key: str
    window: str
    cap: Decimal
    reserved: Decimal = ZERO
    committed: Decimal = ZERO
    executed: Decimal = ZERO
    forced: Decimal = ZERO
    original: Decimal = ZERO
    hard_limit: Decimal | None = field(init=False, repr=False, compare=False)
    consumed: Decimal = field(init=False, repr=False, compare=False)
    available: Decimal = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        limit, consumed = self.rule.hard_limit(self.cap), self.reserved + self.committed + self.executed
        object.__setattr__(self, "hard_limit", limit)
        object.__setattr__(self, "consumed", consumed)
        object.__setattr__(self, "available", (self.cap if limit is None else limit) - consumed)

    @property
    def excess(self) -> Decimal:
        """How far consumption stands beyond the limit."""
        return ZERO if self.hard_limit is None else max(ZERO, self.consumed - self.hard_limit)

    def moved(self, stage: Stage | Literal["budget"], amount: Decimal) -> "Balance":
        """The row after an entry of ``amount`` at ``stage``; a stage the rule does not count changes nothing."""
        if stage != "budget" and stage not in self.rule.stages:
            return self
        cap, reserved, committed, executed = self.cap, self.reserved, self.committed, self.executed
        match stage:
            case "budget":
                cap += amount
            case "reserved":
                reserved += amount
            case "committed":
                committed += amount
            case "executed":
                executed += amount
        start = (
            self.id,
            self.rule,
            self.key,
            self.window,
        )  # twice as fast as dataclasses.replace, on every row of a document
        return Balance(*start, cap, reserved, committed, executed, self.forced, self.original)


def judge(before: Balance, after: Balance) -> Verdict:
    """May a row go from ``before`` to ``after``? Giving room back or leaving it equal is never refused."""
    return _verdict(before, after, measured(before, after))


def _verdict(before: Balance, after: Balance, measure: Measure) -> Verdict:
    if after.available >= before.available:
        return "ok"
    if after.excess:
        return "refuse"
    return "warn" if measure != "none" else "ok"


def measured(before: Balance, after: Balance) -> Measure:
    """The measure that holds for a row going from ``before`` to ``after``; none where it gives room back."""
    return "none" if after.available >= before.available else after.rule.measure(after.cap, after.consumed)


@dataclass(frozen=True, slots=True)
class Finding:
    """One balance row's answer to a document: ``before`` it, ``asked`` of it, with the verdict and the measure behind it."""

    before: Balance
    asked: Decimal
    verdict: Verdict
    measure: Measure = "none"

    @classmethod
    def of(cls, before: Balance, after: Balance) -> "Finding":
        """What a row going from ``before`` to ``after`` answers."""
        measure = measured(before, after)
        return cls(before, before.available - after.available, _verdict(before, after, measure), measure)

    @property
    def short(self) -> Decimal:
        """What is missing; zero where it fits."""
        return max(ZERO, self.asked - self.before.available)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a document holds or has spent on a balance row."""

    number: str
    requester: str
    amount: Decimal


def formula(balance: Balance) -> str:
    """The availability formula with its numbers, the cap split into released and adjusted."""
    cap = [f"批复 {balance.original:,.2f}", f"调整 {balance.cap - balance.original:,.2f}"]
    if balance.rule.linked:
        cap = [f"按收入的限额 {balance.cap:,.2f}"]
    limit = balance.hard_limit
    if limit is not None and (tolerance := limit - balance.cap):
        cap.append(f"容差 {tolerance:,.2f}")
    used = [f"预占 {balance.reserved:,.2f}", f"占用 {balance.committed:,.2f}", f"执行 {balance.executed:,.2f}"]
    return f"可用 {balance.available:,.2f} = {' + '.join(cap)} − {' − '.join(used)}"


def explain(finding: Finding, contributions: Sequence[Contribution] = ()) -> str:
    """Why a document was refused here: rule, formula in numbers, who holds the money, what would make it pass."""
    row = finding.before
    lines = [
        f"规则“{row.rule.title}”（{row.rule.code}），{shown_key(row.key)}，窗口 {row.window}：",
        f"{formula(row)}；本次申请 {finding.asked:,.2f}，超出 {finding.short:,.2f}。",
    ]
    if contributions:
        held = "；".join(f"{c.number}（{c.requester}）{c.amount:,.2f}" for c in contributions)
        lines.append(f"已用于：{held}。")
    fits = max(ZERO, row.available)
    more = "等收入入账后重新计限额" if row.rule.linked else f"调剂、追加不少于 {finding.short:,.2f}"
    lines.append(f"可行办法：申请不超过 {fits:,.2f}，或{more}，或释放在途单据。")
    if finding.measure == "refuse":
        lines.append("这里是刚性控制，不受理超预算申请。")
    return "\n".join(lines)
