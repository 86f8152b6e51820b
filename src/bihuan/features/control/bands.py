"""How strongly a rule answers, by how far consumption has gone. Pure.

A band says from where on which measure holds; it is passed when consumption stands *beyond* its threshold. The strongest measure
passed is the answer:

    none        无：only counted                     confirm     提示：passes, and the requester is told
    notify      预警：passes, and it is noted         exception   柔性：passes with an approved exception only
                                                     refuse      刚性：never passes

A threshold is a percentage of the cap, an amount above the cap (below 0: so much before the cap), or both: whichever is reached
first. Percentages above 100 give nothing to a negative cap. Rounded down to the fen. Without bands ``strength`` and ``tolerance``
say the same in short (`short_form`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any, Literal, cast, get_args

Measure = Literal["none", "notify", "confirm", "exception", "refuse"]
MEASURES: tuple[Measure, ...] = get_args(Measure)  # weakest first
LIMITING: frozenset[Measure] = frozenset({"exception", "refuse"})
FEN = Decimal("0.01")
MOST = Decimal("1e15")
_KEYS = {"percent", "amount", "do"}
Wrong = Callable[[str, object, str], None]


@dataclass(frozen=True, slots=True)
class Band:
    """From where on ``do`` holds: ``percent`` of the cap, ``amount`` above it; at least one is said."""

    do: Measure
    percent: Decimal | None = None
    amount: Decimal | None = None

    def threshold(self, cap: Decimal) -> Decimal:
        """Consumption beyond this is in the band."""
        reached = []
        if self.percent is not None:
            reached.append(cap + max(cap, Decimal(0)) * (self.percent - 100) / 100)
        if self.amount is not None:
            reached.append(cap + self.amount)
        return min(reached).quantize(FEN, ROUND_DOWN)


def limit(bands: Sequence[Band], cap: Decimal, measures: frozenset[Measure] = LIMITING) -> Decimal | None:
    """What may be consumed before one of ``measures`` holds; None where none ever does."""
    return min((band.threshold(cap) for band in bands if band.do in measures), default=None)


def measure(bands: Sequence[Band], cap: Decimal, consumed: Decimal) -> Measure:
    """The strongest measure that holds at ``consumed``."""
    return max((b.do for b in bands if consumed > b.threshold(cap)), key=MEASURES.index, default="none")


def short_form(*, rigid: bool, tolerance: Decimal | None) -> tuple[Band, ...]:
    """The bands of ``strength`` and ``tolerance`` (percent; None: watched only). An exception may still be asked for."""
    if rigid:
        return (Band("exception", Decimal(100)),)
    told = Band("confirm", Decimal(100))
    return (told,) if tolerance is None else (told, Band("exception", 100 + tolerance))


def read_bands(raw: object, wrong: Wrong) -> tuple[Band, ...]:
    """The bands of a rule's text; what is wrong is told to ``wrong`` as part, found, expected."""
    if raw in (None, ""):
        return ()
    if not isinstance(raw, list) or not all(isinstance(b, dict) for b in raw):
        wrong("bands", raw, "a list of {percent, amount, do}")
        return ()
    found = [_band(b, wrong) for b in raw]
    said = [b.do for b in found if b is not None]
    for twice in {d for d in said if said.count(d) > 1}:
        wrong("bands", twice, "each measure once")
    return tuple(b for b in found if b is not None)


def _band(raw: Mapping[str, Any], wrong: Wrong) -> Band | None:
    for unknown in raw.keys() - _KEYS:
        wrong("bands", unknown, "one of " + " ".join(sorted(_KEYS)))
    if raw.get("do") not in MEASURES:
        wrong("bands do", raw.get("do"), "one of " + " ".join(MEASURES))
        return None
    if "percent" not in raw and "amount" not in raw:
        wrong("bands", dict(raw), "a percent, an amount or both")
        return None
    percent = _number(raw, "percent", wrong, least=Decimal(0))
    return Band(cast(Measure, raw["do"]), percent, _number(raw, "amount", wrong, least=-MOST))


def _number(raw: Mapping[str, Any], key: str, wrong: Wrong, *, least: Decimal) -> Decimal | None:
    if key not in raw:
        return None
    try:
        found = Decimal(str(raw[key]))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or not least <= found <= MOST or found != round(found, 2):
        wrong(f"bands {key}", raw[key], f"a number with two decimals at most, from {least:f}")
        return Decimal(0)
    return found


def bands_json(bands: Sequence[Band]) -> list[dict[str, str]]:
    """The inverse of `read_bands`."""

    def of(band: Band) -> dict[str, str]:
        said = {"percent": band.percent, "amount": band.amount}
        return {"do": band.do, **{k: format(v, "f") for k, v in said.items() if v is not None}}

    return [of(band) for band in bands]
