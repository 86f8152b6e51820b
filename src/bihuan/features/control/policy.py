"""What a policy says and which balance rows a coordinate touches. Pure.

A rule groups spending by a key (some dimensions, each at a roll-up level, members possibly pooled) and by windows of time
(windows.py); a document touches every row whose key is its own and whose window contains its period.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Literal

from bihuan.features.control import bands as banding
from bihuan.features.control.bands import Band, Measure
from bihuan.features.control.directory import Directory
from bihuan.features.control.exemptions import Exemption
from bihuan.features.control.field_mapping import FieldMapping, Places
from bihuan.features.control.issuing import Issue
from bihuan.features.control.linked import Linked
from bihuan.features.control.model import UnresolvableKey, WrongDocument
from bihuan.features.control.move_rules import FREE, MoveRules
from bihuan.features.control.standards import Measured, Standard, judged
from bihuan.features.control.tax import Taxes
from bihuan.features.control.windows import NO_EXTENT, ControlCalendar, Extent, WindowMode

Strength = Literal["rigid", "flexible"]
Level = int | Literal["leaf"]
Stage = Literal["reserved", "committed", "executed"]
Coordinate = Mapping[str, str]

STAGES: tuple[Stage, ...] = ("reserved", "committed", "executed")
POOL = "池:"  # begins the key's component of pooled members
ITEM = "item"  # the dimension of coordinates that names the controlled item, as cube!item


@dataclass(frozen=True)
class Trees:
    """The hierarchies a policy rolls up along, pinned with it: dimension -> member -> parent ("" at the top)."""

    parents: Mapping[str, Mapping[str, str]]

    def path(self, dimension: str, member: str | None) -> tuple[str, ...]:
        """From the top down to ``member``; a blank or unknown member resolves to nothing and is refused."""
        parents = self.parents.get(dimension, {})
        if not member or member not in parents:
            raise UnresolvableKey(dimension=dimension, found=member or "空白", expected="该维度的成员")
        path = [member]
        while parent := parents.get(path[-1], ""):
            assert parent not in path, f"{dimension}: {parent} is its own ancestor"
            path.append(parent)
        return tuple(reversed(path))


@dataclass(frozen=True)
class Rule:
    """One way of checking. ``tolerance`` in percent of a positive cap; None on a flexible rule: it warns and never refuses.

    ``bands`` say the same in full (bands.py) and stand in place of both.

    ``disclose``: who may ask at a place sees the row's amounts, even where the row adds up more than they may read.
    ``by`` gives the key's dimensions and the level each is rolled up to (0 = top; a shallower member stands for itself);
    dimensions not named are added up. ``pools`` puts members under one name before grouping.
    """

    code: str
    title: str
    window: WindowMode
    by: Mapping[str, Level]
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pools: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    strength: Strength = "rigid"
    tolerance: Decimal | None = Decimal(0)
    stages: tuple[Stage, ...] = STAGES
    disclose: bool = False
    extent: Extent = NO_EXTENT
    bands: tuple[Band, ...] = ()
    linked: Linked | None = None  # the limit follows revenue, and no budget counts in it

    @cached_property
    def dimensions(self) -> frozenset[str]:
        """Every dimension this rule looks at."""
        return frozenset({*self.by, *self.where, *self.pools})

    def applies(self, paths: Mapping[str, Sequence[str]]) -> bool:
        """True when each filtered dimension's member is, or is under, a listed one."""
        return all(set(members) & set(paths[d]) for d, members in self.where.items())

    @property
    def spoken_strength(self) -> str:
        """rigid, flexible, or bands where they are said in full."""
        return "bands" if self.bands else self.strength

    def windows(self, calendar: ControlCalendar, period: str) -> tuple[str, ...]:
        """Codes of this rule's windows that contain ``period``."""
        return calendar.windows(self.window, period, self.extent)

    def all_windows(self, calendar: ControlCalendar, period: str) -> tuple[str, ...]:
        """Codes of this rule's windows with a period of ``period``'s fiscal year."""
        return calendar.all_windows(self.window, period, self.extent)

    def periods_of(self, calendar: ControlCalendar, window: str) -> tuple[str, ...]:
        """The leaf periods in one of this rule's windows."""
        return calendar.periods_of(self.window, window, self.extent)

    def key(self, paths: Mapping[str, Sequence[str]]) -> str:
        """The group key as canonical text."""
        return json.dumps([[d, self._component(d, paths[d])] for d in sorted(self.by)], ensure_ascii=False)

    def _component(self, dimension: str, path: Sequence[str]) -> str:
        for pool, members in self.pools.get(dimension, {}).items():
            if set(members) & set(path):
                return f"{POOL}{pool}"
        level = self.by[dimension]
        return path[-1] if level == "leaf" or level >= len(path) else path[level]

    def hard_limit(self, cap: Decimal) -> Decimal | None:
        """What documents may consume at most, rounded down to the fen; None = watched only."""
        return banding.limit(self.steps, cap)

    def last_limit(self, cap: Decimal) -> Decimal | None:
        """What an approved exception may consume at most; None where nothing says so."""
        return banding.limit(self.steps, cap, frozenset({"refuse"}))

    def measure(self, cap: Decimal, consumed: Decimal) -> Measure:
        """How the rule answers when ``consumed`` is used of ``cap``."""
        return banding.measure(self.steps, cap, consumed)

    @cached_property
    def steps(self) -> tuple[Band, ...]:
        """The bands said, or those that ``strength`` and ``tolerance`` stand for."""
        return self.bands or banding.short_form(rigid=self.strength == "rigid", tolerance=self.tolerance)


