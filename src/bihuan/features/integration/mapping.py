"""Mapping: which item and members a line's codes mean. Resolved once per distinct combination of codes, then spread.

For each target the first rule that matches and says something wins, in this order (documented, so that it can be predicted):
one exact code, a range ``a..b``, a list ``a|b``, conditions on several fields, a pattern with ``*`` or ``?``, no condition;
within a kind by rule name, then file order. What no rule answers is UNMAPPED and goes to the error desk.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bihuan.features.integration.model import IGNORE, MappingRule
from bihuan.features.integration.outcomes import Outcome
from bihuan.features.integration.values import Coded, clean_code, distinct
from bihuan.kernel.member import OWN, Dimension

_EPOCH = date(1970, 1, 1).toordinal()
FOREVER = np.iinfo(np.int32).max
_ALWAYS = (-FOREVER, FOREVER)


@dataclass(frozen=True, slots=True)
class TargetItem:
    """An item that actuals may be loaded to, with its dimensions (without the period)."""

    cube: str
    code: str
    dims: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.cube}!{self.code}"


@dataclass(frozen=True)
class TargetModel:
    """What lines are mapped to: input items by ``cube!code`` and ``cube!name``, dimensions, the axis.

    ``period_ends`` int32[p]: last day of each leaf period; the first period begins the day after ``axis_start``.
    ``closed`` / ``not_open``: period codes that take no lines.
    """

    items: Mapping[str, TargetItem]
    dimensions: Mapping[str, Dimension]
    periods: tuple[str, ...]
    period_starts: NDArray[np.int32]
    period_ends: NDArray[np.int32]
    closed: frozenset[str] = frozenset()
    not_open: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Landing:
    """Where one combination of codes goes. ``members``: dimension -> leaf code. The fault names its field and value."""

    item: TargetItem | None = None
    members: Mapping[str, str] = field(default_factory=dict)
    sign: int = 1
    rule: str = ""
    outcome: Outcome = Outcome.ACCEPTED
    fault: tuple[str, str] = ("", "")
    active: tuple[int, int] = _ALWAYS  # days [from, to) in which all members are open


Codes = Mapping[str, str]


@dataclass(frozen=True)
class Mapper:
    """Rules in order of precedence against one model."""

    rules: Sequence[MappingRule]
    model: TargetModel
    cube: str

    @cached_property
    def ordered(self) -> list[MappingRule]:
        """Rules by kind, name, file order."""
        return sorted(self.rules, key=lambda rule: (_kind(rule), rule.name))

    @cached_property
    def _tests(self) -> list[tuple[MappingRule, Callable[[Codes], bool]]]:
        return [(rule, _test(rule)) for rule in self.ordered]

    @cached_property
    def _exact(self) -> Mapping[tuple[str, str], list[int]]:
        """(field, code) -> positions of the rules with just that exact condition: the bulk of a big mapping."""
        out: dict[tuple[str, str], list[int]] = {}
        for position, rule in enumerate(self.ordered):
            if _kind(rule) == 0:
                out.setdefault(next(iter(rule.when.items())), []).append(position)
        return out

    @cached_property
    def _others(self) -> list[int]:
        return [position for position, rule in enumerate(self.ordered) if _kind(rule) != 0]

    @cached_property
    def fields(self) -> frozenset[str]:
        """Source fields that some rule looks at."""
        copied = {value[1:] for rule in self.rules for value in rule.gives.values() if value.startswith("=")}
        return frozenset(copied.union(*(rule.when for rule in self.rules)))

    def resolve(self, codes: Codes) -> Landing:
        """Where these codes go."""
        matching = self._matching(codes)
        chosen = next((rule for rule in matching if "item" in rule.gives), None)
        if chosen is None:
            return Landing(outcome=Outcome.UNMAPPED, fault=_first_fault(codes))
        wanted = chosen.gives["item"]
        if wanted == IGNORE:
            return Landing(rule=chosen.name, outcome=Outcome.IGNORED)
        wanted = self._copied(wanted, codes)
        item = self.model.items.get(wanted if "!" in wanted else f"{self.cube}!{wanted}")
        if item is None:
            return Landing(rule=chosen.name, outcome=Outcome.UNKNOWN_MEMBER, fault=("item", wanted))
        return self._members(item, codes, matching, chosen)

    def _members(self, item: TargetItem, codes: Codes, matching: list[MappingRule], chosen: MappingRule) -> Landing:
        members: dict[str, str] = {}
        opened, closes = -FOREVER, FOREVER
        for dim in item.dims:
            rule = next((r for r in matching if dim in r.gives), None)
            if rule is None:
                return Landing(item, rule=chosen.name, outcome=Outcome.UNMAPPED, fault=(dim, ""))
            text = self._copied(rule.gives[dim], codes)
            code, outcome = self._leaf(dim, text)
            if outcome:
                return Landing(item, rule=rule.name, outcome=outcome, fault=(dim, text))
            members[dim] = code
            begin, end = self._active[dim].get(code, _ALWAYS)
            opened, closes = max(opened, begin), min(closes, end)
        return Landing(item, members, chosen.sign, chosen.name, active=(opened, closes))

    def _matching(self, codes: Codes) -> list[MappingRule]:
        positions = [p for pair in codes.items() for p in self._exact.get(pair, ())]
        cleaned = [p for f, c in codes.items() if clean_code(c) != c for p in self._exact.get((f, clean_code(c)), ())]
        others = [p for p in self._others if self._tests[p][1](codes)]
        return [self._tests[p][0] for p in sorted({*positions, *cleaned, *others})]

    def _copied(self, value: str, codes: Codes) -> str:
        return codes[value[1:]] if value.startswith("=") else value

    @cached_property
    def _leaves(self) -> dict[tuple[str, str], tuple[str, Outcome]]:
        return {}

    @cached_property
    def _active(self) -> Mapping[str, Mapping[str, tuple[int, int]]]:
        return {code: _bounded(dimension) for code, dimension in self.model.dimensions.items()}

    def _leaf(self, dim: str, text: str) -> tuple[str, Outcome]:
        if (dim, text) not in self._leaves:
            self._leaves[dim, text] = self._find_leaf(dim, text)
        return self._leaves[dim, text]

    def _find_leaf(self, dim: str, text: str) -> tuple[str, Outcome]:
        """The leaf that a code or unique name means; a parent's amounts go to its 本级 where it has one."""
        if not text:
            return "", Outcome.MISSING_CODE
        dimension = self.model.dimensions[dim]
        member = dimension.find(text) or dimension.find(clean_code(text))
        if member is None:
            return "", Outcome.UNKNOWN_MEMBER
        if dimension.is_leaf(member.id):
            return member.code, Outcome.ACCEPTED
        own = dimension.by_code.get(member.code + OWN)
        return (own.code, Outcome.ACCEPTED) if own else ("", Outcome.PARENT_MEMBER)


