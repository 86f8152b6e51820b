"""Rate standards: what one unit may cost (住宿每晚、用车每公里), checked line by line beside the budget. Pure.

standards:
  - code: 住宿              title, unit (of the quantity), where (the lines it is for; not said: all)
    unit: 晚
    where: {科目: [住宿费]}
    ask: {城市级别: [一线, 其他]}    what a line must say beside its members, each one of these words
    rates:                           the first whose `where` holds; members of dimensions or words asked
      - {price: "800", where: {城市级别: [一线], org: [总经办]}}
      - {price: "500", where: {城市级别: [一线]}}
      - {price: "350"}
    strength: flexible               tolerance, or bands, as a rule says them (bands.py); of quantity x price

A line is compared by its amount with tax in budget currency against quantity x price, to the fen, and never by a rounded price.
No quantity, a word not said, no rate that holds: the line cannot be judged and is refused (`fault`), whatever the strength.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Literal

from bihuan.features.control import bands as banding
from bihuan.features.control.bands import Band, Measure, bands_json, read_bands

Bad = Callable[[str, object, str], None]
Members = Callable[[str, object], dict[str, tuple[str, ...]]]
Path = Callable[[str], tuple[str, ...]]  # a dimension -> the line's member there, from the top down
FEN = Decimal("0.01")
ZERO = Decimal("0.00")
PLACES = Decimal("0.0001")  # of a quantity
_KEYS = {"code", "title", "unit", "where", "ask", "rates", "strength", "tolerance", "bands"}
BLOCKING: frozenset[Measure] = frozenset({"exception", "refuse"})


@dataclass(frozen=True)
class Rate:
    """``price`` > 0 of one unit, where each dimension or asked word is one of these (or below it)."""

    price: Decimal
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Standard:
    """One table of prices and how strongly it holds."""

    code: str
    title: str
    unit: str
    rates: tuple[Rate, ...]
    steps: tuple[Band, ...]
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ask: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def dimensions(self) -> frozenset[str]:
        """The dimensions of a coordinate it looks at."""
        said = {*self.where, *(d for rate in self.rates for d in rate.where)}
        return frozenset(said - self.ask.keys())


@dataclass(frozen=True, slots=True)
class Measured:
    """A line under a standard. ``allowed`` = quantity x price; ``spent``: the line with tax, in budget currency.

    ``fault``: why it cannot be judged, in words; then ``measure`` is refuse and the numbers are None.
    """

    code: str
    title: str
    unit: str
    spent: Decimal
    measure: Measure = "refuse"
    quantity: Decimal | None = None
    price: Decimal | None = None
    allowed: Decimal | None = None
    fault: str = ""

    @property
    def excess(self) -> Decimal:
        """How far the line stands beyond the standard; 0 where it does not, or cannot be judged."""
        return ZERO if self.allowed is None else max(ZERO, self.spent - self.allowed)

    @property
    def blocks(self) -> bool:
        """True where the line does not pass without an exception, if at all."""
        return self.measure in BLOCKING

    @property
    def verdict(self) -> Literal["ok", "warn", "refuse"]:
        """As a rule's."""
        return "refuse" if self.blocks else "ok" if self.measure == "none" else "warn"

    def text(self) -> str:
        """Quantity, price, standard and excess in numbers."""
        if self.fault:
            return f"标准“{self.title}”：{self.fault}"
        assert self.quantity is not None
        assert self.price is not None
        assert self.allowed is not None
        each = (self.spent / self.quantity).quantize(FEN, ROUND_HALF_UP)
        said = (
            f"标准“{self.title}”：{shown(self.quantity)} {self.unit} × 标准 {self.price:,.2f} = {self.allowed:,.2f}；"
            f"本行 {self.spent:,.2f}（每{self.unit} {each:,.2f}）"
        )
        if not self.excess:
            return f"{said}，在标准之内。"
        last = "刚性标准，不受理超标申请。" if self.measure == "refuse" else ""
        return f"{said}，超出 {self.excess:,.2f}。{last}"


def shown(quantity: Decimal) -> str:
    """A quantity as people write it: 3, 2.5."""
    return f"{quantity.normalize():f}"


def judged(
    standards: Sequence[Standard], path: Path, *, quantity: Decimal | None, said: Mapping[str, str], spent: Decimal
) -> tuple[Measured, ...]:
    """A line's answer from every standard that is for it."""
    found = []
    for standard in standards:
        if all(set(members) & set(path(d)) for d, members in standard.where.items()):
            found.append(_judged(standard, path, quantity, said, spent))
    return tuple(found)


def _judged(
    standard: Standard, path: Path, quantity: Decimal | None, said: Mapping[str, str], spent: Decimal
) -> Measured:
    start = (standard.code, standard.title, standard.unit, spent)
    if quantity is None:
        return Measured(*start, fault=f"没有填数量（{standard.unit}），无法判断，不予通过。")
    for name, words in standard.ask.items():
        if said.get(name, "") not in words:
            told = said.get(name) or "空白"
            return Measured(*start, fault=f"{name} 为“{told}”，应为 {'、'.join(words)}，无法判断，不予通过。")
    for rate in standard.rates:
        if all(_holds(name, members, standard, path, said) for name, members in rate.where.items()):
            allowed = (quantity * rate.price).quantize(FEN, ROUND_HALF_UP)
            measure = banding.measure(standard.steps, allowed, spent)
            return Measured(*start, measure, quantity, rate.price, allowed)
    return Measured(*start, fault="这里没有定标准，无法判断，不予通过。")


