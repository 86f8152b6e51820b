"""The CSV tables of a package: entered cells and expected answers, each checked against the model."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bihuan.engine.compiled import CompiledItem
from bihuan.engine.definition import Place
from bihuan.engine.formula.bound import ItemRef
from bihuan.engine.formula.regions import rule_at
from bihuan.engine.formula.scope import PERIOD_NAMES, VERSION_NAMES, Scope
from bihuan.features.modelling.texts import Problems, Row, Table
from bihuan.kernel.errors import BihuanError
from bihuan.kernel.member import OWN
from bihuan.kernel.nearest import hint
from bihuan.kernel.period import PeriodKey, day_meant
from bihuan.kernel.scaled import read_decimal, to_scaled
from bihuan.kernel.state import State

_COLUMNS = {
    "指标": "item",
    "科目": "item",
    "值": "value",
    "金额": "value",
    "来源": "source",
    "容差": "tolerance",
    "备注": "note",
}
_STATES = {"BLANK": State.BLANK, **{state.name: state for state in State if state >= State.DIV_BY_ZERO}}
PLAN_VERSION = "预算"


@dataclass(frozen=True, slots=True)
class Entered:
    """An entered cell. ``members`` are leaf ids in the item's dimension order; ``index`` counts at the item's grain (0
    without period); a number is in base units, unscaled.
    """

    item: ItemRef
    version: str
    members: tuple[int, ...]
    index: int
    value: Decimal | str
    place: Place


@dataclass(frozen=True, slots=True)
class Expected:
    """A published answer. ``members`` may be parents; ``period`` None = an item without period; a number in base units; a
    text, date or condition as it is kept.
    """

    item: ItemRef
    version: str
    members: tuple[int, ...]
    period: PeriodKey | None
    value: Decimal | str | State
    tolerance: Decimal
    source: str
    place: Place


def default_version(versions: tuple[str, ...]) -> str:
    """The version a table without a version column belongs to: 预算, else the first, else "" (a model without versions)."""
    return PLAN_VERSION if PLAN_VERSION in versions or not versions else versions[0]


def read_data(
    table: Table, cube: str, items: Mapping[ItemRef, CompiledItem], scope: Scope, problems: Problems
) -> list[Entered]:
    """The entered cells of ``data/<cube>.csv``."""
    reader = _Reader(table, cube, items, scope, problems)
    out: list[Entered] = []
    seen: dict[tuple[object, ...], Place] = {}
    for row in table.rows:
        at = reader.row(row, leaves=True)
        if at is None:
            continue
        item, version, members = at
        for key, column, text in reader.values(row, item):
            place = Place(row.place.file, row.place.line, table.columns.index(column) + 1)
            index = 0 if key is None else key.index
            if key is not None and key.grain != item.grain:
                reader.wrong_grain(item, column, place)
                continue
            value = _value(text, item, place, problems)
            if value is None:
                continue
            entered = Entered(item.ref, version, members, index, value, place)
            cell = (item.ref, version, members, index)
            if _is_filled(entered, item, scope, problems):
                continue
            if cell in seen:
                problems.at("duplicate_cell", place, f"和第 {seen[cell].line} 行是同一个单元格", found=text)
                continue
            seen[cell] = place
            out.append(entered)
    return out


def read_expected(
    table: Table, cube: str, items: Mapping[ItemRef, CompiledItem], scope: Scope, problems: Problems
) -> list[Expected]:
    """The published answers of ``expect/<cube>.csv``; an empty cell is not asserted."""
    reader = _Reader(table, cube, items, scope, problems)
    out: list[Expected] = []
    for row in table.rows:
        at = reader.row(row, leaves=False)
        if at is None:
            continue
        item, version, members = at
        tolerance = _decimal(row.get("tolerance") or "0", row.place, problems)
        for key, column, text in reader.values(row, item):
            place = Place(row.place.file, row.place.line, table.columns.index(column) + 1)
            value = _STATES.get(text) if text in _STATES else _value(text, item, place, problems)
            if value is None or tolerance is None:
                continue
            out.append(Expected(item.ref, version, members, key, value, tolerance, row.get("source"), place))
    return out


def _grain(item: CompiledItem) -> str:
    names = {"base": "最细期间", "year": "年", "half": "半年", "quarter": "季", "month": "月", "": "单一值（value 列）"}
    return names.get(item.grain, item.grain)


def _decimal(text: str, place: Place, problems: Problems) -> Decimal | None:
    try:
        return read_decimal(text)
    except BihuanError:
        problems.at("bad_number", place, f"不是数{_number_meant(text)}", found=text, expected="数，如 1234.5、60%")
        return None


def _number_meant(text: str) -> str:
    """What is in the way of reading a number: thousands separators, or a unit behind it."""
    plain = re.sub(r"[,，\s]", "", text)
    digits = re.match(r"[-+]?\d+(\.\d+)?%?", plain)
    if digits is None:
        return ""
    if digits.end() == len(plain):
        return f"；不写千分号，写 {plain}"
    return f"；只写 {digits.group()}，单位“{plain[digits.end() :]}”写在指标的 unit 上"


def _value(text: str, item: CompiledItem, place: Place, problems: Problems) -> Decimal | str | None:
    """The number in base units, within what can be stored, or the text as it is."""
    if item.type != "number":
        return _text(text, item, place, problems)
    amount = _decimal(text, place, problems)
    if amount is None:
        return None
    amount = amount * (item.unit.factor if item.unit is not None else 1)
    try:
        to_scaled(amount, item.scale or 0)
    except BihuanError as error:
        problems.at("bad_number", place, "数太大，存不下", found=text, expected=str(error.facts.get("expected", "")))
        return None
    return amount


def _text(text: str, item: CompiledItem, place: Place, problems: Problems) -> str | None:
    """A date or a condition as it is kept; other texts as they are."""
    if item.type == "date":
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            problems.at(
                "bad_date", place, f"“{item.ref.item}”要写日期{day_meant(text)}", found=text, expected="2026-01-31"
            )
            return None
    if item.type == "boolean":
        if text.upper() not in {"TRUE", "FALSE"}:
            problems.at("bad_value", place, f"“{item.ref.item}”要写是否", found=text, expected="TRUE 或 FALSE")
            return None
        return text.upper()
    return text


def _is_filled(cell: Entered, item: CompiledItem, scope: Scope, problems: Problems) -> bool:
    """Refuse a plan cell that a formula fills."""
    planned = not item.grain or cell.index in scope.calendar.grain_plan(item.grain)
    rule = rule_at(item, cell.members, cell.index, scope.dimensions, scope.calendar)
    if item.definition.override or not planned or rule is None or rule == "?":
        return False
    message = f"“{item.ref.item}”的这个单元格由公式计算，不能填；要填就写 override: yes"
    problems.at("formula_cell", cell.place, message, expected="空，或期初等计划外的期间")
    return True


class _Reader:
    """The columns of one table: item, version, dimensions, periods, value; reported once when they mean nothing."""

    def __init__(
        self, table: Table, cube: str, items: Mapping[ItemRef, CompiledItem], scope: Scope, problems: Problems
    ) -> None:
        self.table, self.cube, self.items, self.scope, self.problems = table, cube, items, scope, problems
        self.dims: dict[str, str] = {}
        self.periods: dict[str, PeriodKey | None] = {}
        self.misplaced: set[ItemRef] = set()
        self.version = next((name for name in table.columns if name in VERSION_NAMES), None)
        for column in table.columns:
            if column in {"item", "tolerance", "source", "note", self.version}:
                continue
            if column == "value":
                self.periods[column] = None
            elif (dim := scope.dimension(column)) is not None and column not in PERIOD_NAMES:
                self.dims[dim] = column
            elif (key := scope.calendar.find(column)) is not None:
                self.periods[column] = key
            else:
                known = [*scope.dimensions, "value", "version"]
                meant = _COLUMNS.get(column) or scope.calendar.meant(column)
                near = f"；是不是“{meant}”？" if meant else hint(column, known)
                message = f"列“{column}”不是维度，也不是时间轴上的期间{near}"
                expected = f"item、{'、'.join(known)}，或 {scope.calendar.forms}"
                problems.at("unknown_column", table.column_place(column), message, found=column, expected=expected)
        if "item" not in table.columns:
            problems.at("no_column", Place(table.file, 1), "缺列 item", expected="item")

    def row(self, row: Row, *, leaves: bool) -> tuple[CompiledItem, str, tuple[int, ...]] | None:
        """Item, version and members of a row."""
        name = row.get("item")
        hits = self.scope.in_cube(self.cube, name)
        if len(hits) != 1:
            names = [ref.item for ref in self.items if ref.cube == self.cube]
            if "item" in self.table.columns:
                message = f"“{self.cube}”没有指标“{name}”{hint(name, names)}"
                self.problems.at("unknown_name", row.place, message, found=name, expected="、".join(names[:12]))
            return None
        item = self.items[hits[0]]
        version = self._version(row)
        members = [self._member(row, item, dim, leaves=leaves) for dim in item.dims]
        for dim, column in self.dims.items():
            if dim not in item.dims and row.get(column):
                message = f"“{item.ref.item}”没有维度“{dim}”，这一列要空着"
                self.problems.at("extra_dimension", row.place, message, found=row.get(column), expected="空")
                return None
        known = tuple(member for member in members if member is not None)
        return (item, version, known) if version is not None and len(known) == len(members) else None

    def _version(self, row: Row) -> str | None:
        versions = self.scope.versions
        text = row.get(self.version) if self.version else ""
        if not text:
            return default_version(versions)
        if text not in versions:
            message = f"没有版本“{text}”{hint(text, versions)}"
            self.problems.at("unknown_version", row.place, message, found=text, expected="、".join(versions))
            return None
        return text

    def _member(self, row: Row, item: CompiledItem, dim: str, *, leaves: bool) -> int | None:
        column = self.dims.get(dim)
        text = row.get(column) if column else ""
        if not text:
            message = f"“{item.ref.item}”要写明维度“{dim}”的成员"
            self.problems.at("no_member", row.place, message, expected=f"列 {dim}")
            return None
        dimension = self.scope.dimensions[dim]
        member = dimension.find(text)
        if member is None:
            near = hint(text, [name for m in dimension.members for name in (m.code, m.name)])
            self.problems.at(
                "unknown_member", row.place, f"维度“{dim}”没有成员“{text}”{near}", found=text, expected="已有的成员"
            )
            return None
        if leaves and not dimension.is_leaf(member.id):
            own = dimension.by_code.get(member.code + OWN)
            advice = f"；自己的数填在“{own.code}”" if own is not None else ""
            message = f"“{text}”是上级，数填在最下级成员上{advice}"
            self.problems.at("not_leaf", row.place, message, found=text, expected="最下级成员")
            return None
        return member.id

    def values(self, row: Row, item: CompiledItem) -> Iterator[tuple[PeriodKey | None, str, str]]:
        """(period, column, text) of the cells that are not empty; reports a value where the item has periods."""
        for column, key in self.periods.items():
            text = row.get(column)
            if not text:
                continue
            if (key is None) != (item.grain == ""):
                self.wrong_grain(
                    item, column, Place(row.place.file, row.place.line, self.table.columns.index(column) + 1)
                )
                continue
            yield key, column, text

    def wrong_grain(self, item: CompiledItem, column: str, place: Place) -> None:
        """Report, once per item, values in columns of another level than the item is kept at."""
        if item.ref not in self.misplaced:
            self.misplaced.add(item.ref)
            message = f"“{item.ref.item}”按{_grain(item)}填报，不能写在列 {column}"
            self.problems.at("wrong_grain", place, message, found=column, expected=_grain(item))
