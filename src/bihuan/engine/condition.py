"""Expressions beside the model: checks and conditions are bound as formulas are, and evaluated at nodes of its hierarchies.

An expression stands in a cube (whose names it uses unqualified), over some dimensions, at a grain; it is evaluated at rows
whose members may be parents: items are read at their totals there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bihuan.engine.align import Rows
from bihuan.engine.compile import scope_of
from bihuan.engine.compiled import CompiledModel
from bihuan.engine.formula.bind import Binder
from bihuan.engine.formula.bound import Current, Grain, ItemRef, Node, PinMember, Read
from bihuan.engine.formula.evaluate import Where
from bihuan.engine.formula.graph import walk
from bihuan.engine.formula.kernels import natural
from bihuan.engine.formula.parse import parse_expression
from bihuan.engine.panel import Bytes, Floats, Ints, pack
from bihuan.engine.sheet import Sheet
from bihuan.kernel.state import State


@dataclass(frozen=True, slots=True)
class Operand:
    """What an expression reads: an item, the members it pins, and of which version role (None = its own)."""

    item: ItemRef
    pins: Mapping[str, str]
    version: str | None


@dataclass(frozen=True, eq=False)
class Expression:
    """A bound expression over ``dims`` (in the model's order) at ``grain``."""

    text: str
    node: Node
    dims: tuple[str, ...]
    grain: Grain

    @property
    def operands(self) -> tuple[Operand, ...]:
        """Every item it reads, in the order written; a member looked up rather than pinned is not told."""
        return tuple(
            Operand(n.item, {p.dim: p.member for p in n.pins if isinstance(p, PinMember)}, n.version)
            for n in walk(self.node)
            if isinstance(n, Read)
        )

    @property
    def current(self) -> str | None:
        """The dimension whose current member this is, when it is nothing else ("period" for the period)."""
        return self.node.dim if isinstance(self.node, Current) else None


def bind(
    model: CompiledModel, text: str, *, cube: str, dims: Sequence[str], grain: Grain, roles: Sequence[str] = ()
) -> Expression:
    """The expression; raises `FormulaFault`. ``roles``: version roles it may name beside the model's own."""
    scope = scope_of(model)
    scope = replace(scope, versions=(*scope.versions, *(r for r in roles if r not in scope.versions)))
    ordered = tuple(d for d in model.dimensions if d in dims)
    return Expression(text, Binder(scope, cube, ordered, grain).bind(parse_expression(text)), ordered, grain)


def beside(sheet: Sheet, others: Mapping[str, Sheet]) -> Sheet:
    """The sheet for expressions that read these version roles too; what was calculated of it is shared."""
    known = {role: other.calculation for role, other in others.items()}
    return Sheet(replace(sheet.calculation, others={**sheet.calculation.others, **known}))


def evaluate(sheet: Sheet, expression: Expression, members: Ints, columns: range) -> tuple[Floats, Bytes]:
    """(values, states) [rows, columns]: ``members`` int32[n, dims] of leaf or parent ids, ``columns`` of the grain.

    Numbers are in the items' units, conditions 1 or 0; text comes as an array of strings. Rows may repeat.
    """
    calc = sheet.calculation
    sizes = calc.spaces.sizes(expression.dims)
    codes, back = np.unique(pack(members.reshape(-1, len(expression.dims)), sizes), return_inverse=True)
    where = Where(Rows(expression.dims, sizes, codes, nodes=True), expression.grain, columns.start, columns.stop)
    cells = calc.evaluator.evaluate(expression.node, where)
    shape = (len(codes), where.width)
    values = cells.values if cells.values.dtype.kind == "U" else natural(cells)
    states = np.broadcast_to(cells.states, shape)[back]
    return np.where(states == State.VALUE, np.broadcast_to(values, shape)[back], values.dtype.type(0)), states
