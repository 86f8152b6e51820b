"""Which rows a formula has, from its structure alone: × intersects, + unites, aggregation projects (language.md 1.4).

The answer is a `Relation`, or None when the expression creates no rows (constants, parameters, members).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.align import Relation, Rows, Spaces, codes_in, join, project, spread, unite
from bihuan.engine.compiled import CompiledItem
from bihuan.engine.formula.bound import (
    Aggregate,
    Binary,
    Call,
    ItemRef,
    Node,
    PinLookup,
    PinMember,
    Read,
    Share,
    Shift,
    Unary,
    Window,
)
from bihuan.engine.panel import Codes
from bihuan.kernel.member import Dimension

RowsOf = Callable[[ItemRef, str | None], Codes]


def children(node: Node) -> tuple[Node, ...]:
    """The nodes right below a node."""
    match node:
        case Binary():
            return (node.left, node.right)
        case Unary() | Window():
            return (node.operand,)
        case Call():
            return node.args
        case Shift():
            return (node.operand,) if node.default is None else (node.operand, node.default)
        case Aggregate():
            return tuple(part for part in (node.operand, node.where, node.rate) if part is not None)
        case Share():
            return (node.pool, node.driver)
        case Read():
            return tuple(pin.by for pin in node.pins if isinstance(pin, PinLookup))
    return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def inner_dims(spaces: Spaces, node: Aggregate | Share) -> tuple[str, ...]:
    """The dimensions in which an aggregate's operand is computed, before some are summed away."""
    if isinstance(node, Share):
        return node.dims
    found = {d for part in children(node) for d in part.dims}
    return tuple(d for d in spaces.model.dimensions if d in found)


def departments(spaces: Spaces, node: Share) -> NDArray[np.int64]:
    """For each member id of an allocation's receiving dimension the id in its source dimension; -1 where there is none."""
    source, to = spaces.model.dimensions[node.over], spaces.model.dimensions[node.to]
    table = np.full(spaces.size[node.to], -1, np.int64)
    for member in to.members:
        if member.code in source.by_code:
            table[member.id] = source.by_code[member.code].id
    return table


def under(dimension: Dimension, member: int, tree: str) -> set[int]:
    """Leaves below a member at any time; itself for a leaf."""
    if dimension.is_leaf(member) or tree not in dimension.trees:
        return {member}
    below: dict[int, list[int]] = {}
    for edge in dimension.trees[tree].edges:
        below.setdefault(edge.parent, []).append(edge.child)
    out, stack = set(), [member]
    while stack:
        node = stack.pop()
        stack.extend(below.get(node, ()))
        if node not in below:
            out.add(node)
    return out


@dataclass(frozen=True)
class RowRules:
    """Row rules against the rows of other items, which ``rows_of`` gives."""

    spaces: Spaces
    rows_of: RowsOf
    within: Rows | None = None  # only these rows are in question
    contains: Callable[[ItemRef, Codes], NDArray[np.bool_]] | None = None

    def item(self, item: CompiledItem, entered: Codes) -> Codes:
        """The rows of an item: those entered and those of each of its rules."""
        parts = [Relation(item.dims, entered)] if len(entered) else []
        for rule in item.rules:
            parts.append(spread(self.spaces, self.of(rule.expression), item.dims))
        found = unite(self.spaces, item.dims, parts)
        return entered if found is None else found.codes

    def of(self, node: Node) -> Relation | None:
        """The rows of an expression."""
        match node:
            case Read():
                return self._read(node)
            case Binary(op="*" | "/" | "^" | "AND"):
                return join(self.spaces, [self.of(node.left), self.of(node.right)])
            case Aggregate():
                return self._aggregate(node)
            case Share(method=""):
                return join(self.spaces, [self.of(node.pool), self.of(node.driver)])
            case Share():
                return self._allocated(node)
            case Unary() | Window():
                return self.of(node.operand)
            case Binary() | Call() | Shift():
                return unite(self.spaces, node.dims, [self.of(part) for part in children(node)])
        return None

    def _read(self, node: Read) -> Relation | None:
        item = self.spaces.model.items[node.item]
        if not item.dims:
            return None
        if self.within is not None and self.contains is not None and not node.pins and node.version is None:
            asked = project(self.spaces, Relation(self.within.dims, self.within.codes), item.dims)
            return Relation(item.dims, asked.codes[self.contains(node.item, asked.codes)])
        rel = Relation(item.dims, self.rows_of(node.item, node.version))
        rows = Rows(item.dims, self.spaces.sizes(item.dims), rel.codes)
        for pin in node.pins:
            if isinstance(pin, PinMember):
                dimension = self.spaces.model.dimensions[pin.dim]
                leaves = under(dimension, dimension.by_code[pin.member].id, pin.tree)
                kept = np.isin(rows.columns[pin.dim], list(leaves))
                rows = Rows(rows.dims, rows.sizes, rows.codes[kept])
        free = tuple(d for d in item.dims if all(pin.dim != d for pin in node.pins))
        if not free:
            return None
        return rel if free == item.dims else project(self.spaces, Relation(item.dims, rows.codes), free)

    def _allocated(self, node: Share) -> Relation | None:
        """Who has an amount of their own, and who receives; with the other dimensions of the pool's rows."""
        pool, driver = self.of(node.pool), self.of(node.driver)
        own = spread(self.spaces, pool, node.dims)
        if driver is None or node.to not in driver.dims:
            return own
        receivers = np.unique(Rows(driver.dims, self.spaces.sizes(driver.dims), driver.codes).columns[node.to])
        members = np.unique(departments(self.spaces, node)[receivers])
        kept = tuple(d for d in node.dims if d != node.over)
        there = Relation((node.over,), members[members >= 0].astype(np.int64))
        beside = project(self.spaces, own, kept) if kept else None
        return unite(self.spaces, node.dims, [own, spread(self.spaces, join(self.spaces, [beside, there]), node.dims)])

    def _aggregate(self, node: Aggregate) -> Relation | None:
        inner = self.inner(node)
        if not node.dims or inner is None:
            return None
        rows = Rows(inner.dims, self.spaces.sizes(inner.dims), inner.codes)
        groups = np.unique(self.group_codes(node, rows))
        return Relation(node.dims, groups[groups >= 0])

    def inner(self, node: Aggregate | Share) -> Relation | None:
        """The rows in which the operand is computed."""
        dims = inner_dims(self.spaces, node)
        free = replace(self, within=None, contains=None)  # an aggregate reads rows beside those in question
        found = free.of(node.operand) if isinstance(node, Aggregate) else free.of(node)
        return spread(self.spaces, found, dims) if dims else None

    def group_codes(self, node: Aggregate, rows: Rows) -> Codes:
        """The group each inner row falls into; rows without a property's member fall out with -1."""
        sizes = self.spaces.sizes(node.dims)
        if node.by is None:
            return codes_in(rows, node.dims, sizes, {})
        dim, name = node.by
        dimension = self.spaces.model.dimensions[dim]
        target = self.spaces.model.dimensions[dimension.references[name]]
        table = np.full(self.spaces.size[dim], -1, np.int32)
        for member in dimension.members:
            code = member.properties.get(name, "")
            table[member.id] = target.by_code[code].id if code in target.by_code else -1
        found = table[rows.columns[dim]]
        codes = codes_in(rows, node.dims, sizes, {target.code: np.maximum(found, 0)})
        return np.where(found < 0, -1, codes)
