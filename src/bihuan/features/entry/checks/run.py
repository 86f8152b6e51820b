"""Running checks at a plan unit: pure of the store once the sheets are there. Nothing here evaluates anything but the language."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.condition import Expression, Operand, evaluate
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.sheet import Sheet
from bihuan.features.entry.checks.text import Check, Kind, Slot
from bihuan.features.planning.editing import ORG
from bihuan.kernel.state import FIRST_ERROR, State

HIDDEN = "（含你看不到的数）"
STATE_WORDS: Mapping[int, str] = {
    State.DIV_BY_ZERO: "除数为零",
    State.OVERFLOW: "数太大",
    State.NO_RATE: "缺汇率",
    State.NO_DRIVER: "没有分摊依据",
    State.BAD_NUMBER: "数无效",
}


@dataclass(frozen=True, slots=True)
class CellAt:
    """A cell by codes; ``members`` may lack a dimension that the check does not name."""

    item: ItemRef
    members: Mapping[str, str]
    period: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One place at which a check does not hold. ``key`` names it: the same place gives the same key."""

    key: str
    check: str
    title: str
    kind: Kind
    message: str
    cell: CellAt | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """All checks of a unit: ``findings`` in their order; ``passed``: checks that hold everywhere."""

    findings: tuple[Finding, ...]
    passed: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Place:
    """Where checks run: the unit's organisation (None in a model without) and the year whose columns count.

    ``visible``: whether what an operand reads at a finding's members (dimension -> code) may be told; None = everything.
    """

    org: int | None
    year: int
    visible: Callable[[Operand, Mapping[str, str]], bool] | None = None


def run(sheet: Sheet, checks: Sequence[Check], place: Place) -> Outcome:
    """Every check at its rows and columns. An error in a number does not hold: it must be mended first."""
    findings: list[Finding] = []
    passed: list[str] = []
    for check in checks:
        found = list(_failures(sheet, check, place))
        findings += found
        if not found:
            passed.append(check.code)
    return Outcome(tuple(findings), tuple(passed))


def columns_of(sheet: Sheet, grain: str, year: int) -> range:
    """The year's columns of a grain that are planned."""
    calendar = sheet.model.calendar
    plan = calendar.grain_plan(grain)
    found = [i for i, y in enumerate(calendar.grain_years(grain)) if y == year and i in plan]
    return range(found[0], found[-1] + 1) if found else range(0)


def _failures(sheet: Sheet, check: Check, place: Place) -> Iterator[Finding]:
    columns = columns_of(sheet, check.grain, place.year)
    rows: list[int | None] = [*check.rows] or [None]
    dims = check.holds.dims
    given = [{ORG: place.org, **({check.dim: row} if row is not None else {})} for row in rows]
    members = np.array([[g[d] for d in dims] for g in given], np.int32).reshape(len(rows), len(dims))
    if not columns or not rows:
        return
    values, states = evaluate(sheet, check.holds, members, columns)
    bad = ~_true(values, states)
    if check.where is not None:
        bad &= _true(*evaluate(sheet, check.where, members, columns))
    for row, column in zip(*np.nonzero(bad), strict=True):
        at = _At(sheet, check, members[row], columns.start + int(column))
        yield at.finding(int(states[row, column]), place)


def _true(values: NDArray[np.float64], states: NDArray[np.uint8]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (states == State.VALUE) & (values != 0)
    return found


@dataclass(frozen=True, eq=False)
class _At:
    """One place at which a check does not hold."""

    sheet: Sheet
    check: Check
    members: NDArray[np.int32]
    column: int

    @property
    def period(self) -> str:
        return self.sheet.model.calendar.grain_codes(self.check.grain)[self.column]

    def finding(self, state: int, place: Place) -> Finding:
        """The finding with its words; numbers the reader may not see are not told."""
        model, check = self.sheet.model, self.check
        codes = {d: model.dimensions[d].by_id[int(m)].code for d, m in zip(check.holds.dims, self.members, strict=True)}
        visible = place.visible
        seen = visible is None or all(visible(o, codes) for o in check.operands)
        key = "|".join([check.code, codes.get(check.dim, ""), self.period])
        cell = self._cell(check.cell, codes) if check.cell is not None else None
        told = check.cell is not None and (visible is None or visible(check.cell, codes))
        message = self._message() if seen else HIDDEN
        if state >= FIRST_ERROR:
            message = f"{STATE_WORDS.get(state, '数有错误')}，先修正再检查"
        return Finding(key, check.code, check.title, check.kind, message, cell if told else None)

    def _cell(self, operand: Operand, codes: Mapping[str, str]) -> CellAt:
        item = self.sheet.model.items[operand.item]
        named = {**codes, **operand.pins}
        return CellAt(operand.item, {d: named[d] for d in item.dims if d in named}, self.period if item.grain else "")

    def _message(self) -> str:
        return "".join(part if isinstance(part, str) else self._slot(part) for part in self.check.message)

    def _slot(self, slot: Slot) -> str:
        if slot.expression is None:
            return self.period
        columns = range(self.column, self.column + 1)
        values, states = evaluate(self.sheet, slot.expression, self.members[None, :], columns)
        value, state = values[0, 0], int(states[0, 0])
        if state != State.VALUE:
            return "空" if state == State.BLANK else STATE_WORDS.get(state, "错误")
        return self._shown(slot.expression, value, slot.style)

    def _shown(self, expression: Expression, value: object, style: str) -> str:
        if isinstance(value, str):
            dim = expression.current
            dimension = self.sheet.model.dimensions.get(dim) if dim is not None else None
            member = dimension.by_code.get(value) if dimension is not None else None
            return member.name if member is not None else value
        if expression.node.type == "boolean":
            return "是" if value else "否"
        return shown(float(value), style)  # type: ignore[arg-type]  # a number by the two tests above


def shown(value: float, style: str) -> str:
    """A number in a sentence: thousands with commas, negatives in brackets, at most two decimals; per cent with its sign."""
    number = Decimal(repr(value))
    if style.endswith("%"):
        text = f"{(number * 100).quantize(Decimal('0.1'), ROUND_HALF_UP):{'+' if style == '+%' else ''},f}%"
        return text.replace("-", "\u2212")
    places = int(style) if style else 2
    rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{abs(rounded):,f}"
    if not style and "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"({text})" if rounded < 0 else text
