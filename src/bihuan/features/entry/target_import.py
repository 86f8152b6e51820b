"""Targets from a pasted or uploaded table, CSV or tab-separated as Excel copies it. Every bad line is reported, none is guessed.

Long:    组织, 科目, 目标, 预留          one line per organisation and key item; 预留 may be missing
Wide:    组织, 差旅费, 培训费, …         one column per key item

Organisations and key items by code or by name. An empty cell changes nothing; 0 is zero.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bihuan.features.entry.cycle import ORG
from bihuan.features.entry.target_rules import Book, Part, TargetEdit
from bihuan.features.entry.targets import Handing, as_it_stands
from bihuan.kernel.errors import Invalid, Problem
from bihuan.kernel.nearest import hint
from bihuan.kernel.scaled import BadAmount, read_decimal

LINES_MAX = 20_000
_ORG = {"组织", "org", "organisation", "部门", "单位", "编码"}
_KEY = {"科目", "项目", "指标", "item", "account", "key"}
_TARGET = {"目标", "target", "金额", "amount"}
_RESERVE = {"预留", "reserve"}


@dataclass(frozen=True, slots=True)
class Imported:
    """What a table says; with problems nothing of it is taken."""

    edits: tuple[TargetEdit, ...]
    problems: tuple[Problem, ...]


def read_table(
    hand: Handing, book: Book, text: str, *, orgs: Sequence[str], keys: Sequence[str], unit: Decimal
) -> Imported:
    """``orgs`` and ``keys``: those whose targets or reserve the importer decides. ``before`` of the edits is what stands there now.

    ``unit``: what the amounts are given in (10000 = 万元).
    """
    lines = [(n, row) for n, row in _lines(text) if any(cell.strip() for cell in row)]
    if not lines:
        raise Invalid("没有内容：粘贴带表头的表格，或选一个 CSV 文件。")
    if len(lines) > LINES_MAX:
        raise Invalid(f"一次最多导入 {LINES_MAX} 行，这里有 {len(lines)} 行。")
    reading = _Reading(hand, orgs, keys, unit)
    reading.table([cell.strip() for cell in lines[0][1]], lines[1:])
    changed = [e for e in as_it_stands(reading.edits, book) if e.before != e.after]
    return Imported(tuple(changed), tuple(reading.problems))


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    body = text.removeprefix("\ufeff")
    head = body.split("\n", 1)[0]
    delimiter = "\t" if "\t" in head else ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter)
    for row in reader:
        yield reader.line_num, row


class _Reading:
    def __init__(self, hand: Handing, orgs: Sequence[str], keys: Sequence[str], unit: Decimal) -> None:
        self.hand, self.keys, self.unit = hand, keys, unit
        self.edits: list[TargetEdit] = []
        self.problems: list[Problem] = []
        self.orgs = dict.fromkeys(orgs)

    def table(self, header: Sequence[str], lines: Sequence[tuple[int, list[str]]]) -> None:
        org_at = _column(header, _ORG)
        if org_at is None:
            self._wrong(1, 1, header[0] if header else "", "表头里有一列“组织”", "找不到组织列")
            return
        key_at, target_at, reserve_at = (_column(header, names) for names in (_KEY, _TARGET, _RESERVE))
        if key_at is not None and (target_at is not None or reserve_at is not None):
            parts: list[tuple[int, Part]] = [(target_at, "target")] if target_at is not None else []
            parts += [(reserve_at, "reserve")] if reserve_at is not None else []
            for line, row in lines:
                self._long(line, row, org_at, key_at, parts)
            return
        columns = [(j, self._key(1, j, name)) for j, name in enumerate(header) if j != org_at and name]
        for line, row in lines:
            if (org := self._org(line, row, org_at)) is not None:
                for j, key in columns:
                    if key is not None:
                        self._amount(line, j, row, org=org, key=key, part="target")

    def _long(self, line: int, row: list[str], org_at: int, key_at: int, parts: Sequence[tuple[int, Part]]) -> None:
        org = self._org(line, row, org_at)
        key = self._key(line, key_at, _cell(row, key_at))
        if org is not None and key is not None:
            for j, part in parts:
                self._amount(line, j, row, org=org, key=key, part=part)

    def _org(self, line: int, row: list[str], at: int) -> str | None:
        said = _cell(row, at)
        member = self.hand.model.dimensions[ORG].find(said)
        if member is None or member.code not in self.orgs:
            known = [*self.orgs, *(self.hand.model.dimensions[ORG].by_code[c].name for c in self.orgs)]
            self._wrong(line, at + 1, said, "组织的编码或名称", f"没有由您下达目标的组织“{said}”{hint(said, known)}")
            return None
        return member.code

    def _key(self, line: int, at: int, said: str) -> str | None:
        member = self.hand.model.dimensions[self.hand.rules.by].find(said)
        if member is None or member.code not in self.keys:
            expected = "、".join(self.keys)
            self._wrong(line, at + 1, said, expected, f"“{said}”不是目标科目{hint(said, self.keys)}")
            return None
        return member.code

    def _amount(self, line: int, at: int, row: list[str], *, org: str, key: str, part: Part) -> None:
        said = _cell(row, at)
        if not said:
            return
        try:
            amount = read_decimal(said.replace(",", "").replace("，", "").replace("¥", "")) * self.unit
        except BadAmount:
            self._wrong(line, at + 1, said, "数字，如 1,200,000", "不是数字")
            return
        self.edits.append(TargetEdit(org, key, part, None, amount.quantize(Decimal("0.01"))))

    def _wrong(self, line: int, column: int, found: str, expected: str, message: str) -> None:
        self.problems.append(Problem("bad_line", "导入", line, column, found, expected, message))


def _cell(row: Sequence[str], at: int) -> str:
    return row[at].strip() if at < len(row) else ""


def _column(header: Sequence[str], names: set[str]) -> int | None:
    return next((j for j, name in enumerate(header) if name.strip().lower() in names), None)
