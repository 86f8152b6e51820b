"""Alerts as text: ``alerts/*.yaml`` of a model package, read with every problem at once. Pure.

alert: 差旅超预算                      a code; title: what is shown, with {names} of dimensions and measures
title: "{org} {科目} 超预算 {不利差异}"
item: 费用!金额
at: {org: [1, leaf], 科目: [差旅费]}    levels (0 = top, leaf) or members, for each dimension of the item
span: to_date                         month | to_date | year
when: 不利差异 >= 10000 AND 不利差异率 >= 5%
severity: error                       info | warn | error
case: {due_days: 10}                  opens a case, owned by whoever may explain there
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.features.modelling.plain_yaml import line_of, plain_yaml
from bihuan.features.monitoring import conditions
from bihuan.features.planning.cells import code_of, ref_of
from bihuan.kernel.errors import NotFound, Problem, ProblemsFound
from bihuan.kernel.nearest import hint

FOLDER = "alerts/"
LEAF: Literal["leaf"] = "leaf"
Level = int | Literal["leaf"]
Span = Literal["month", "to_date", "year"]
Severity = Literal["info", "warn", "error"]
_KEYS = {"alert", "title", "item", "at", "span", "when", "severity", "case"}
_CASE_KEYS = {"due_days", "flow"}
_NAMED = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class CaseTerms:
    """How an alert's case is run: due after so many days; ``flow``: the approval a transfer of it goes through."""

    due_days: int
    flow: str = ""


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One alert. ``levels`` and ``members`` by dimension: a node is watched when it is at a level or is a member."""

    code: str
    title: str
    item: str
    levels: Mapping[str, tuple[Level, ...]]
    members: Mapping[str, tuple[str, ...]]
    span: Span
    when: str
    severity: Severity
    case: CaseTerms | None

    def watches(self, dim: str, code: str, depth: int, *, leaf: bool) -> bool:
        """True if a node of a dimension is one the alert looks at."""
        levels = self.levels.get(dim, ())
        return code in self.members.get(dim, ()) or depth in levels or (leaf and LEAF in levels)


def read_alerts(model: CompiledModel, files: Mapping[str, str]) -> list[AlertRule]:
    """The alerts of a package's texts, in order of file; raises `ProblemsFound` with everything wrong in all of them."""
    problems: list[Problem] = []
    found: dict[str, AlertRule] = {}
    for file in sorted(f for f in files if f.startswith(FOLDER) and f.endswith(".yaml")):
        for raw in _documents(file, files[file], problems):
            reader = _Reader(model, file, raw, files[file])
            rule = reader.read()
            problems += reader.problems
            if rule is not None and rule.code in found:
                problems.append(Problem("bad_alert", file, found=f"alert {rule.code}", expected="每个代码只写一次"))
            elif rule is not None:
                found[rule.code] = rule
    if problems:
        raise ProblemsFound(problems)
    return list(found.values())


def _documents(file: str, text: str, problems: list[Problem]) -> list[Mapping[str, Any]]:
    """A file holds one alert, or a list of them; scalars are text."""
    try:
        content = plain_yaml(text, file)
    except ProblemsFound as found:
        problems += found.problems
        return []
    listed = content if isinstance(content, list) else [content]
    bad = ["不是 键: 值" for one in listed if not isinstance(one, dict)]
    problems += [Problem("bad_alert", file, found=kind, expected="键: 值，或它们的清单") for kind in bad]
    return [one for one in listed if isinstance(one, dict)]


