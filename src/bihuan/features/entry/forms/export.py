"""A form, or any slice, as a workbook: what the grid shows, in its unit, cut by the same scope. Totals are values, not formulas.

Text never becomes a formula, not even when the file is saved as CSV and opened again: what starts like one is marked as text.
"""

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from bihuan.features.entry.forms.model import Column
from bihuan.features.planning.wire import CellOut, ColumnOut, ItemOut, QueryOut, RowOut

MoneyUnit = Literal["yuan", "thousand", "wan"]
UNITS: Mapping[MoneyUnit, tuple[str, int, int]] = {
    "yuan": ("元", 0, 0),
    "thousand": ("千元", 3, 1),
    "wan": ("万元", 4, 2),
}
MARKS: Mapping[str, str] = {
    "NOT_APPLICABLE": "—",
    "DIV_BY_ZERO": "除数为零",
    "OVERFLOW": "数太大",
    "CYCLE": "循环引用",
    "NO_DRIVER": "没有分摊依据",
    "NO_RATE": "缺汇率",
    "NO_CONVERGE": "不收敛",
    "BAD_NUMBER": "数无效",
}
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
PARTIAL = "带 * 的合计仅含你能看到的组织。"
HEAD_ROWS = 3


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above the table. ``currency``: items in it follow ``unit``; ``closed``: rows whose children are not shown."""

    title: str
    currency: str
    unit: MoneyUnit
    facts: Sequence[str]
    closed: Collection[str] = ()


def workbook(shown: QueryOut, heading: Heading, beside: Sequence[Column] = ()) -> bytes:
    """The .xlsx file; ``beside``: a form's columns of comparison."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(sheet_name(heading.title))
    _Writer(book, sheet, (shown, beside), heading).write()
    book.close()
    return out.getvalue()


def sheet_name(title: str) -> str:
    """A worksheet's name: without the signs that are not allowed there, at most 31 characters."""
    plain = "".join(" " if sign in "[]:*?/\\" else sign for sign in title).strip("' ")
    return plain[:31] or "Sheet1"


class _Writer:
    def __init__(
        self, book: xlsxwriter.Workbook, sheet: Worksheet, what: tuple[QueryOut, Sequence[Column]], heading: Heading
    ) -> None:
        self.book, self.sheet, self.heading = book, sheet, heading
        self.shown, beside = what
        self.items = {item.code: item for item in self.shown.items}
        self.beside = list(beside)
        self.columns = list(self.shown.columns)
        self._formats: dict[tuple[Any, ...], Format] = {}
        self.partial = False

    def write(self) -> None:
        """Heading, header, rows; panes frozen, a note when some total is partial."""
        self._text(0, 0, self.heading.title, bold=True)
        money = UNITS[self.heading.unit][0]
        self._text(1, 0, " · ".join([*self.heading.facts, f"单位：{money}"]))
        self._header(HEAD_ROWS - 1)
        at = HEAD_ROWS
        for row, cells, place in self._shown():
            self._row(at, row, cells, place)
            at += 1
        if self.partial:
            self._text(at + 1, 0, PARTIAL)
        self.sheet.freeze_panes(HEAD_ROWS, 1 + len(self.beside))
        self.sheet.set_column(0, 0, 28)
        self.sheet.set_column(1, len(self.beside) + len(self.columns), 12)

    def _shown(self) -> Iterator[tuple[RowOut, Sequence[CellOut], int]]:
        hidden: set[str] = set()
        for place, (row, cells) in enumerate(zip(self.shown.rows, self.shown.cells, strict=True)):
            if row.parent is not None and (row.parent in hidden or row.parent in self.heading.closed):
                hidden.add(row.key)
                continue
            yield row, cells, place

    def _header(self, at: int) -> None:
        self._text(at, 0, "项目", bold=True)
        for j, column in enumerate(self.beside, 1):
            self._text(at, j, f"{column.title} {column.note}".strip(), bold=True, right=True)
        for j, head in enumerate(self.columns, 1 + len(self.beside)):
            self._text(at, j, head.name, bold=True, right=True)

    def _row(self, at: int, row: RowOut, cells: Sequence[CellOut], place: int) -> None:
        item = self.items[row.item]
        several = len(self.items) > 1
        name = row.name if not several or row.name == item.name else f"{item.name} · {row.name}"
        unit = "" if item.unit in (self.heading.currency, "", "?", "%") else f"（{item.unit}）"
        bold = row.level == 0 or not row.leaf
        self._text(at, 0, name + unit, bold=bold, indent=row.level)
        for j, column in enumerate(self.beside, 1):
            if column.change_from:
                self._change(at, j, self._total(cells), self._source(column.change_from, place))
            else:
                there = column.cells[place]
                self._figure(at, j, item, v=there.v, s=there.s, p=there.p, bold=bold)
        for j, (head, cell) in enumerate(zip(self.columns, cells, strict=True), 1 + len(self.beside)):
            self._figure(at, j, item, v=cell["v"], s=cell["s"], p=cell["p"], bold=bold and head.kind != "base")

    def _total(self, cells: Sequence[CellOut]) -> str | None:
        """The form's year figure of a row."""
        tops = [j for j, column in enumerate(self.columns) if _is_top(column, self.columns)]
        return cells[tops[0]]["v"] if len(tops) == 1 else None

    def _source(self, code: str, place: int) -> str | None:
        return next((c.cells[place].v for c in self.beside if c.code == code), None)

    def _change(self, at: int, j: int, now: str | None, then: str | None) -> None:
        if now is None or then is None or Decimal(then) == 0:
            return
        rate = (Decimal(now) - Decimal(then)) / abs(Decimal(then))
        self.sheet.write_number(at, j, float(rate), self._format(num_format="+0.0%;-0.0%;0.0%"))

    def _figure(self, at: int, j: int, item: ItemOut, *, v: str | None, s: str, p: bool, bold: bool) -> None:
        if s not in ("VALUE", "BLANK"):
            self._text(at, j, MARKS.get(s, s), right=True)
            return
        if v is None:
            return
        power, places = (UNITS[self.heading.unit][1:]) if item.unit == self.heading.currency else (0, None)
        if places is None or (self.heading.unit == "yuan" and item.unit == self.heading.currency):
            places = item.decimals if item.unit != self.heading.currency else 2
        shown = "#,##0" + ("." + "0" * places if places else "")
        if item.unit == "%":
            shown = "0." + "0" * max(1, item.decimals - 2) + "%"
        star = '"*"' if p else ""
        self.partial = self.partial or p
        number = float(Decimal(v).scaleb(-power))
        self.sheet.write_number(at, j, number, self._format(bold=bold, num_format=f"{shown}{star};({shown}){star}"))

    def _text(self, at: int, j: int, text: str, *, bold: bool = False, right: bool = False, indent: int = 0) -> None:
        look: dict[str, Any] = {"bold": bold, "align": "right" if right else "left", "indent": min(indent, 15)}
        if text.startswith(DANGEROUS):
            look["quote_prefix"] = True
        self.sheet.write_string(at, j, text, self._format(**look))

    def _format(self, **look: Any) -> Format:
        key = tuple(sorted(look.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format({k: v for k, v in look.items() if v})
        return self._formats[key]


def _is_top(column: ColumnOut, columns: Sequence[ColumnOut]) -> bool:
    return column.parent is None and any(c.parent == column.code for c in columns)
