"""What in a package is right but probably not meant: nobody uses it, nothing reaches it, nobody filled it, it will be slow. Pure.

Hints, never refusals. Each names its place, what was found and what to do.
"""

import re
from collections.abc import Collection, Iterator
from math import prod

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.definition import Place
from bihuan.engine.formula.bound import Aggregate, ItemRef, Node, Rule
from bihuan.engine.formula.graph import walk
from bihuan.kernel.errors import Problem

_SPAN = re.compile(r"span=Span\([^)]*\)(, )?")
QUIET = frozenset({"unit_unchecked"})  # hints of the compiler that are listed only when asked for
MANY_CELLS = 20_000_000  # inner cells of one aggregate that are worth a thought before the season


def hints(model: CompiledModel, filled: Collection[ItemRef] | None) -> list[Problem]:
    """What the compiler noticed, then the package's own order: dimensions, each item with its formulas.

    ``filled``: the items with a stored cell; None when nobody knows, and then nothing is said to be unfilled. A line that
    the compiler too says is never reached is said once.
    """
    found = [*_unused_dimensions(model), *_items(model, filled)]
    twice = {(one.file, one.line) for one in found if one.code == "unreachable"}
    noticed = [one for one in model.lints if one.code not in QUIET]
    return [*(n for n in noticed if n.code != "never_matches" or (n.file, n.line) not in twice), *found]


def _unused_dimensions(model: CompiledModel) -> Iterator[Problem]:
    used = {dim for item in model.items.values() for dim in item.dims}
    used |= {target for dimension in model.dimensions.values() for target in dimension.references.values()}
    for dimension in model.dimensions.values():
        if dimension.code not in used and dimension.role_of is None:
            yield Problem(
                "unused_dimension",
                f"dimensions/{dimension.code}.csv",
                found=dimension.code,
                expected="用到某张预算表的 dims 里，或删去",
                message=f"没有指标用维度“{dimension.name}”",
            )


def _items(model: CompiledModel, filled: Collection[ItemRef] | None) -> Iterator[Problem]:
    places = {cube.code: cube.formulas_place for cube in model.definition.cubes}
    for item in model.items.values():
        if item.is_input and _is_parameter(item):
            yield from _parameter(model, item, filled=filled is None or item.ref in filled)
        yield from _unreachable(item, places[item.ref.cube])
        yield from _slow(model, item, places[item.ref.cube])


def _is_parameter(item: CompiledItem) -> bool:
    """One cell, without dimension and period."""
    return not item.dims and not item.grain


def _parameter(model: CompiledModel, item: CompiledItem, *, filled: bool) -> Iterator[Problem]:
    place, name = item.definition.place, item.definition.name
    if not model.dependents.get(item.ref):
        message = f"没有公式用参数“{name}”"
        yield _at(place, "unused_parameter", item.ref.item, message, expected="写进公式，或删去")
    elif not filled:
        message = f"公式要用参数“{name}”，包里没有它的数"
        yield _at(place, "never_filled", item.ref.item, message, expected=f"data/{item.ref.cube}.csv 里的一行")


def _unreachable(item: CompiledItem, place: Place) -> Iterator[Problem]:
    """Lines after one without a selector, or with a selector that stood before: the first that matches wins."""
    seen: set[str] = set()
    ended = False
    for rule in item.rules:
        if ended or _said(rule) in seen:
            message = f"这一行永远走不到：前面已有一行管住了“{item.definition.name}”的这些单元格"
            yield _at_rule(place, rule, "unreachable", message, expected="删去，或移到前面")
        ended |= rule.region is None
        seen.add(_said(rule))


def _said(rule: Rule) -> str:
    """The selector without where it stands."""
    return _SPAN.sub("", repr(rule.region))


def _slow(model: CompiledModel, item: CompiledItem, place: Place) -> Iterator[Problem]:
    for rule in item.rules:
        for node in walk(rule.expression):
            cells = _inner_cells(model, node) if isinstance(node, Aggregate) else 0
            if cells > MANY_CELLS:
                message = f"这个汇总每次要看 {cells:,} 个单元格"
                yield _at_rule(place, rule, "slow", message, expected="先按少几个维度的指标汇总一次")
                break


def _inner_cells(model: CompiledModel, node: Aggregate) -> int:
    """Leaf combinations of everything the operand varies over, times the leaf periods: an upper bound."""
    dims = {dim for one in walk(node) for dim in one.dims}
    periods = len(model.calendar.codes) if _timed(node.operand) else 1
    return prod(len(model.dimensions[dim].leaves) for dim in dims if dim in model.dimensions) * periods


def _timed(node: Node) -> bool:
    return any(one.timed for one in walk(node))


def _at(place: Place, code: str, found: str, message: str, *, expected: str) -> Problem:
    return Problem(code, place.file, place.line, place.column, found, expected, message)


def _at_rule(place: Place, rule: Rule, code: str, message: str, *, expected: str) -> Problem:
    return Problem(code, place.file, rule.line, max(place.column, 1), rule.text.strip(), expected, message)
