"""How targets hang together. Pure; amounts in the item's unit, None = blank.

An organisation's own leaf (本级) keeps what of its target it has not passed down; so the roll-up of the tree *is* the target it
received, and passing down moves an amount without changing the receiver's superior:

    收到 received = Σ 下级 received + 本级 own          本级 own = 预留 reserve + 可分 room

The top may be left without a total of its own: then its divisions' targets simply add up.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import Literal

Part = Literal["target", "reserve"]
Cell = tuple[str, str]  # organisation, key item
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class TargetEdit:
    """What was seen, and what shall stand there. ``target``: what ``org`` receives; ``reserve``: what it keeps back."""

    org: str
    key: str
    part: Part
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an edit does not hold; ``now`` is what stands there."""

    code: str
    message: str
    now: Decimal | None = None


@dataclass
class Book:
    """All targets of a cycle as they stand, and as edits would leave them.

    ``names`` of organisations and keys are for messages. ``superior``: organisation -> the one above; tops are missing.
    """

    superior: Mapping[str, str]
    names: Mapping[str, str]
    own: dict[Cell, Decimal] = field(default_factory=dict)
    reserve: dict[Cell, Decimal] = field(default_factory=dict)

    def copy(self) -> "Book":
        """One to try edits on."""
        return Book(self.superior, self.names, dict(self.own), dict(self.reserve))

    def passed(self, org: str, key: str) -> Decimal | None:
        """What lies with the organisations below; None when none has a target."""
        found = [self.received(child, key) for child in self._below(org)]
        known = [amount for amount in found if amount is not None]
        return sum(known, ZERO) if known else None

    def received(self, org: str, key: str) -> Decimal | None:
        """The target of an organisation: what it keeps and what it passed down."""
        passed, own = self.passed(org, key), self.own.get((org, key))
        return own if passed is None else passed + (own or ZERO)

    def room(self, org: str, key: str) -> Decimal | None:
        """What may still be passed down; None where there is no target to pass down from."""
        own = self.own.get((org, key))
        return None if own is None else own - self.reserve.get((org, key), ZERO)

    def value(self, org: str, key: str, part: Part) -> Decimal | None:
        """What an edit of this part changes."""
        return self.received(org, key) if part == "target" else self.reserve.get((org, key))

    def apply(self, edit: TargetEdit) -> Refused | None:
        """Makes the edit, or says why it cannot be; superiors are to be edited before those below them."""
        if edit.after is not None and edit.after < 0:
            return Refused("negative", "目标和预留不能是负数", self.value(edit.org, edit.key, edit.part))
        if edit.part == "reserve":
            return self._keep_back(edit)
        return self._receive(edit)

    def _keep_back(self, edit: TargetEdit) -> Refused | None:
        cell = (edit.org, edit.key)
        if edit.after is None:
            self.reserve.pop(cell, None)
            return None
        if cell not in self.own:
            return Refused("no_target", f"{self._named(edit)} 还没有目标，不能预留")
        self.reserve[cell] = edit.after
        return None

    def _receive(self, edit: TargetEdit) -> Refused | None:
        cell, old, passed = (edit.org, edit.key), self.received(edit.org, edit.key), self.passed(edit.org, edit.key)
        above = self.superior.get(edit.org)
        giver = None if above is None else (above, edit.key)
        if giver is not None and giver not in self.own and above in self.superior:
            return Refused(
                "no_target", f"{self.names[giver[0]]} 自己还没有收到“{self.names[edit.key]}”的目标，不能下达", old
            )
        if edit.after is None:
            if passed is not None or cell in self.reserve:
                return Refused("passed_down", f"{self._named(edit)} 已下达或预留，先收回再清空", old)
            self.own.pop(cell, None)
        else:
            self.own[cell] = edit.after - (passed or ZERO)
        if giver in self.own:
            self.own[giver] -= (edit.after or ZERO) - (old or ZERO)
        return None

    def overdrawn(self, was: "Book", touched: Iterable[Cell], tolerance: Decimal) -> dict[Cell, str]:
        """Those of ``touched`` that now give away more than they received (with tolerance), and gave less before; why."""
        out = {}
        for org, key in touched:
            room, before = self.room(org, key), was.room(org, key)
            received = self.received(org, key)
            if room is None or received is None or room >= -abs(received) * tolerance:
                continue
            if before is not None and room >= before:
                continue  # it was so already, and is not worse now
            out[org, key] = self.arithmetic(org, key)
        return out

    def arithmetic(self, org: str, key: str) -> str:
        """The rule in numbers."""
        passed, reserve = self.passed(org, key) or ZERO, self.reserve.get((org, key), ZERO)
        received = self.received(org, key) or ZERO
        over = passed + reserve - received
        return (
            f"{self.names[org]} 的“{self.names[key]}”：已下达 {_money(passed)} ＋ 预留 {_money(reserve)}"
            f" ＞ 收到 {_money(received)}，超出 {_money(over)} 元"
        )

    def givers(self, edits: Iterable[TargetEdit]) -> list[Cell]:
        """Whose room the edits touch: the organisation itself, and of a target the one above."""
        found: dict[Cell, None] = {}
        for edit in edits:
            found[edit.org, edit.key] = None
            if edit.part == "target" and (above := self.superior.get(edit.org)) is not None:
                found[above, edit.key] = None
        return list(found)

    def _below(self, org: str) -> Sequence[str]:
        return [child for child, above in self.superior.items() if above == org]

    def _named(self, edit: TargetEdit) -> str:
        return f"{self.names[edit.org]} 的“{self.names[edit.key]}”"


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}".removesuffix(".00")


def spread(amount: Decimal, weights: Sequence[Decimal], step: Decimal) -> list[Decimal]:
    """``amount`` in whole steps after ``weights`` (≥ 0, not all 0), largest remainders first; what is less than a step is left."""
    total = sum(weights, ZERO)
    steps = (amount / step).to_integral_value(ROUND_FLOOR)
    exact = [steps * w / total for w in weights]
    whole = [e.to_integral_value(ROUND_FLOOR) for e in exact]
    rest = int(steps - sum(whole, ZERO))
    order = sorted(range(len(weights)), key=lambda i: (whole[i] - exact[i], i))
    for i in order[:rest]:
        whole[i] += 1
    return [w * step for w in whole]
