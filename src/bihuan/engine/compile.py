"""Compile a model definition: names, types, units, dimensions and order are settled here, and every problem is reported."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bihuan.engine.compile_dimensions import compile_dimensions, member_codes, problem
from bihuan.engine.compile_items import TOTAL_WORDS, WEIGHTED, compile_items, unit_mismatch
from bihuan.engine.compiled import CompiledItem, CompiledModel, Component, GraphNode, Total
from bihuan.engine.definition import CalendarDefinition, CubeDefinition, ModelDefinition, Place
from bihuan.engine.formula import bound
from bihuan.engine.formula.bind import Binder, is_literal
from bihuan.engine.formula.bound import TYPE_NAMES, ItemRef, Node, Rule
from bihuan.engine.formula.graph import Circle, Dependencies, arrange, walk
from bihuan.engine.formula.lex import FormulaFault
from bihuan.engine.formula.parse import parse_block, parse_expression
from bihuan.engine.formula.regions import bind_region, never_matches
from bihuan.engine.formula.rows import check_rows
from bihuan.engine.formula.scope import Scope, qualified
from bihuan.engine.formula.syntax import Statement
from bihuan.kernel.calendar import BadCalendar, Calendar, make_calendar
from bihuan.kernel.errors import Problem, ProblemsFound
from bihuan.kernel.member import Dimension
from bihuan.kernel.nearest import hint
from bihuan.kernel.unit import parse_unit, show

__all__ = [
    "CompiledItem",
    "CompiledModel",
    "Component",
    "GraphNode",
    "Total",
    "compile_model",
    "deal_codes",
    "outline",
    "scope_of",
]


def compile_model(definition: ModelDefinition, ids: Mapping[str, Mapping[str, int]] | None = None) -> CompiledModel:
    """The compiled model; ``ids`` gives each member's stable id, else ids count from 0 in file order.

    Raises `ProblemsFound` with everything that is wrong.
    """
    return _Compiler(definition).run(ids)


def outline(definition: ModelDefinition, ids: Mapping[str, Mapping[str, int]] | None = None) -> Scope | None:
    """The names of a definition that may have problems, so that its tables can be checked too; None without a calendar."""
    try:
        calendar = read_calendar(definition.calendar)
    except BadCalendar:
        return None
    return _scope(definition, calendar, ids, lambda _: None)


def scope_of(model: CompiledModel) -> Scope:
    """What formulas of a compiled model can see: to bind further expressions (checks, conditions) or read tables."""
    definition = model.definition
    return _seen(definition, model.items, model.dimensions, model.calendar)


def _scope(
    definition: ModelDefinition,
    calendar: Calendar,
    ids: Mapping[str, Mapping[str, int]] | None,
    report: Callable[[Problem], None],
) -> Scope:
    dimensions = compile_dimensions(definition, calendar, ids, report)
    items = compile_items(definition, dimensions, calendar, report)
    return _seen(definition, items, dimensions, calendar)


def _seen(
    definition: ModelDefinition,
    items: Mapping[ItemRef, CompiledItem],
    dimensions: Mapping[str, Dimension],
    calendar: Calendar,
) -> Scope:
    types = {(dim.code, name): kind for dim in definition.dimensions for name, kind in dim.property_types.items()}
    texts = {(dim.code, name): unit for dim in definition.dimensions for name, unit in dim.property_units.items()}
    units = {
        key: unit.powers for key, text in texts.items() if (unit := parse_unit(text, definition.units)) is not None
    }
    cubes = {cube.code: cube for cube in definition.cubes}
    return Scope(cubes, items, dimensions, types, calendar, definition.versions, property_units=units)


def deal_codes(definition: ModelDefinition) -> dict[str, tuple[str, ...]]:
    """Every dimension's member codes that need an id, 本级 leaves and role dimensions included; raises `BadCalendar`."""
    return member_codes(definition, read_calendar(definition.calendar))


