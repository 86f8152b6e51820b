"""``bihuan model test``: published answers against what the model computes, cell by cell.

An expected cell that was entered, or that a formula without any reference gives, is *given*: it says nothing about the
model and never counts as passed. A total counts as given when it repeats a single given cell.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.formula import bound
from bihuan.engine.formula.bound import ItemRef, Rule
from bihuan.engine.formula.graph import walk
from bihuan.engine.formula.regions import rule_at
from bihuan.engine.formula.scope import qualified
from bihuan.features.modelling.data import Entered, Expected
from bihuan.kernel.member import Dimension
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.state import State
from bihuan.kernel.unit import Unit

Value = Decimal | str  # a number in plain units; a text, a date in ISO, TRUE or FALSE
Read = Callable[[str, ItemRef, tuple[int, ...], PeriodKey | None], tuple[Value, State]]
Kind = Literal["computed", "given"]
_NOISE = Decimal("0.000000001")  # by which a computed number may differ where an item says nothing of decimals


@dataclass(frozen=True, slots=True)
class Checked:
    """One expected cell: computed or given, whether it agrees, and what was found."""

    expected: Expected
    kind: Kind
    agrees: bool
    found: Value
    state: State

    @property
    def outcome(self) -> Value | State:
        """The value found, or the state where there is none."""
        return self.found if self.state == State.VALUE else self.state


def _in_unit(value: Value | State, unit: Unit | None) -> str:
    """As the file would say it: an amount in thousands in thousands, without trailing zeros."""
    if isinstance(value, State):
        return value.name
    if isinstance(value, str):
        return value
    return f"{(value / unit.factor if unit is not None else value).normalize():f}"


def check(model: CompiledModel, data: Sequence[Entered], expected: Iterable[Expected], read: Read) -> Iterator[Checked]:
    """Reads and compares each expected cell; ``read`` gives a cell of (version, item, members, period) in plain units."""
    entered = {(cell.item, cell.version, cell.members, cell.index) for cell in data}
    for cell in expected:
        value, state = read(cell.version, cell.item, cell.members, cell.period)
        kind: Kind = "given" if _is_given(model, entered, cell) else "computed"
        yield Checked(cell, kind, _agrees(model.items[cell.item], cell, value, state), value, state)


def report(model: CompiledModel, results: Sequence[Checked]) -> list[str]:
    """Failed cells one by one, then the counts; the last line is ``N passed, N failed``."""
    lines = []
    for one in results:
        if not one.agrees:
            unit = model.items[one.expected.item].unit
            found, wanted = (_in_unit(value, unit) for value in (one.outcome, one.expected.value))
            place = one.expected.place
            where = f"{place.file}:{place.line}:{place.column}"
            lines.append(f"{where}: {cell_name(model, one.expected)}：算出 {found}，应为 {wanted}")
    counts = Counter((one.kind, one.agrees) for one in results)
    lines.append(f"computed: {counts['computed', True]} equal, {counts['computed', False]} different")
    lines.append(f"given: {counts['given', True]} equal, {counts['given', False]} different")
    failed = counts["computed", False] + counts["given", False]
    lines.append(f"{counts['computed', True]} passed, {failed} failed")
    return lines


def cell_name(model: CompiledModel, cell: Expected) -> str:
    """``cube!item[dim: member, 期间: code]``."""
    item = model.items[cell.item]
    pairs = zip(item.dims, cell.members, strict=True)
    parts = [f"{dim}: {model.dimensions[dim].by_id[member].code}" for dim, member in pairs]
    if cell.period is not None:
        parts.append(f"期间: {model.calendar.code(cell.period)}")
    return qualified(cell.item) + (f"[{', '.join(parts)}]" if parts else "")


# --- agreement ------------------------------------------------------------------------------------------------------


def _agrees(item: CompiledItem, cell: Expected, value: Value, state: State) -> bool:
    if isinstance(cell.value, State):
        return state == cell.value
    if state != State.VALUE:
        return False
    if isinstance(value, str) or isinstance(cell.value, str):
        return value == cell.value
    if cell.tolerance:
        return abs(value - cell.value) <= cell.tolerance
    decimals = item.definition.decimals if item.definition.decimals is not None else item.scale
    if decimals is None:
        return abs(value - cell.value) < _NOISE
    return _rounded(item, value, decimals) == _rounded(item, cell.value, decimals)


def _rounded(item: CompiledItem, value: Decimal, decimals: int) -> Decimal:
    """To the item's decimals as displayed: in its own unit, percent for %."""
    factor = item.unit.factor if item.unit is not None else Decimal(1)
    if item.unit is not None and item.unit.text == "%" and item.definition.decimals is not None:
        factor = Decimal("0.01")
    return (value / factor).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


# --- computed or given ----------------------------------------------------------------------------------------------

Entries = set[tuple[ItemRef, str, tuple[int, ...], int]]


def _is_given(model: CompiledModel, entered: Entries, cell: Expected) -> bool:
    item = model.items[cell.item]
    grain = cell.period.grain if cell.period is not None else ""
    coarse = grain != item.grain
    members = [_leaves(model.dimensions[dim], m) for dim, m in zip(item.dims, cell.members, strict=True)]
    parents = any(not model.dimensions[d].is_leaf(m) for d, m in zip(item.dims, cell.members, strict=True))
    for asked, total in ((coarse, item.time), (parents, item.total)):
        if asked and total.kind in {"expression", "weighted"}:
            return False
        if asked and total.kind == "formula":
            return all(map(_is_constant, item.rules))
    indices = _indices(model, item, cell.period) if coarse else [cell.period.index if cell.period is not None else 0]
    leaves = list(itertools.product(itertools.product(*members), indices))
    if not all(_leaf_given(model, item, entered, (cell.version, *leaf)) for leaf in leaves):
        return False
    filled = sum((item.ref, cell.version, leaf, index) in entered for leaf, index in leaves)
    return filled <= 1


def _leaves(dimension: Dimension, member: int) -> Mapping[int, float]:
    return dimension.trees[dimension.tree_of(member)].leaves_under(member)


def _indices(model: CompiledModel, item: CompiledItem, period: PeriodKey | None) -> list[int]:
    """The item's own periods that a total column is made of."""
    assert period is not None
    group = model.calendar.groups(period.grain)[period.index]
    found = list(range(group.start, group.stop))
    if item.grain != "base":
        found = sorted({model.calendar.group_of(item.grain)[leaf] for leaf in found})
    return {"first": found[:1], "last": found[-1:]}.get(item.time.kind, found)


def _leaf_given(
    model: CompiledModel, item: CompiledItem, entered: Entries, leaf: tuple[str, tuple[int, ...], int]
) -> bool:
    version, members, index = leaf
    planned = not item.grain or index in model.calendar.grain_plan(item.grain)
    if (item.ref, version, members, index) in entered and (not planned or item.definition.override):
        return True
    if not planned and item.fill != "all":
        return True
    rule = rule_at(item, members, index, model.dimensions, model.calendar)
    return rule is None or (isinstance(rule, Rule) and _is_constant(rule))


def _is_constant(rule: Rule) -> bool:
    """A formula that refers to nothing."""
    return not any(isinstance(node, bound.Read) for node in walk(rule.expression))
