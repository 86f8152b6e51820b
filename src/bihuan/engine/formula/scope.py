"""What a formula can see: the model's items and dimensions by code and by name, searched in a fixed order.

Own cube first, then the cubes of ``uses``; nothing else. So adding an item elsewhere can never change a formula.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bihuan.engine.compiled import CompiledItem
from bihuan.engine.definition import CubeDefinition
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.formula.foreign import NOTHING, is_address
from bihuan.engine.formula.lex import FormulaFault
from bihuan.engine.formula.syntax import Syntax
from bihuan.kernel.calendar import Calendar
from bihuan.kernel.member import Dimension
from bihuan.kernel.nearest import hint
from bihuan.kernel.unit import Powers

PERIOD_NAMES = frozenset({"period", "期间"})
VERSION_NAMES = frozenset({"version", "版本"})


@dataclass(frozen=True)
class Scope:
    """The whole model as far as names go; ``items`` have every property but rules and bound expressions."""

    cubes: Mapping[str, CubeDefinition]
    items: Mapping[ItemRef, CompiledItem]
    dimensions: Mapping[str, Dimension]
    property_types: Mapping[tuple[str, str], str]
    calendar: Calendar
    versions: tuple[str, ...]
    grains: tuple[str, ...] = field(default=())
    property_units: Mapping[tuple[str, str], Powers] = field(default_factory=dict)

    @cached_property
    def _dim_names(self) -> Mapping[str, str]:
        names = {dim.name: code for code, dim in self.dimensions.items()}
        if "org" in self.dimensions:
            names.setdefault("组织", "org")
        names |= {code: code for code in self.dimensions}
        return names | dict.fromkeys(PERIOD_NAMES, "period") | dict.fromkeys(VERSION_NAMES, "version")

    def dimension(self, name: str) -> str | None:
        """A dimension's code by code or name; "period" and "version" always exist."""
        return self._dim_names.get(name)

    def need_dimension(self, name: str, at: Syntax) -> str:
        """As `dimension`; raises when there is none."""
        found = self.dimension(name)
        if found is None:
            raise unknown("dimension", "维度", name, at, self._dim_names)
        return found

    def in_cube(self, cube: str, name: str) -> list[ItemRef]:
        """Items of a cube with this code, else with this name."""
        ref = ItemRef(cube, name)
        return [ref] if ref in self.items else self._by_name.get((cube, name), [])

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], list[ItemRef]]:
        out: dict[tuple[str, str], list[ItemRef]] = {}
        for ref, item in self.items.items():
            out.setdefault((ref.cube, item.definition.name), []).append(ref)
        return out

    def cube(self, name: str, at: Syntax) -> str:
        """A cube's code by code or title."""
        if name in self.cubes:
            return name
        titled = [code for code, cube in self.cubes.items() if cube.title == name]
        if len(titled) != 1:
            raise unknown("cube", "预算表", name, at, self.cubes)
        return titled[0]

    def item(self, home: str, name: str, at: Syntax) -> ItemRef | None:
        """An unqualified name, from cube ``home``; None when no item has it. Raises when it is ambiguous."""
        own = self.in_cube(home, name)
        used = [] if own else [ref for cube in self.cubes[home].uses for ref in self.in_cube(cube, name)]
        hits = own or used
        if len(hits) > 1:
            choices = "、".join(qualified(ref) for ref in hits)
            message = f"“{name}”不止一个：{choices}；写明用哪一个"
            raise FormulaFault("ambiguous_name", at.start, at.end, message, found=name, expected=choices)
        return hits[0] if hits else None

    def no_item(self, home: str, name: str, at: Syntax) -> FormulaFault:
        """The refusal of an unknown name, with where it exists elsewhere or what looks like it."""
        elsewhere = [qualified(ref) for cube in self.cubes for ref in self.in_cube(cube, name)]
        if elsewhere:
            choices = "、".join(elsewhere[:3])
            message = f"本表没有“{name}”；有 {choices}，写成这样或在 uses 中列出那张表"
            return FormulaFault("unknown_name", at.start, at.end, message, found=name, expected=choices)
        if is_address(name):
            message = f"没有叫“{name}”的指标；公式里写指标的名称，不写单元格地址"
            return FormulaFault("unknown_name", at.start, at.end, message, found=name, expected="指标名称")
        if name in NOTHING:
            message = f"没有叫“{name}”的指标；要空着就不写那一支，如 IF(条件, 值)"
            return FormulaFault("unknown_name", at.start, at.end, message, found=name, expected="IF(条件, 值)")
        seen = [home, *self.cubes[home].uses]
        items = sorted((seen.index(ref.cube), n) for n, ref in enumerate(self.items) if ref.cube in seen)
        refs = list(self.items)
        names = [text for _, n in items for text in (refs[n].item, self.items[refs[n]].definition.name)]
        return unknown("name", "指标或维度", name, at, [*names, *self._dim_names])

    def grain_rank(self, grain: str) -> int:
        """0 for leaf periods, larger for coarser."""
        return self.calendar.grains.index(grain)


def qualified(ref: ItemRef) -> str:
    """``cube!item`` as a formula would write it."""
    return f"{quote(ref.cube)}!{quote(ref.item)}"


def quote(name: str) -> str:
    """A name in single quotes where the grammar wants them."""
    plain = name.replace("_", "a").isalnum() and not name[0].isdigit()
    return name if plain else "'" + name.replace("'", "''") + "'"


def unknown(code: str, what: str, name: str, at: Syntax, known: Iterable[str]) -> FormulaFault:
    """The refusal of a name nobody has: what looks like it, else what there is."""
    names = list(dict.fromkeys(known))
    said = hint(name, names) or (f"；有 {listed(names)}" if names else "；一个也没有")
    return FormulaFault(f"unknown_{code}", at.start, at.end, f"没有叫“{name}”的{what}{said}", found=name, expected=what)


def listed(names: Sequence[str], most: int = 12) -> str:
    """``a、b、c``, of a long list the beginning and how many there are."""
    return "、".join(names[:most]) + (f" 等 {len(names)} 个" if len(names) > most else "")