def read_calendar(written: CalendarDefinition) -> Calendar:
    """The calendar of a definition; raises `BadCalendar`."""
    return make_calendar(
        written.base,
        written.start,
        written.end,
        history=written.history,
        ahead=written.ahead,
        fiscal_start=written.fiscal_start,
        long_years=written.long_years,
    )


class _Compiler:
    def __init__(self, definition: ModelDefinition) -> None:
        self.definition = definition
        self.problems: list[Problem] = []
        self.lints: list[Problem] = []

    def run(self, ids: Mapping[str, Mapping[str, int]] | None) -> CompiledModel:
        definition = self.definition
        try:
            calendar = read_calendar(definition.calendar)
        except BadCalendar as error:
            facts = {key: str(value) for key, value in error.facts.items()}
            raise ProblemsFound(
                [problem("bad_calendar", definition.calendar.place, f"日历有误：{error}", **facts)]
            ) from None
        self.scope = scope = _scope(definition, calendar, ids, self.problems.append)
        self._check_cubes()
        rules: dict[ItemRef, list[Rule]] = {}
        for cube in scope.cubes.values():
            self._formulas(cube, rules)
        finished = {ref: self._finish(item, rules.get(ref, [])) for ref, item in scope.items.items()}
        components, circles = arrange(Dependencies(finished, scope.dimensions, calendar))
        for circle in circles:
            self._circle(circle, finished)
        if self.problems:
            raise ProblemsFound(sorted(self.problems, key=lambda p: (p.file, p.line, p.column)))
        reads = {ref: frozenset(_read_by(item)) for ref, item in finished.items()}
        return CompiledModel(definition, calendar, scope.dimensions, finished, components, tuple(self.lints), reads)

    def _check_cubes(self) -> None:
        codes = [cube.code for cube in self.definition.cubes]
        for cube in self.definition.cubes:
            if codes.count(cube.code) > 1:
                self.problems.append(problem("duplicate_cube", cube.place, f"预算表“{cube.code}”重复", found=cube.code))
            for used in cube.uses:
                if used not in codes:
                    message = f"uses 中没有叫“{used}”的预算表{hint(used, codes)}"
                    self.problems.append(
                        problem("unknown_cube", cube.place, message, found=used, expected="、".join(codes))
                    )

    # --- formulas ---------------------------------------------------------------------------------------------------

    def _formulas(self, cube: CubeDefinition, rules: dict[ItemRef, list[Rule]]) -> None:
        def fault(line: int, text: str, found: FormulaFault) -> None:
            self.problems.append(locate(cube.formulas_place, line, text, found))

        for statement in parse_block(cube.formulas, fault):
            try:
                rule = self._rule(cube, statement, rules)
            except FormulaFault as found:
                fault(statement.line - 1, statement.text, found)
            else:
                rules.setdefault(rule.item, []).append(rule)

    def _rule(self, cube: CubeDefinition, statement: Statement, rules: Mapping[ItemRef, list[Rule]]) -> Rule:
        hits = self.scope.in_cube(cube.code, statement.item)
        if len(hits) != 1:
            raise self.scope.no_item(cube.code, statement.item, replace(statement, end=len(statement.item)))
        item = self.scope.items[hits[0]]
        binder = Binder(self.scope, cube.code, item.dims, item.grain, cube.formulas_place.line + statement.line - 1)
        region = bind_region(binder, item, statement)
        expression = binder.bind(statement.expression)
        self._check_result(item, expression, statement, binder)
        check_rows(item, expression, self.scope.dimensions, statement.expression)
        rule = Rule(item.ref, region, expression, statement.text, binder.line)
        earlier = rules.get(item.ref, [])
        for lint in binder.lints:
            self.lints.append(locate(cube.formulas_place, statement.line - 1, statement.text, lint))
        if never_matches(region, [one.region for one in earlier], self.scope.dimensions):
            message = f"这一行永远轮不到：前面的行已经管住了“{item.ref.item}”的这些单元格"
            lint = FormulaFault("never_matches", 0, len(statement.item), message)
            self.lints.append(locate(cube.formulas_place, statement.line - 1, statement.text, lint))
        return rule

    def _check_result(self, item: CompiledItem, node: Node, statement: Statement, binder: Binder) -> None:
        at = statement.expression
        wanted = "text" if item.type == "choice" else item.type
        if node.type != wanted and {node.type, wanted} != {"member", "text"}:
            raise binder.wrong_type(node, TYPE_NAMES[wanted], at)
        if wanted != "number":
            return
        mine = item.unit.powers if item.unit is not None else None
        if node.unit is None or mine is None:
            message = f"“{item.ref.item}”的单位没有检查（有 ? ）"
            lint = FormulaFault("unit_unchecked", at.start, at.end, message)
            binder.lints.append(lint)
        elif node.unit != mine and not is_literal(node):
            message = unit_mismatch(item.ref.item, node.unit, mine)
            raise FormulaFault("unit", at.start, at.end, message, found=show(node.unit), expected=show(mine))
        natures = _mixed(node, self.scope.items)
        has_total = item.grain not in {"", self.scope.calendar.grains[-1]}
        if item.definition.time is None and has_total and natures:
            flow, balance = natures
            message = f"“{item.ref.item}”把发生额（{flow}）和余额（{balance}）相加，要写明 time:（合计列怎么算）"
            raise FormulaFault("time_unstated", at.start, at.end, message, expected="time: formula、last、sum …")

    # --- totals -----------------------------------------------------------------------------------------------------

    def _finish(self, item: CompiledItem, rules: Sequence[Rule]) -> CompiledItem:
        """The item with its rules and bound total expressions."""
        time, total = item.time, item.total
        if time.kind == "expression":
            coarse = [g for g in self.scope.calendar.groupings if item.grain == "base" or g != item.grain]
            time = replace(time, expression=self._total(item, item.definition.time or "", coarse[0]))
        if total.kind in {"expression", "weighted"}:
            text = (item.definition.total or "").strip().removeprefix(WEIGHTED)
            total = replace(total, expression=self._total(item, text, item.grain, weight=total.kind == "weighted"))
        done = replace(item, rules=tuple(rules), time=time, total=total)
        for kind, words in ((time.kind, "time"), (total.kind, "total")):
            if kind == "formula" and not rules:
                message = f"“{item.ref.item}”是输入，没有公式可以用在合计上；{words} 写成表达式"
                self._report(item, "no_formula", message)
        if time.kind == "formula" and (bad := _not_coarse(rules, self.scope)):
            message = f"“{item.ref.item}”的公式用到 {bad}，不能在合计列上重算；time 写成 sum、last 或表达式"
            self._report(item, "time_formula", message)
        if total.kind == "formula" and any(
            isinstance(n, bound.Share) and n.method for r in rules for n in walk(r.expression)
        ):
            message = f"“{item.ref.item}”用 ALLOCATE 分配，上级的数是下级之和；total 写成 sum"
            self._report(item, "total_formula", message)
        return done

    def _report(self, item: CompiledItem, code: str, message: str) -> None:
        self.problems.append(problem(code, item.definition.place, message))

    def _total(self, item: CompiledItem, text: str, grain: str, *, weight: bool = False) -> Node | None:
        place = item.definition.place
        try:
            binder = Binder(self.scope, item.ref.cube, item.dims, grain, place.line)
            node = binder.bind(syntax := parse_expression(text))
            binder.want(node, "number", syntax)
            mine = item.unit.powers if item.unit is not None else None
            if not weight and None not in (node.unit, mine) and node.unit != mine and not is_literal(node):
                message = unit_mismatch(item.ref.item, node.unit, mine)
                raise FormulaFault("unit", 0, len(text), message, found=show(node.unit), expected=show(mine))
        except FormulaFault as found:
            message = f"“{item.ref.item}”的合计 {text}：{found.message}"
            expected = f"{TOTAL_WORDS}，或一个表达式" if found.code == "unknown_name" else found.expected
            self.problems.append(problem(found.code, place, message, found=found.found, expected=expected))
            return None
        return node

    def _circle(self, circle: Circle, items: Mapping[ItemRef, CompiledItem]) -> None:
        def show_node(node: GraphNode) -> str:
            level = "" if node.grain == items[node.item].grain else f"({node.grain})"
            return qualified(node.item) + level

        path = " → ".join(map(show_node, circle.path))
        first = items[circle.path[0].item]
        message = f"循环引用，{circle.reason}：{path}"
        names = {node.item.item for node in circle.path}
        cube = self.scope.cubes[first.ref.cube]
        twins = [
            qualified(ref) for used in cube.uses for name in sorted(names) for ref in self.scope.in_cube(used, name)
        ]
        if len(names) == 1 and twins:
            message += f"；要读别的表时写 {'、'.join(twins)}"
        line = first.rules[0].line if first.rules else first.definition.place.line
        file = cube.formulas_place.file or first.definition.place.file
        expected = "没有循环；确实要循环计算的，在其中一个指标写 iterate: {tolerance: 0.01}"
        self.problems.append(Problem("cycle", file, line, 1, path, expected, message))


