"""Variance and cases as values. Amounts are Decimal; blank is None and never zero.

Errors::

    NoSuchCase        no case of this number, or outside the actor's scope
    NotReleased       nothing was released here yet, so there is nothing to execute
    WrongStep         the case is not where this step belongs; facts say where it is and what comes next
    ByTransfer        the decision is a transfer: its own approval decides it
    NeedsTransfer     a transfer is decided without saying what moves where
    SameDecider       the person who decided may not approve the decision
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from bihuan.kernel.errors import Conflict, Forbidden, Invalid, NotFound

CaseState = Literal["open", "explained", "decided", "approved", "executed", "closed"]
Decision = Literal["accept", "transfer", "forecast", "task"]
DECISIONS: Mapping[Decision, str] = {
    "accept": "接受偏差",
    "transfer": "调剂预算",
    "forecast": "修订预测",
    "task": "整改任务",
}

# event -> (states it may come in, state it leads to)
STEPS: Mapping[str, tuple[tuple[CaseState, ...], CaseState]] = {
    "explained": (("open", "explained"), "explained"),
    "decided": (("explained", "decided"), "decided"),
    "resubmitted": (("explained",), "decided"),
    "approved": (("decided",), "approved"),
    "refused": (("decided",), "explained"),
    "executed": (("approved",), "executed"),
    "verified": (("executed",), "closed"),
    "reopened": (("executed",), "open"),
}


class NoSuchCase(NotFound):
    """没有这个闭环事项。"""

    code = "no_such_case"


class NotReleased(NotFound):
    """这里还没有下达的预算，看板没有数。先下达预算。"""

    code = "not_released"


class WrongStep(Conflict):
    """事项现在不能做这一步。"""

    code = "wrong_step"


class ByTransfer(Conflict):
    """这个决定是调剂，由调剂单的审批来通过、退回和执行。"""

    code = "by_transfer"


class NeedsTransfer(Invalid):
    """决定调剂，要写明从哪里调出、调入哪里、多少。"""

    code = "needs_transfer"


class SameDecider(Forbidden):
    """作出决定的人不能批准自己的决定。"""

    code = "same_decider"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a node amounts to. ``original`` and ``adjusted`` make the budget; in a plan without ledger all is original."""

    original: Decimal | None = None
    adjusted: Decimal | None = None
    reserved: Decimal | None = None
    committed: Decimal | None = None
    executed: Decimal | None = None

    @property
    def budget(self) -> Decimal | None:
        """Original plus adjustments; None only when there is neither."""
        return plus(self.original, self.adjusted)


@dataclass(frozen=True, slots=True)
class VarianceRow:
    """One organisation × item × span. ``partial``: only the visible part of the node is added up (部分).

    ``progress``: the share of the budget that an even spender has used (时间进度).
    """

    node: str
    name: str
    item: str
    period: str
    ytd: bool
    terms: Terms
    favourable_when: Literal["more", "less", ""]
    progress: Decimal
    origin: Literal["ledger", "plan"]
    partial: bool = False

    @property
    def difference(self) -> Decimal | None:
        """Executed minus budget; blank counts as nothing, both blank is blank."""
        executed, budget = self.terms.executed, self.terms.budget
        return None if executed is None and budget is None else (executed or Decimal(0)) - (budget or Decimal(0))

    @property
    def available(self) -> Decimal | None:
        """Budget minus everything used or held; None only when all of it is blank."""
        used = plus(plus(self.terms.executed, self.terms.committed), self.terms.reserved)
        budget = self.terms.budget
        return None if budget is None and used is None else (budget or Decimal(0)) - (used or Decimal(0))

    @property
    def ahead(self) -> Decimal | None:
        """Execution rate minus the pace of an even spender, as a share: positive = faster."""
        return None if self.execution_rate is None else self.execution_rate - self.progress

    @property
    def rate(self) -> Decimal | None:
        """Difference over budget (its size, so the sign is the difference's); None without a budget."""
        budget, difference = self.terms.budget, self.difference
        return None if not budget or difference is None else difference / abs(budget)

    @property
    def execution_rate(self) -> Decimal | None:
        """Executed over budget."""
        budget, executed = self.terms.budget, self.terms.executed
        return None if not budget or executed is None else executed / budget

    @property
    def verdict(self) -> Literal["favourable", "unfavourable", "none"]:
        """Whether the difference is good by the item's sense; none when it is zero, blank or the item has no sense."""
        if not self.difference or not self.favourable_when:
            return "none"
        more = self.difference > 0
        return "favourable" if more == (self.favourable_when == "more") else "unfavourable"


@dataclass(frozen=True, slots=True)
class Threshold:
    """A deviation counts when it is unfavourable and reaches both the amount and the rate; no budget = any rate."""

    amount: Decimal = Decimal(0)
    rate: Decimal = Decimal(0)

    def reached(self, row: VarianceRow) -> bool:
        """True if the row deviates."""
        if row.verdict != "unfavourable" or row.difference is None:
            return False
        return abs(row.difference) >= self.amount and (row.rate is None or abs(row.rate) >= self.rate)


@dataclass(frozen=True, slots=True)
class Place:
    """What a case is about; ``members``: dimension -> node code. ``item`` is cube!item."""

    item: str
    members: Mapping[str, str]
    period: str
    ytd: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a case."""

    seq: int
    event: str
    actor_id: int
    actor: str
    at: datetime
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A deviation that is being closed. ``holders``: logins whose turn it is; none while the next load decides."""

    id: int
    model: str
    kind: Literal["variance", "forced", "alert"]
    place: Place
    rule: Mapping[str, Any]
    amount: Decimal
    state: CaseState
    title: str
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    owner: str = ""
    holders: tuple[str, ...] = ()
    held_since: datetime | None = None
    transfer_id: int | None = None
    decision: Decision | None = None
    decided_by: int | None = None
    events: Sequence[Event] = field(default=())

    def last(self, event: str) -> Event | None:
        """The newest event of a kind."""
        found = [e for e in self.events if e.event == event]
        return found[-1] if found else None

    @property
    def closed_in_time(self) -> bool:
        """Verified no later than due."""
        return self.closed_at is not None and self.closed_at <= self.due_at


@dataclass(frozen=True, slots=True)
class ClosingRate:
    """闭环率 of a span: cases verified in time over cases due, by count and by amount; ``cases`` is the list behind it."""

    cases: Sequence[Case]

    @property
    def closed(self) -> int:
        """The numerator."""
        return sum(case.closed_in_time for case in self.cases)

    @property
    def due(self) -> int:
        """The denominator."""
        return len(self.cases)

    @property
    def rate(self) -> Decimal | None:
        """None when nothing was due."""
        return Decimal(self.closed) / self.due if self.due else None

    @property
    def rate_by_amount(self) -> Decimal | None:
        """Weighted by the size of the deviation."""
        total = sum((abs(c.amount) for c in self.cases), Decimal(0))
        closed = sum((abs(c.amount) for c in self.cases if c.closed_in_time), Decimal(0))
        return closed / total if total else None


def plus(a: Decimal | None, b: Decimal | None) -> Decimal | None:
    """Blank + x = x; blank + blank = blank."""
    return b if a is None else a if b is None else a + b