@dataclass(frozen=True, slots=True)
class BucketKey:
    """The identity of a balance row: rule code, group key, window."""

    rule: str
    key: str
    window: str


@dataclass(frozen=True)
class DocumentType:
    """A kind of document one may file: the ``flow`` that approves it, the ``prefix`` of its numbers, the members it is for."""

    code: str
    title: str
    flow: str
    prefix: str
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    expires_days: int = 0  # what it still holds so long after it was filed is given back; 0: never
    mapping: FieldMapping | None = None  # how its fields become members; None: its lines say members


@dataclass(frozen=True)
class Policy:
    """A control scheme. ``items`` are the (cube, item) it controls, as "cube.item"; "item" is a dimension of coordinates.

    ``unbudgeted``: what happens to a document that no rule or no released budget covers: refuse; allow; unruled = allow where
    no rule speaks of it, refuse where a rule has no released budget. ``zero``: a cap of 0 is a budget like any other, or counts
    as none (then even a rule that only watches refuses). ``exempt``: what is not controlled (exemptions.py).
    ``rest``: what a document still holds after a voucher of less than its amount stays held, or is given back.
    """

    code: str
    title: str
    items: tuple[str, ...]
    calendar: ControlCalendar
    trees: Trees
    rules: tuple[Rule, ...]
    unbudgeted: Literal["refuse", "allow", "unruled"] = "refuse"
    zero: Literal["budget", "none"] = "budget"
    exempt: tuple[Exemption, ...] = ()
    rest: Literal["keep", "release"] = "keep"
    model: str = ""  # the code of the model whose members these are, for the permission predicate
    documents: tuple[DocumentType, ...] = ()  # none named: any kind, held without an approval of its own
    taxes: Taxes = field(default_factory=Taxes)
    transfer_flow: str = ""  # the approval a transfer goes through unless another is named
    transfers: MoveRules = FREE
    supplements: MoveRules = FREE
    standards: tuple[Standard, ...] = ()
    issue: Issue | None = None  # when what is released may be spent; None: at once
    directory: Directory = field(default_factory=Directory)  # what the mappings of its documents look up

    @cached_property
    def dimensions(self) -> frozenset[str]:
        """Every dimension some rule or exemption looks at: none of them may be blank on a line."""
        ruled = {d for rule in self.rules for d in rule.dimensions}
        return frozenset(ruled | {d for exemption in self.exempt for d in exemption.where})

    def document(self, kind: str) -> DocumentType | None:
        """The type of a document; None where the policy names no types, refused where it does not name this one."""
        if not self.documents:
            return None
        found = next((d for d in self.documents if d.code == kind), None)
        if found is None:
            known = "、".join(d.code for d in self.documents)
            raise WrongDocument(
                f"控制方案“{self.title}”没有单据类型“{kind}”，可用的是 {known}。", found=kind, expected=known
            )
        return found

    def takes(self, kind: DocumentType, coordinate: Coordinate) -> bool:
        """True if a document of this type may ask for ``coordinate``."""
        return all(set(m) & set(self.trees.path(d, coordinate.get(d))) for d, m in kind.where.items())

    @cached_property
    def places(self) -> Places:
        """What fields of documents are looked for in."""
        return Places(self.trees.parents, frozenset(self.calendar.periods), self.directory)

    def net_counts(self, coordinate: Coordinate) -> bool:
        """True where the amount without tax counts against the budget."""
        dims = self.taxes.deductible
        return self.taxes.net_counts({d: self.trees.path(d, coordinate.get(d)) for d in dims})

    @cached_property
    def follows_revenue(self) -> bool:
        """True where some rule's limit follows revenue."""
        return any(rule.linked for rule in self.rules)

    def measured(
        self, coordinate: Coordinate, *, quantity: Decimal | None, said: Mapping[str, str], spent: Decimal
    ) -> tuple[Measured, ...]:
        """What the rate standards say of a line of ``spent``, with tax."""

        def path(dimension: str) -> tuple[str, ...]:
            return self.trees.path(dimension, coordinate.get(dimension))

        return judged(self.standards, path, quantity=quantity, said=said, spent=spent) if self.standards else ()

    def rule(self, code: str) -> Rule:
        """The rule called ``code``."""
        return next(r for r in self.rules if r.code == code)

    def matching(self, coordinate: Coordinate) -> list[tuple[Rule, str]]:
        """The rules that apply to a coordinate, with its key in each; none where it is exempt for whatever comes."""
        if self.exemption(coordinate):
            return []
        paths = self._paths(coordinate)
        return [(rule, rule.key(paths)) for rule in self.rules if rule.applies(paths)]

    def exemption(self, coordinate: Coordinate, kind: str = "") -> Exemption | None:
        """What exempts a coordinate, for documents of ``kind``."""
        if not self.exempt:
            return None
        paths = self._paths(coordinate)
        return next((e for e in self.exempt if e.holds(paths, kind)), None)

    def _paths(self, coordinate: Coordinate) -> dict[str, tuple[str, ...]]:
        return {d: self.trees.path(d, coordinate.get(d)) for d in sorted(self.dimensions)}

    def touched(self, coordinate: Coordinate, period: str) -> list[BucketKey]:
        """The balance rows a line at ``period`` counts in."""
        self.calendar.year_of(period)
        return [
            BucketKey(rule.code, key, window)
            for rule, key in self.matching(coordinate)
            for window in rule.windows(self.calendar, period)
        ]

    def counted(self, coordinate: Coordinate, period: str, kind: str = "") -> list[BucketKey]:
        """The balance rows an amount that was booked before counts in: none without a place, or held by an exempt ``kind``."""
        try:
            return [] if kind and self.exemption(coordinate, kind) else self.touched(coordinate, period)
        except UnresolvableKey:
            return []

    def opened(self, coordinate: Coordinate, period: str) -> list[BucketKey]:
        """The balance rows that exist once a cell at ``period`` is released: all windows of its fiscal year."""
        return [
            BucketKey(rule.code, key, window)
            for rule, key in self.matching(coordinate)
            for window in rule.all_windows(self.calendar, period)
        ]


def shown_key(key: str) -> str:
    """A group key as people read it."""
    return "、".join(f"{dimension} {member}" for dimension, member in json.loads(key)) or "全部"
