"""What a package computes by itself: one sheet per version over its own data."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import numpy as np

from bihuan.engine.compiled import CompiledItem
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.panel import Panel, panel_of
from bihuan.engine.sheet import Sheet
from bihuan.engine.texts import TEXTUAL, code_of, texts_of
from bihuan.features.modelling.data import Entered, default_version
from bihuan.features.modelling.expect import Checked, Value, check
from bihuan.features.modelling.package import Package
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.scaled import from_scaled, to_scaled
from bihuan.kernel.state import State


def answers(package: Package) -> list[Checked]:
    """Every expected cell of the package against what the engine computes."""
    sheets = sheets_of(package)

    def read(version: str, ref: ItemRef, members: tuple[int, ...], period: PeriodKey | None) -> tuple[Value, State]:
        item = package.model.items[ref]
        rows = np.array([members], np.int32).reshape(1, -1)
        trees = {dim: package.model.dimensions[dim].tree_of(m) for dim, m in zip(item.dims, members, strict=True)}
        values, states = sheets[version].read(ref, rows=rows, periods=[period or PeriodKey("", 0)], tree=trees)
        state = State(int(states[0, 0]))
        return _read_value(item, float(values[0, 0])) if state == State.VALUE else Decimal(0), state

    return list(check(package.model, package.data, package.expected, read))


def _read_value(item: CompiledItem, value: float) -> Value:
    """What `_kept` was made of."""
    if item.type in TEXTUAL:
        return str(texts_of(np.array([value]), np.array([True]))[0])
    if item.type == "boolean":
        return "TRUE" if value else "FALSE"
    return plain(value, item.scale)


def plain(value: float, scale: int | None) -> Decimal:
    """A kept number as the amount it stands for; an average may have a part of the smallest unit."""
    if scale is not None and value.is_integer():
        return from_scaled(value, scale)
    return Decimal(repr(value)).scaleb(-(scale or 0))


def sheets_of(package: Package) -> dict[str, Sheet]:
    """One sheet per version role that has data or is the default; each reads all of them by their role."""
    roles = dict.fromkeys([default_version(package.definition.versions), *(cell.version for cell in package.data)])
    alone = {
        role: Sheet.build(package.model, panels_of(package, [cell for cell in package.data if cell.version == role]))
        for role in (*roles, *(cell.version for cell in package.expected if cell.version not in roles))
    }
    sheets = alone
    # versions that read versions: a chain of n roles is right after n rounds, and a circle was refused at compile time
    for _ in alone if len(alone) > 1 else ():
        sheets = {role: sheet.with_others(sheets, own=[role]) for role, sheet in alone.items()}
    return sheets


def panels_of(package: Package, data: Iterable[Entered]) -> dict[ItemRef, Panel]:
    """What was entered as panels, by item."""
    rows: dict[ItemRef, dict[tuple[int, ...], dict[int, float]]] = {}
    for cell in data:
        kept = _kept(package.model.items[cell.item], cell.value)
        rows.setdefault(cell.item, {}).setdefault(cell.members, {})[cell.index] = kept
    return {ref: _panel(package, package.model.items[ref], found) for ref, found in rows.items()}


def _kept(item: CompiledItem, value: Decimal | str) -> float:
    """A cell as a panel holds it: an amount in its scale, a condition as 1 or 0, a text by its number."""
    if isinstance(value, str):
        return float(value == "TRUE") if item.type == "boolean" else code_of(value)
    return float(value) if item.scale is None else to_scaled(value, item.scale)


def _panel(package: Package, item: CompiledItem, rows: Mapping[tuple[int, ...], Mapping[int, float]]) -> Panel:
    width = package.model.calendar.grain_size(item.grain) if item.grain else 1
    values = np.full((len(rows), width), np.nan)  # NaN is how `panel_of` is told that a cell is blank
    for number, columns in enumerate(rows.values()):
        for index, value in columns.items():
            values[number, index] = value
    return panel_of(np.array(list(rows), np.int32).reshape(len(rows), -1), values)
