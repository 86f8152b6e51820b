"""``checks/*.yaml``: what must hold at a plan unit, in the language of formulas. Every problem is told with its place.

checks:
  - code: 不超目标            title, kind: 强制 | 核实 | 提示, cube (its names are used unqualified), orgs (none = every unit)
    per: year                 year | quarter | period: evaluated in each such column of the unit's year
    rows: {dim: 科目, root: 费用合计, take: children}     for each of these members; none = once per unit
    where: 目标!目标 > 0      only where this holds
    holds: 金额[科目: 费用合计] <= 目标!目标[科目: 费用合计]
    cell: 金额[科目: 费用合计]                            where the page goes; default: the first thing `holds` reads
    message: "{金额[科目: 费用合计]} 超过目标，高 {… / … - 1:%}"
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bihuan.engine.compiled import CompiledModel
from bihuan.engine.condition import Expression, Operand, bind
from bihuan.engine.formula.lex import FormulaFault
from bihuan.features.modelling.texts import Problems, Yaml, report_unknown, yaml_of
from bihuan.features.planning.editing import ORG
from bihuan.features.planning.estimate import ESTIMATE
from bihuan.kernel.member import Dimension
from bihuan.kernel.nearest import hint

Kind = Literal["mandatory", "verify", "hint"]
KINDS: Mapping[str, Kind] = {
    "强制": "mandatory",
    "核实": "verify",
    "提示": "hint",
    "mandatory": "mandatory",
    "verify": "verify",
    "hint": "hint",
}
_KEYS = ("code", "title", "kind", "cube", "orgs", "per", "rows", "where", "holds", "cell", "message")
_ROWS = ("dim", "tree", "root", "take", "members")
_TAKE = ("leaves", "children", "all")
_SLOT = re.compile(r"\{([^{}]+?)(?::(\+?%|\d))?\}")
PERIOD_WORDS = ("期间", "period")


@dataclass(frozen=True, eq=False)
class Slot:
    """A value in a message: ``style`` "" = as it is, "%" = per cent, "+%" = with its sign, a digit = that many decimals."""

    expression: Expression | None  # None: the period
    style: str


@dataclass(frozen=True, eq=False)
class Check:
    """``rows``: members of ``dim`` by id, none when it is evaluated once; ``grain`` of its columns."""

    code: str
    title: str
    kind: Kind
    cube: str
    orgs: tuple[str, ...]
    grain: str
    dim: str
    rows: tuple[int, ...]
    where: Expression | None
    holds: Expression
    cell: Operand | None
    message: tuple[str | Slot, ...]

    @property
    def operands(self) -> tuple[Operand, ...]:
        """Everything the check reads, its message included."""
        slots = [p.expression for p in self.message if isinstance(p, Slot) and p.expression is not None]
        found = [self.holds, *([self.where] if self.where is not None else []), *slots]
        return tuple(o for expression in found for o in expression.operands)


def read_checks(model: CompiledModel, files: Mapping[str, str], problems: Problems) -> Iterator[Check]:
    """The checks of these files in order; problems are added, a check with a problem is left out."""
    seen: set[str] = set()
    for file, text in files.items():
        root = yaml_of(text, file, problems)
        said = root.mapping("检查") if root is not None else {}
        report_unknown(said, ("checks",), "检查文件")
        for node in said["checks"].each("checks") if "checks" in said else []:
            before = len(problems)
            check = _Reader(model, problems).check(node)
            if check is not None and check.code in seen:
                problems.at("duplicate_check", node.place, f"检查“{check.code}”写了两次", found=check.code)
            if check is not None and len(problems) == before:
                seen.add(check.code)
                yield check


class _Reader:
    def __init__(self, model: CompiledModel, problems: Problems) -> None:
        self.model, self.problems = model, problems

    def check(self, root: Yaml) -> Check | None:
        said = root.mapping("检查")
        report_unknown(said, _KEYS, "检查")
        for key in ("code", "kind", "cube", "holds"):
            if key not in said:
                self.problems.at("missing", root.place, f"检查没有 {key}", expected=f"{key}: …")
        if not {"code", "kind", "cube", "holds"} <= said.keys():
            return None
        code, cube = said["code"].text("code").strip(), said["cube"].text("cube").strip()
        kind = KINDS.get(said["kind"].text("kind").strip())
        if kind is None:
            said["kind"].wrong("kind", "强制、核实、提示")
        cubes = [c.code for c in self.model.definition.cubes]
        if cube not in cubes:
            message = f"没有叫“{cube}”的预算表{hint(cube, cubes)}"
            self.problems.at("unknown_cube", said["cube"].place, message, found=cube, expected="、".join(cubes))
            return None
        grain = self._grain(said.get("per"))
        dim, rows = self._rows(said.get("rows"))
        home = _Home(self.model, cube, tuple(d for d in (ORG, dim) if d in self.model.dimensions), grain)
        holds = self._condition(home, said["holds"])
        where = self._condition(home, said["where"]) if "where" in said else None
        title = said["title"].text("title").strip() if "title" in said else code
        words = self._message(home, said["message"]) if "message" in said else (title,)
        cell = self._cell(home, said.get("cell"), holds)
        if holds is None or kind is None:
            return None
        orgs = self._orgs(said.get("orgs"))
        return Check(code, title, kind, cube, orgs, grain, dim, rows, where, holds, cell, words)

    def _grain(self, node: Yaml | None) -> str:
        calendar = self.model.calendar
        word = node.text("per").strip() if node is not None else "year"
        known = {"period": "base", "期间": "base", "year": "year", "年": "year", "quarter": "quarter", "季": "quarter"}
        grain = known.get(word, word)
        if grain == "year" and "year" not in calendar.groupings:
            return "base"
        if node is not None and grain not in calendar.grains:
            expected = "、".join(("period", *calendar.groupings))
            self.problems.at("unknown_grain", node.place, f"日历没有层级“{word}”", found=word, expected=expected)
            return "base"
        return grain

    def _rows(self, node: Yaml | None) -> tuple[str, tuple[int, ...]]:
        said = node.mapping("rows") if node is not None else {}
        report_unknown(said, _ROWS, "rows")
        if node is None or not said:
            return "", ()
        dim = said["dim"].text("dim").strip() if "dim" in said else ""
        dimension = self.model.dimensions.get(dim)
        if dimension is None:
            known = [d for d in self.model.dimensions if d != ORG]
            message = f"没有维度“{dim}”{hint(dim, known)}"
            self.problems.at("unknown_dimension", node.place, message, found=dim, expected="、".join(known))
            return "", ()
        take = said["take"].text("take").strip() if "take" in said else "leaves"
        if take not in _TAKE:
            said["take"].wrong("take", "、".join(_TAKE))
        tree = said["tree"].text("tree").strip() if "tree" in said else ""
        if "members" in said:
            return dim, tuple(self._member(dimension, c, said["members"]) for c in said["members"].texts("members"))
        root = said["root"].text("root").strip() if "root" in said else ""
        top = self._member(dimension, root, said["root"]) if root else None
        return dim, tuple(_taken(dimension, tree, top, take))

    def _member(self, dimension: Dimension, code: str, node: Yaml) -> int:
        found = dimension.find(code)
        if found is None:
            message = f"“{dimension.name}”里没有成员“{code}”{hint(code, dimension.by_code)}"
            self.problems.at("unknown_member", node.place, message, found=code)
            return -1
        return found.id

    def _orgs(self, node: Yaml | None) -> tuple[str, ...]:
        codes = node.texts("orgs") if node is not None else ()
        for code in codes:
            if node is not None and (
                ORG not in self.model.dimensions or code not in self.model.dimensions[ORG].by_code
            ):
                self.problems.at("unknown_member", node.place, f"没有组织“{code}”", found=code)
        return codes

    def _condition(self, home: "_Home", node: Yaml) -> Expression | None:
        bound = self._bound(home, node, node.text("条件"))
        if bound is not None and bound.node.type != "boolean":
            self.problems.at("type", node.place, "这里要写条件", found=bound.text, expected="a <= b、a = b AND …")
            return None
        return bound

    def _bound(self, home: "_Home", node: Yaml, written: str) -> Expression | None:
        text = written.strip()
        try:
            return home.bind(text)
        except FormulaFault as fault:
            found = fault.found or text[fault.start : fault.end]
            message = f"{fault.message}（{text}）"
            self.problems.at(fault.code, node.place, message, found=found, expected=fault.expected)
            return None

    def _cell(self, home: "_Home", node: Yaml | None, holds: Expression | None) -> Operand | None:
        if node is not None:
            bound = self._bound(home, node, node.text("cell"))
            if bound is not None and len(bound.operands) != 1:
                self.problems.at(
                    "bad_value", node.place, "cell 只写一个指标", found=bound.text, expected="金额[科目: 差旅费]"
                )
            return bound.operands[0] if bound is not None and bound.operands else None
        own = [o for o in (holds.operands if holds is not None else ()) if o.version is None]
        return own[0] if own else None

    def _message(self, home: "_Home", node: Yaml) -> tuple[str | Slot, ...]:
        text, out, at = node.text("message"), list[str | Slot](), 0
        for hit in _SLOT.finditer(text):
            out.append(text[at : hit.start()])
            inner, style, at = hit[1].strip(), hit[2] or "", hit.end()
            if inner in PERIOD_WORDS:
                out.append(Slot(None, style))
            elif (bound := self._bound(home, node, inner)) is not None:
                out.append(Slot(bound, style))
        return tuple(part for part in (*out, text[at:]) if part != "")


@dataclass(frozen=True, slots=True)
class _Home:
    """Where a check's expressions stand."""

    model: CompiledModel
    cube: str
    dims: Sequence[str]
    grain: str

    def bind(self, text: str) -> Expression:
        """Raises `FormulaFault`."""
        return bind(self.model, text, cube=self.cube, dims=self.dims, grain=self.grain, roles=(ESTIMATE,))


def _taken(dimension: Dimension, tree: str, top: int | None, take: str) -> Iterator[int]:
    """Member ids under ``top`` (None = all tops): its children, its leaves, or it and all below."""
    children = dimension.trees[tree].children() if tree in dimension.trees else {}
    tops = [m.id for m in dimension.tops(tree)]
    if top is None and take == "children":
        yield from tops
        return
    if top is not None and take == "children":
        yield from (edge.child for edge in children.get(top, ()))
        return
    stack = [top] if top is not None else tops[::-1]
    while stack:
        member = stack.pop()
        edges = children.get(member, ())
        if take == "all" or not edges:
            yield member
        stack.extend(edge.child for edge in reversed(edges))


def kind_name(kind: Kind) -> str:
    """强制, 核实 or 提示."""
    return next(word for word, code in KINDS.items() if code == kind)
