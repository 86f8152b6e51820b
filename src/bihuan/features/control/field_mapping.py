"""维度匹配: how the fields of another system's document become members, period and amount. Pure, total, deterministic.

Each target (a dimension, ``period`` or ``amount``) has ways, tried in order: the first whose condition holds and which gives a
value is taken. A way that reads a blank field gives nothing: blank is neither 0 nor an empty text. What ends the search at once,
and refuses the line, is what nobody can mean: a condition over a blank number, date or truth, and a value that is no member.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Literal

from bihuan.features.control.directory import Directory
from bihuan.features.process.condition import BadCondition, Condition, Fact

FieldKind = Literal["text", "number", "date", "truth"]
Said = Mapping[str, str | bool | int | None]  # the fields of a line and of its document's head, as they were sent
Parents = Mapping[str, Mapping[str, str]]
PERIOD, AMOUNT = "period", "amount"
FEN = Decimal("0.01")
TRUTHS: Mapping[str, int] = {"true": 1, "是": 1, "false": 0, "否": 0}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the document's head or of its lines."""

    name: str
    kind: FieldKind
    on: Literal["head", "line"]


@dataclass(frozen=True)
class Way:
    """One way to a target's value. ``source``: an expression over the fields, or None and ``value`` is the constant.

    ``table``: what it comes to is looked up here; ``of``, ``attribute``: it is a member of the dimension ``of``, whose
    property of that name is the value.
    """

    source: Condition | None
    value: str = ""
    when: Condition | None = None
    table: Mapping[str, str] | None = None
    of: str = ""
    attribute: str = ""

    @property
    def text(self) -> str:
        """As people read it."""
        said = f"“{self.value}”" if self.source is None else self.source.text
        if self.table is not None:
            return f"{said} → 对照表"
        return f"{said} → {self.of} 的 {self.attribute}" if self.of else said


@dataclass(frozen=True)
class FieldMapping:
    """The fields of a document type and the ways to each target. ``keep``: fields it does not name are kept, else refused."""

    fields: tuple[Field, ...]
    ways: Mapping[str, tuple[Way, ...]]
    keep: bool = False
    kinds: Mapping[str, FieldKind] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", {f.name: f.kind for f in self.fields})

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The targets that are dimensions."""
        return tuple(t for t in self.ways if t not in (PERIOD, AMOUNT))


@dataclass(frozen=True, slots=True)
class Places:
    """What values are looked for in: the pinned hierarchies, periods and directory of the policy."""

    parents: Parents
    periods: frozenset[str]
    directory: Directory


@dataclass(frozen=True, slots=True)
class Tried:
    """One way that was looked at. ``holds``: its condition, None where it has none or it cannot be judged.

    ``read``: the fields it looks at, as they were sent; ``found``: what its expression came to, ``value``: the member, period or
    amount; "" where it gives none, and ``note`` says why.
    """

    way: str
    when: str
    holds: bool | None
    read: Mapping[str, str]
    found: str = ""
    value: str = ""
    note: str = ""

    def spoken(self) -> str:
        """In one breath, for an error."""
        seen = "、".join(f"{name}={said or '空白'}" for name, said in self.read.items())
        return f"{self.way}{f'（{seen}）' if seen else ''}：{self.note}"


@dataclass(frozen=True, slots=True)
class Target:
    """How a dimension, period or amount got its ``value``: the ways tried, the last one chosen, or refused with ``fault``."""

    name: str
    tried: tuple[Tried, ...]
    value: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What the fields of one line come to. ``faults``: fields that cannot be read, in words, by name."""

    faults: Mapping[str, str]
    targets: tuple[Target, ...]

    @property
    def complete(self) -> bool:
        """True where every target has a value."""
        return not self.faults and all(not t.fault for t in self.targets)


class _Stop(Exception):
    """The search for a target ends without a value."""


def map_fields(mapping: FieldMapping, said: Said, places: Places) -> Mapped:
    """Every target's value, and how it came about; what is wrong is told, never raised."""
    facts, faults = _read(mapping, said)
    if faults:
        return Mapped(faults, ())
    shown = {name: _shown(value) for name, value in said.items()}
    return Mapped({}, tuple(_target(mapping, name, facts, shown, places) for name in mapping.ways))


def _read(mapping: FieldMapping, said: Said) -> tuple[dict[str, Fact], dict[str, str]]:
    facts: dict[str, Fact] = {}
    faults: dict[str, str] = {}
    for name, value in said.items():
        text = _shown(value).strip()
        kind = mapping.kinds.get(name)
        if kind is None:
            if not mapping.keep:
                faults[name] = f"单据类型里没有这个字段，有的是 {'、'.join(mapping.kinds)}"
        elif text:
            read = _fact(kind, text)
            if read is None:
                faults[name] = f"“{text}”不是{SPOKEN[kind]}"
            else:
                facts[name] = read
    return facts, faults