def locate(place: Place, line: int, text: str, fault: FormulaFault) -> Problem:
    """The problem of a fault in the statement ``text`` whose first line is ``line`` (from 0) of the block at ``place``."""
    before = text[: fault.start]
    down = before.count("\n")
    column = fault.start - (before.rfind("\n") + 1)
    return Problem(
        code=fault.code,
        file=place.file,
        line=max(place.line, 1) + line + down,
        column=max(place.column, 1) + column,
        found=fault.found or text[fault.start : fault.end],
        expected=fault.expected,
        message=fault.message,
    )


def _read_by(item: CompiledItem) -> set[ItemRef]:
    roots = [node for rule in item.rules for node in (rule.region, rule.expression) if node is not None]
    roots += [total.expression for total in (item.time, item.total) if total.expression is not None]
    return {node.item for root in roots for node in walk(root) if isinstance(node, bound.Read)}


def _mixed(node: Node, items: Mapping[ItemRef, CompiledItem]) -> tuple[str, str] | None:
    """A flow and a balance that the expression adds or subtracts, by their names."""
    for part in walk(node):
        if isinstance(part, bound.Binary) and part.op in {"+", "-"} and part.type == "number":
            natures = _natures(part, items)
            if {"sum", "last"} <= set(natures):
                return natures["sum"], natures["last"]
    return None


