"""The compiled model: everything the evaluator needs, frozen. Made by `compile`, read by `sheet`, `evaluate` and `trace`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from bihuan.engine.definition import ItemDefinition, Iteration, ModelDefinition
from bihuan.engine.formula.bound import Grain, ItemRef, Node, Rule
from bihuan.kernel.calendar import Calendar
from bihuan.kernel.errors import NotFound, Problem
from bihuan.kernel.member import Dimension
from bihuan.kernel.unit import Unit

TotalKind = Literal["sum", "last", "first", "average", "min", "max", "formula", "expression", "weighted", "none"]
Direction = Literal["once", "forward", "backward", "repeated"]


@dataclass(frozen=True, slots=True)
class Total:
    """How an item's total columns (``time``) or total rows (``total``) come about.

    ``expression`` is the bound expression of "expression", and the weight of "weighted". "formula" means the item's own
    rules, evaluated on the operands' totals.
    """

    kind: TotalKind
    expression: Node | None = None


@dataclass(frozen=True)
class CompiledItem:
    """An item with every property resolved.

    ``dims`` are its dimensions without the period, in the model's dimension order; an `Edits`' members stand in this order.
    ``grain`` is where its values are kept: "base" (leaf periods), a grouping's name (``period:year``), or "" for a parameter
    without period (one column). ``scale`` None means plain float64.
    """

    ref: ItemRef
    definition: ItemDefinition
    type: str
    unit: Unit | None
    scale: int | None
    dims: tuple[str, ...]
    grain: Grain
    time: Total
    total: Total
    fill: Literal["plan", "all"]
    rules: tuple[Rule, ...] = ()

    @property
    def is_input(self) -> bool:
        """True when no formula line names it: every cell is entered."""
        return not self.rules

    @property
    def always_formula(self) -> bool:
        """True when the last rule has no region: inside its range every cell is a formula's."""
        return any(rule.region is None for rule in self.rules)


@dataclass(frozen=True, slots=True, order=True)
class GraphNode:
    """An item at a grain: its own cells, or its total columns at a grouping."""

    item: ItemRef
    grain: Grain


@dataclass(frozen=True, slots=True)
class Component:
    """Nodes to be evaluated together.

    "once": one node without recursion, evaluated over the whole axis at once. "forward" / "backward": period by period,
    earliest or latest first, the nodes of each period in the order given. "repeated": all of them again and again, as
    ``iteration`` says.
    """

    nodes: tuple[GraphNode, ...]
    direction: Direction = "once"
    iteration: Iteration | None = None


@dataclass(frozen=True)
class CompiledModel:
    """``components`` are in an order in which each needs only earlier ones; inputs stand in no component.

    Total columns ("formula" and "expression" ones, and all that some formula reads) are nodes too; other total columns
    follow from their item alone.
    """

    definition: ModelDefinition
    calendar: Calendar
    dimensions: Mapping[str, Dimension]
    items: Mapping[ItemRef, CompiledItem]
    components: tuple[Component, ...]
    lints: tuple[Problem, ...] = ()
    reads: Mapping[ItemRef, frozenset[ItemRef]] = field(default_factory=dict)  # item -> items its formulas read

    def item(self, cube: str, item: str) -> CompiledItem:
        """By code or name; raises `NotFound`."""
        found = self.items.get(ItemRef(cube, item)) or self._by_name.get((cube, item))
        if found is None:
            raise NotFound(f"no item {cube}!{item}", cube=cube, item=item)
        return found

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], CompiledItem]:
        return {(ref.cube, item.definition.name): item for ref, item in self.items.items()}

    @cached_property
    def localised(self) -> "dict[frozenset[str], CompiledModel]":
        """The model as versions with these roles see it, as far as `localise` made it; shared by all of them."""
        return {frozenset(): self}

    @cached_property
    def dependents(self) -> Mapping[ItemRef, frozenset[ItemRef]]:
        """Item -> the items whose formulas read it directly."""
        out: dict[ItemRef, set[ItemRef]] = {ref: set() for ref in self.items}
        for reader, read in self.reads.items():
            for ref in read:
                out[ref].add(reader)
        return {ref: frozenset(found) for ref, found in out.items()}