class _Reader:
    """Reads one alert and collects what is wrong with it."""

    def __init__(self, model: CompiledModel, file: str, raw: Mapping[str, Any], text: str) -> None:
        self.model, self.file, self.raw, self.text = model, file, raw, text
        self.code = str(raw.get("alert") or "")
        self.problems: list[Problem] = []

    def wrong(self, where: str, found: object, expected: str) -> None:
        said = f"{self.code or '?'} {where}: {found}"
        line = self._line(where.split(" ", maxsplit=1)[0] or str(found))
        self.problems.append(Problem("bad_alert", self.file, line, found=said, expected=expected))

    def _line(self, key: str) -> int:
        part = ("alert", self.code)
        return line_of(self.text, key, part) or line_of(self.text, "alert", part)

    def read(self) -> AlertRule | None:
        raw = self.raw
        for unknown in raw.keys() - _KEYS:
            self.wrong("", unknown, "、".join(sorted(_KEYS)) + hint(unknown, _KEYS))
        if not self.code:
            self.wrong("alert", "没有写", "代码")
        item = self._item(str(raw.get("item") or ""))
        levels, members = self._places(item)
        span, severity = (
            self._choice("span", get_args(Span), "to_date"),
            self._choice("severity", get_args(Severity), "warn"),
        )
        when, title = str(raw.get("when") or ""), str(raw.get("title") or self.code)
        self._condition(when)
        self._title(title, item)
        case = self._case()
        if self.problems or item is None:
            return None
        return AlertRule(
            self.code,
            title,
            code_of(item.ref),
            levels,
            members,
            cast(Span, span),
            when,
            cast(Severity, severity),
            case,
        )

    def _item(self, written: str) -> CompiledItem | None:
        try:
            ref = ref_of(written)
            return self.model.item(ref.cube, ref.item)
        except (NotFound, ValueError, KeyError):
            known = [code_of(ref) for ref in self.model.items]
            self.wrong("item", written or "没有写", "预算表!指标" + hint(written, known))
            return None

    def _places(self, item: CompiledItem | None) -> tuple[dict[str, tuple[Level, ...]], dict[str, tuple[str, ...]]]:
        levels: dict[str, tuple[Level, ...]] = {}
        members: dict[str, tuple[str, ...]] = {}
        given = self.raw.get("at") or {}
        if not isinstance(given, dict):
            self.wrong("at", given, "维度: 层或成员")
            return levels, members
        for dim in item.dims if item is not None else ():
            parts = _listed(given.get(dim, "0"))
            levels[dim] = tuple(_level(p) for p in parts if p == LEAF or p.isdigit())
            members[dim] = tuple(p for p in parts if p != LEAF and not p.isdigit())
            for code in members[dim]:
                if code not in self.model.dimensions[dim].by_code:
                    self.wrong(
                        f"at {dim}",
                        code,
                        "成员、层号（0 是顶层）或 leaf" + hint(code, self.model.dimensions[dim].by_code),
                    )
        for dim in given.keys() - set(item.dims if item is not None else given):
            self.wrong("at", dim, "指标的维度：" + "、".join(item.dims if item is not None else ()))
        return levels, members

    def _choice(self, key: str, known: Sequence[str], default: str) -> str:
        given = str(self.raw.get(key) or default)
        if given not in known:
            self.wrong(key, given, "、".join(known) + hint(given, known))
        return given

    def _condition(self, when: str) -> None:
        if not when.strip():
            self.wrong("when", "没有写", "条件")
            return
        try:
            conditions.check(when, file=self.file)
        except ProblemsFound as bad:
            for p in bad.problems:
                said = f"{self.code} when: {p.found or when}"
                line = self._line("when")
                self.problems.append(Problem(p.code, self.file, line, 0, said, p.expected, p.message))

    def _title(self, title: str, item: CompiledItem | None) -> None:
        known = {*conditions.MEASURES, "period", *(item.dims if item is not None else ())}
        for name in _NAMED.findall(title):
            if item is not None and name not in known:
                self.wrong("title", "{" + name + "}", "指标的维度、period 或一个量")

    def _case(self) -> CaseTerms | None:
        given = self.raw.get("case")
        if given in (None, "", "no"):
            return None
        if not isinstance(given, dict):
            self.wrong("case", given, "{due_days: n}")
            return None
        for unknown in given.keys() - _CASE_KEYS:
            self.wrong("case", unknown, "、".join(sorted(_CASE_KEYS)) + hint(unknown, _CASE_KEYS))
        days = str(given.get("due_days") or "15")
        if not days.isdigit() or not 1 <= int(days) <= 366:
            self.wrong("case due_days", days, "1 到 366")
            return None
        return CaseTerms(int(days), str(given.get("flow") or ""))


def _level(written: str) -> Level:
    return LEAF if written == LEAF else int(written)


def _listed(value: object) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list) else [str(value)]


def fill_title(title: str, words: Mapping[str, str]) -> str:
    """The title with its ``{names}`` replaced; nothing else in it means anything."""
    return _NAMED.sub(lambda found: words.get(found[1], ""), title)
