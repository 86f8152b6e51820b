"""What a budget model says, as values: the parsed package before names are bound. No I/O, no numbers computed.

Names are the package's codes. Order is display order. ``None`` means "not said"; defaults are applied by `compile`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Base = Literal["month", "period13", "week445", "quarter", "year"]
ValueType = Literal["number", "text", "boolean", "date", "choice", "period", "member"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the package something was said; line and column count from 1."""

    file: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class CalendarDefinition:
    """Leaf periods and plan range. Axis = ``history`` + plan + ``ahead`` leaf periods (language.md 1.5)."""

    base: Base
    start: str
    end: str
    history: int = 0
    ahead: int = 0
    fiscal_start: int = 1  # month the fiscal year begins in
    long_years: tuple[int, ...] = ()  # fiscal years of 53 weeks (base week445)
    place: Place = Place("model.yaml")


@dataclass(frozen=True, slots=True)
class MemberDefinition:
    code: str
    name: str
    properties: Mapping[str, str] = field(default_factory=dict)
    place: Place = Place("")


@dataclass(frozen=True, slots=True)
class EdgeDefinition:
    """``child`` counts into ``parent`` with ``weight`` during [valid_from, valid_to); None = unbounded."""

    child: str
    parent: str
    weight: float = 1.0
    valid_from: date | None = None
    valid_to: date | None = None
    place: Place = Place("")


@dataclass(frozen=True, slots=True)
class DimensionDefinition:
    """``trees`` maps a hierarchy's name to its edges; "" is the main tree. ``role_of`` "period" makes a second time axis."""

    code: str
    name: str
    members: tuple[MemberDefinition, ...]
    trees: Mapping[str, tuple[EdgeDefinition, ...]]
    references: Mapping[str, str] = field(default_factory=dict)  # property -> dimension its values are members of
    managed: Literal["package", "data"] = "package"
    role_of: str | None = None
    property_types: Mapping[str, str] = field(default_factory=dict)  # property -> "number" or "date"; absent = text
    property_units: Mapping[str, str] = field(
        default_factory=dict
    )  # property that is a number -> its unit; absent = none
    own_leaf: bool = False  # every non-leaf member gets an automatic leaf 本级 for its own amounts (default for org)


@dataclass(frozen=True, slots=True)
class Iteration:
    """How far a circle may still move when it counts as settled, in the item's unit, and after how many rounds it is given up."""

    tolerance: float
    most: int = 100


@dataclass(frozen=True, slots=True)
class ItemDefinition:
    code: str
    name: str
    unit: str = "?"
    type: ValueType = "number"
    dims: tuple[str, ...] | None = None  # None = the cube's; may hold "period:year"
    time: str | None = None  # sum first last average formula none, or an expression
    total: str | None = None  # sum average min max none formula "weighted by X", or an expression
    fill: Literal["plan", "all"] = "plan"
    scale: int | None = None  # stored decimal places of an additive item; None = plain float64
    round: int | None = None
    decimals: int | None = None  # display only
    override: bool = False
    sign: int = 1
    favourable: Literal["more", "less", ""] = ""
    note: str = ""
    iterate: Iteration | None = None  # circles through this item are solved by repetition; None = they are refused
    place: Place = Place("")


@dataclass(frozen=True, slots=True)
class CubeDefinition:
    code: str
    title: str
    dims: tuple[str, ...]
    uses: tuple[str, ...]
    items: tuple[ItemDefinition, ...]
    formulas: str  # the text of the `formulas: |` block
    formulas_place: Place = Place("")
    place: Place = Place("")


@dataclass(frozen=True, slots=True)
class ModelDefinition:
    name: str
    title: str
    calendar: CalendarDefinition
    currency: str
    units: Mapping[str, str]  # unit -> what it is a multiple of or ""
    roles: Mapping[str, str]
    versions: tuple[str, ...]  # version roles: 实际 预算 预测
    languages: tuple[str, ...]
    dimensions: tuple[DimensionDefinition, ...]  # without the role dimensions: those follow, in the order of ``roles``
    cubes: tuple[CubeDefinition, ...]
    first_versions: Mapping[str, str] = field(
        default_factory=dict
    )  # role -> code of its first version, where it is another
