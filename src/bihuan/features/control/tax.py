"""含税与不含税: which amount of a line counts against the budget. Pure.

A line is entered with or without tax at a rate; both amounts are kept. Where the policy text calls the item's tax deductible
the net amount counts, elsewhere the gross. Amounts are rounded half up at the fen, the tax is what is left between the two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from bihuan.features.control.model import BadTax

FEN = Decimal("0.01")
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Taxed:
    """An amount with (``gross``) and without (``net``) tax at ``rate`` percent."""

    gross: Decimal
    net: Decimal
    rate: Decimal

    @property
    def tax(self) -> Decimal:
        return self.gross - self.net


def split(entered: Decimal, rate: Decimal, *, included: bool) -> Taxed:
    """``entered`` > 0 as both amounts; ``included``: it contains the tax."""
    factor = 1 + rate / HUNDRED
    if included:
        return Taxed(entered, (entered / factor).quantize(FEN, ROUND_HALF_UP), rate)
    return Taxed((entered * factor).quantize(FEN, ROUND_HALF_UP), entered, rate)


def largest(room: Decimal, rate: Decimal, *, included: bool, net: bool) -> Decimal:
    """The largest amount to enter that counts as no more than ``room``; ``net``: without tax counts. Not below zero."""
    if room <= 0:
        return Decimal("0.00")
    if included != net:  # what is entered is what counts
        return room
    factor = 1 + rate / HUNDRED
    guess = (room * factor if included else room / factor).quantize(FEN, ROUND_HALF_UP) + FEN
    while guess > 0 and _counted(split(guess, rate, included=included), net) > room:
        guess -= FEN
    return max(guess, Decimal("0.00"))


def _counted(taxed: Taxed, net: bool) -> Decimal:
    return taxed.net if net else taxed.gross


@dataclass(frozen=True)
class Taxes:
    """What a policy says of tax: the ``rates`` one may choose (none given: any from 0 to under 100), and the items whose tax is
    ``deductible`` (dimension -> members, all dimensions together; none given: no item's)."""

    rates: tuple[Decimal, ...] = ()
    deductible: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def rate(self, value: Decimal, *, what: str) -> Decimal:
        """``value`` if it may be chosen."""
        if not value.is_finite() or not 0 <= value < HUNDRED or (self.rates and value not in (0, *self.rates)):
            allowed = "、".join(f"{r:f}%" for r in self.rates) or "0 到 100 以下的百分数"
            raise BadTax(f"{what}：税率“{value}”不可用，应为 {allowed}。", found=str(value), expected=allowed)
        return value

    def net_counts(self, paths: Mapping[str, Sequence[str]]) -> bool:
        """True where the amount without tax counts: the item's tax is deducted."""
        return bool(self.deductible) and all(set(m) & set(paths[d]) for d, m in self.deductible.items())