def _holds(name: str, members: Sequence[str], standard: Standard, path: Path, said: Mapping[str, str]) -> bool:
    return said[name] in members if name in standard.ask else bool(set(members) & set(path(name)))


# --- as text --------------------------------------------------------------------------------------------------------


def read_standards(raw: object, members: Members, bad: Bad) -> tuple[Standard, ...]:
    """The ``standards`` of a policy's text; what is wrong is told to ``bad``."""
    if not raw:
        return ()
    if not isinstance(raw, list) or not all(isinstance(one, Mapping) for one in raw):
        bad("standards", raw, "a list of {code, unit, rates}")
        return ()
    codes = [str(one.get("code", "")) for one in raw]
    for twice in sorted({c for c in codes if codes.count(c) > 1}):
        bad("standards", twice, "each code once")
    return tuple(found for one in raw if (found := _standard(one, members, bad)) is not None)


def _standard(raw: Mapping[str, Any], members: Members, bad: Bad) -> Standard | None:
    code = str(raw.get("code") or "")
    at = f"standard {code or '?'}"
    faults: list[None] = []

    def wrong(part: str, found: object, expected: str) -> None:
        faults.append(None)
        bad(f"{at} {part}".strip(), found, expected)

    for unknown in sorted(raw.keys() - _KEYS):
        wrong("", unknown, "one of " + " ".join(sorted(_KEYS)))
    if not code or not raw.get("unit"):
        wrong("", "no code or no unit", "a code and the unit of its quantity")
    ask = _words(raw.get("ask"), wrong)
    rates = tuple(_rate(one, ask, members, at, wrong) for one in _list(raw.get("rates"), wrong))
    for early in (rate for rate in rates[:-1] if not rate.where):
        wrong("rates", f"{early.price}, which holds everywhere", "a price without `where` at the end only")
    bands = read_bands(raw.get("bands"), wrong)
    if bands and raw.keys() & {"strength", "tolerance"}:
        wrong("bands", "strength, tolerance", "either bands or these")
    steps = bands or _short(raw, wrong)
    where = members(f"{at} where", raw["where"]) if raw.get("where") else {}
    if faults:
        return None
    return Standard(code, str(raw.get("title") or code), str(raw["unit"]), rates, steps, where, ask)


def _list(raw: object, wrong: Bad) -> list[Mapping[str, Any]]:
    if not isinstance(raw, list) or not raw or not all(isinstance(one, Mapping) for one in raw):
        wrong("rates", raw, "a list of {price, where}, at least one")
        return []
    return raw


def _words(raw: object, wrong: Bad) -> dict[str, tuple[str, ...]]:
    if not raw:
        return {}
    if not isinstance(raw, Mapping) or not all(isinstance(words, list) and words for words in raw.values()):
        wrong("ask", raw, "a name and the words it may be: {城市级别: [一线, 其他]}")
        return {}
    return {str(name): tuple(map(str, words)) for name, words in raw.items()}


def _rate(raw: Mapping[str, Any], ask: Mapping[str, tuple[str, ...]], members: Members, at: str, wrong: Bad) -> Rate:
    for unknown in sorted(raw.keys() - {"price", "where"}):
        wrong("rates", unknown, "price where")
    where = raw.get("where") or {}
    if not isinstance(where, Mapping):
        wrong("rates where", where, "{dimension or word: [member, …]}")
        where = {}
    asked = {name: words if isinstance(words, list) else [words] for name, words in where.items() if name in ask}
    for name, words in asked.items():
        for unknown in sorted({str(w) for w in words} - set(ask[name])):
            wrong(f"rates {name}", unknown, " ".join(ask[name]))
    ruled = (
        members(f"{at} rates", {d: m for d, m in where.items() if d not in ask}) if where.keys() - ask.keys() else {}
    )
    found = {**ruled, **{name: tuple(map(str, words)) for name, words in asked.items()}}
    return Rate(_price(raw.get("price"), wrong), found)


def _price(raw: object, wrong: Bad) -> Decimal:
    try:
        price = Decimal(str(raw))
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or not 0 < price <= banding.MOST or price != round(price, 4):
        wrong("rates price", raw, "a price above 0 with at most four decimals")
        return Decimal(1)
    return price


def _short(raw: Mapping[str, Any], wrong: Bad) -> tuple[Band, ...]:
    strength, tolerance = raw.get("strength", "rigid"), raw.get("tolerance")
    if strength not in ("rigid", "flexible"):
        wrong("strength", strength, "rigid flexible")
    try:
        percent = None if tolerance in (None, "") else Decimal(str(tolerance))
    except InvalidOperation:
        percent = Decimal(-1)
    if percent is not None and (strength == "rigid" or not percent.is_finite() or percent < 0):
        wrong("tolerance", tolerance, "a percentage of at least 0, on a flexible standard only")
        return ()
    return banding.short_form(rigid=strength == "rigid", tolerance=percent)


def standards_json(standards: Sequence[Standard]) -> list[dict[str, Any]]:
    """The inverse of `read_standards`; strengths are said as bands."""
    return [
        {
            "code": one.code,
            "title": one.title,
            "unit": one.unit,
            "where": {d: list(m) for d, m in one.where.items()},
            "ask": {name: list(words) for name, words in one.ask.items()},
            "rates": [
                {"price": format(rate.price, "f"), "where": {d: list(m) for d, m in rate.where.items()}}
                for rate in one.rates
            ],
            "bands": bands_json(one.steps),
        }
        for one in standards
    ]