def _natures(node: Node, items: Mapping[ItemRef, CompiledItem]) -> dict[str, str]:
    """ "sum" -> a flow's name, "last" -> a balance's name, of the terms of a sum."""
    match node:
        case bound.Read(period=None):
            item = items[node.item]
            kind = {"first": "last"}.get(item.time.kind, item.time.kind) if item.grain else ""
            return {kind: node.item.item}
        case bound.Unary() | bound.Shift():
            return _natures(node.operand, items)
        case bound.Binary(op="+" | "-"):
            return _natures(node.left, items) | _natures(node.right, items)
        case bound.Call(function="MIN" | "MAX" | "SUM"):
            return {kind: name for arg in node.args for kind, name in _natures(arg, items).items()}
    return {}


def _not_coarse(rules: Sequence[Rule], scope: Scope) -> str:
    """What of the formulas has no meaning on total columns."""
    for rule in rules:
        for root in (rule.region, rule.expression):
            for node in walk(root) if root is not None else ():
                if isinstance(node, bound.Shift) and (node.offset > 0 or node.years > 0):
                    return "NEXT 或 LEAD"
                if isinstance(node, bound.Aggregate) and node.function in {"NPV", "IRR", "XNPV", "XIRR"}:
                    return node.function
                if isinstance(node, bound.Share) and node.method:
                    return "ALLOCATE"
                if isinstance(node, bound.Current) and node.type == "period":
                    return f"当前期间（{node.dim}）"
                for dim in node.dims:
                    if scope.dimensions[dim].role_of:
                        return f"角色维度“{dim}”"
    return ""