SPOKEN: Mapping[FieldKind, str] = {
    "text": "文字",
    "number": "数字",
    "date": "日期（如 2026-01-31）",
    "truth": "是否（是、否、true、false）",
}


def _fact(kind: FieldKind, text: str) -> Fact:
    if kind == "text":
        return text
    if kind == "truth":
        return TRUTHS.get(text.lower())
    if kind == "date":
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _shown(value: str | bool | int | None) -> str:
    return "" if value is None else {True: "是", False: "否"}[value] if isinstance(value, bool) else str(value)


def _target(
    mapping: FieldMapping, name: str, facts: Mapping[str, Fact], shown: Mapping[str, str], places: Places
) -> Target:
    tried: list[Tried] = []
    for way in mapping.ways[name]:
        used = [*(way.when.names if way.when else ()), *(way.source.names if way.source else ())]
        read = {f.name: shown.get(f.name, "") for f in mapping.fields if f.name in used}
        start = Tried(way.text, way.when.text if way.when else "", None, read)
        try:
            now = _tried(mapping, way, name, start, facts, places)
        except _Stop as stop:
            tried.append(replace(start, note=str(stop)))
            return Target(name, tuple(tried), fault=tried[-1].spoken())
        tried.append(now)
        if now.value:
            return Target(name, tuple(tried), now.value)
    return Target(name, tuple(tried), fault="；".join(t.spoken() for t in tried))


def _tried(  # noqa: PLR0917
    mapping: FieldMapping, way: Way, name: str, start: Tried, facts: Mapping[str, Fact], places: Places
) -> Tried:
    if way.when is not None:
        if not _holds(mapping, way.when, facts):
            return replace(start, holds=False, note=f"条件“{way.when.text}”不成立")
        start = replace(start, holds=True)
    found, note = _found(way, facts)
    start = replace(start, found=found)
    if not found:
        return replace(start, note=note)
    if way.table is not None:
        if found not in way.table:
            return replace(start, note=f"对照表里没有“{found}”")
        found = way.table[found]
    elif way.of:
        member = _member(way.of, found, places)
        of = places.directory.properties.get(way.of, {}).get(way.attribute, {})
        if member not in of:
            return replace(start, note=f"{way.of} {found} 的 {way.attribute} 是空白")
        found = of[member]
    return replace(start, value=_value(name, found, places))


def _holds(mapping: FieldMapping, when: Condition, facts: Mapping[str, Fact]) -> bool:
    """Whether a condition holds; a text that was not said is "", anything else cannot be judged."""
    blank = sorted(n for n in when.names if n not in facts and mapping.kinds[n] != "text")
    if blank:
        raise _Stop(f"条件“{when.text}”无法判断：{'、'.join(blank)} 是空白")
    try:
        return bool(when.value({n: facts.get(n, "") for n in when.names}))
    except BadCondition as fault:
        raise _Stop(f"条件{fault}") from None


def _found(way: Way, facts: Mapping[str, Fact]) -> tuple[str, str]:
    """What a way's expression comes to, as text; "" and why not."""
    if way.source is None:
        return way.value, ""
    if blank := sorted(way.source.names - facts.keys()):
        return "", f"{'、'.join(blank)} 是空白"
    try:
        value = way.source.value(facts)
    except BadCondition as fault:
        raise _Stop(str(fault)) from None
    return (
        ("", "是空白")
        if value in (None, "")
        else (format(value, "f") if isinstance(value, Decimal) else str(value), "")
    )


def _value(target: str, found: str, places: Places) -> str:
    if target == AMOUNT:
        return format(Decimal(found).quantize(FEN, ROUND_HALF_UP), "f")
    if target == PERIOD:
        period = found if found in places.periods else places.directory.period_of(found)
        if period not in places.periods:
            raise _Stop(f"“{found}”不是这个方案的期间，也不是其中的日期")
        return period or ""
    return _member(target, found, places)


def _member(dimension: str, found: str, places: Places) -> str:
    """The code of a member given by code, else by its name."""
    if found in places.parents.get(dimension, {}):
        return found
    named = [c for c in places.directory.named(dimension, found) if c in places.parents.get(dimension, {})]
    if len(named) > 1:
        raise _Stop(f"{dimension} 有 {len(named)} 个成员叫“{found}”，请用代码")
    if not named:
        raise _Stop(f"{dimension} 没有成员“{found}”")
    return named[0]
