"""Makes small models and sheets for the engine's tests, in the words of a package."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from bihuan.engine.compile import compile_model
from bihuan.engine.compiled import CompiledModel
from bihuan.engine.definition import (
    CalendarDefinition,
    CubeDefinition,
    DimensionDefinition,
    EdgeDefinition,
    ItemDefinition,
    MemberDefinition,
    ModelDefinition,
)
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.panel import Panel, panel_of
from bihuan.engine.sheet import Edits, Sheet
from bihuan.features.modelling.package import Package
from bihuan.kernel.scaled import to_scaled
from bihuan.kernel.state import State


def dimension(code: str, tree: Mapping[str, Sequence[str]] | Sequence[str], **more: object) -> DimensionDefinition:
    """A dimension from parent -> children, or from a plain list of leaves; ``child*-1`` gives an edge a weight."""
    pairs = [(p, c) for p, children in tree.items() for c in children] if isinstance(tree, Mapping) else []
    codes = [c.split("*")[0] for c in (dict.fromkeys(x for pair in pairs for x in pair) if pairs else tree)]
    properties = more.pop("properties", {})
    assert isinstance(properties, Mapping)
    edges = tuple(EdgeDefinition(c.split("*")[0], p, float(c.split("*")[1]) if "*" in c else 1.0) for p, c in pairs)
    members = tuple(MemberDefinition(c, c, properties.get(c, {})) for c in dict.fromkeys(codes))
    return DimensionDefinition(code, code, members, {"": edges}, **more)  # type: ignore[arg-type]  # fields by name


def model(
    dims: Sequence[DimensionDefinition],
    items: Mapping[str, Mapping[str, object]],
    formulas: str = "",
    calendar: CalendarDefinition | None = None,
    **more: object,
) -> CompiledModel:
    """A model of one cube ``c`` over period and all the dimensions."""
    calendar = calendar or CalendarDefinition("quarter", "2026Q1", "2026Q4")
    made = []
    for code, keys in items.items():
        item = ItemDefinition(code, code)
        made.append(replace(item, **keys))  # type: ignore[arg-type]  # fields by name
    cube = CubeDefinition("c", "c", ("period", *(d.code for d in dims)), (), tuple(made), formulas)
    units = {"元": "", "件": "", "人": ""}
    definition = ModelDefinition(
        "t", "t", calendar, "元", units, {}, ("实际", "预算", "预测"), ("zh",), tuple(dims), (cube,)
    )
    return compile_model(replace(definition, **more))  # type: ignore[arg-type]  # fields by name


def ref(item: str) -> ItemRef:
    """An item of the one cube."""
    return ItemRef("c", item)


def key_of(model: CompiledModel, item: ItemRef, members: Sequence[str]) -> list[int]:
    """Member ids from codes, in the item's dimension order."""
    dims = model.items[item].dims
    assert len(dims) == len(members), (dims, members)
    return [model.dimensions[d].by_code[m].id for d, m in zip(dims, members, strict=True)]


def entered(model: CompiledModel, item: ItemRef, rows: Mapping[tuple[str, ...], Sequence[object]]) -> Panel:
    """A panel from rows of plain amounts; None = blank."""
    scale = model.items[item].scale
    keys = np.array([key_of(model, item, members) for members in rows], np.int32).reshape(len(rows), -1)
    values = [[np.nan if v is None else number(v, scale) for v in row] for row in rows.values()]
    return panel_of(keys, np.array(values, np.float64).reshape(len(rows), -1))


def number(value: object, scale: int | None) -> float:
    """A plain amount as it is kept."""
    return to_scaled(Decimal(str(value)), scale) if scale is not None else float(str(value))


def plain(value: float, state: int, scale: int | None) -> object:
    """A cell as a reader would write it: None for blank, the name of an error, else the amount."""
    if state == State.VALUE:
        return value / 10**scale if scale else value
    return None if state == State.BLANK else State(state).name


def cells(sheet: Sheet, item: str | ItemRef, *members: str, grain: str = "base", **view: object) -> list[object]:
    """One row, leaf or total, all columns of a grain."""
    at = ref(item) if isinstance(item, str) else item
    from bihuan.kernel.period import PeriodKey

    width = sheet.model.calendar.grain_size(grain)
    keys = np.array([key_of(sheet.model, at, members)], np.int32).reshape(1, -1)
    values, states = sheet.read(at, rows=keys, periods=[PeriodKey(grain, t) for t in range(width)], **view)  # type: ignore[arg-type]  # fields by name
    scale = sheet.model.items[at].scale
    return [plain(float(v), int(s), scale) for v, s in zip(values[0], states[0], strict=True)]


def edit(model: CompiledModel, changes: Sequence[tuple[str, tuple[str, ...], int, object]]) -> Edits:
    """Edits from (item, members, axis index, plain amount or None)."""
    items = tuple(dict.fromkeys(ref(item) for item, *_ in changes))
    width = max([len(model.items[i].dims) for i in items], default=0)
    members = np.full((len(changes), width), -1, np.int32)
    for n, (item, codes, _, _) in enumerate(changes):
        ids = key_of(model, ref(item), codes)
        members[n, : len(ids)] = ids
    return Edits(
        items,
        np.array([items.index(ref(item)) for item, *_ in changes], np.int32),
        members,
        np.array([period for _, _, period, _ in changes], np.int32),
        np.array([0.0 if v is None else number(v, model.items[ref(i)].scale) for i, _, _, v in changes]),
        np.array([State.BLANK if v is None else State.VALUE for *_, v in changes], np.uint8),
    )


def package_sheet(package: Package, version: str = "预算", **more: object) -> Sheet:
    """The sheet of one version of a package's data."""
    rows: dict[ItemRef, dict[tuple[int, ...], dict[int, float]]] = {}
    for cell in package.data:
        if cell.version in (version, "") and not isinstance(cell.value, str):
            item = package.model.items[cell.item]
            kept = to_scaled(cell.value, item.scale) if item.scale is not None else float(cell.value)
            rows.setdefault(cell.item, {}).setdefault(cell.members, {})[cell.index] = kept
    panels = {}
    for at, found in rows.items():
        item = package.model.items[at]
        width = package.model.calendar.grain_size(item.grain) if item.grain else 1
        values = np.full((len(found), width), np.nan)
        for n, columns in enumerate(found.values()):
            for column, value in columns.items():
                values[n, column] = value
        keys = np.array(list(found), np.int32).reshape(len(found), -1)
        panels[at] = panel_of(keys, values)
    return Sheet.build(package.model, panels, **more)  # type: ignore[arg-type]  # threads, others