@dataclass(frozen=True)
class Mapped:
    """``landing`` int32[n] indexes ``landings``, one per distinct combination of codes."""

    landing: NDArray[np.int32]
    landings: tuple[Landing, ...]


def map_lines(mapper: Mapper, codes: Mapping[str, Coded], lines: int) -> Mapped:
    """Resolves every distinct combination of the fields that rules look at."""
    used = {name: column for name, column in codes.items() if name in mapper.fields}
    if not used or not lines:
        return Mapped(np.zeros(lines, np.int32), (mapper.resolve({}),) if lines else ())
    index, rows = distinct(list(used.values()))
    landings = tuple(
        mapper.resolve({name: column.distinct[column.index[i]] for name, column in used.items()}) for i in rows
    )
    return Mapped(index.astype(np.int32), landings)


def _kind(rule: MappingRule) -> int:
    """0 exact, 1 range, 2 list, 3 several fields, 4 pattern, 5 no condition."""
    if not rule.when:
        return 5
    if len(rule.when) > 1:
        return 3
    (pattern,) = rule.when.values()
    return 1 if ".." in pattern else 2 if "|" in pattern else 4 if {"*", "?"} & set(pattern) else 0


def _test(rule: MappingRule) -> Callable[[Codes], bool]:
    tests = [(name, matcher(pattern)) for name, pattern in rule.when.items()]
    return lambda codes: all(test(codes[name]) for name, test in tests)


def matcher(pattern: str) -> Callable[[str], bool]:
    """The test a pattern stands for. A range compares codes as text, its upper end with all that begins with it."""
    if ".." in pattern:
        low, _, high = (part.strip() for part in pattern.partition(".."))
        return lambda text: low <= text and (text <= high or text.startswith(high))
    if "|" in pattern:
        listed = frozenset(part.strip() for part in pattern.split("|"))
        return lambda text: text in listed
    if "*" in pattern or "?" in pattern:
        return lambda text: fnmatchcase(text, pattern)
    return lambda text: text == pattern or clean_code(text) == pattern


def _first_fault(codes: Codes) -> tuple[str, str]:
    return next(iter(codes.items()), ("", ""))


def _bounded(dimension: Dimension) -> Mapping[str, tuple[int, int]]:
    """Code -> days [from, to) in which the member stands in the main tree, for members whose edges are dated."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for edge in dimension.trees[""].edges if "" in dimension.trees else ():
        begin = -FOREVER if edge.valid_from is None else edge.valid_from.toordinal() - _EPOCH
        end = FOREVER if edge.valid_to is None else edge.valid_to.toordinal() - _EPOCH
        spans.setdefault(edge.child, []).append((begin, end))
    return {
        dimension.by_id[child].code: (min(b for b, _ in dated), max(e for _, e in dated))
        for child, dated in spans.items()
        if any(pair != _ALWAYS for pair in dated)
    }
