"""Which rows items have, by the language's row rules: x intersects, + unites, aggregation projects; plain sets of ids."""

import itertools
from collections.abc import Mapping
from typing import Any

from bihuan.engine.compiled import CompiledItem, CompiledModel
from bihuan.engine.formula import bound
from bihuan.engine.formula.bound import ItemRef, Node
from bihuan.engine.formula.graph import children

Inputs = Mapping[tuple[ItemRef, tuple[int, ...], int], Any]
Rows = tuple[tuple[str, ...], frozenset[tuple[int, ...]]]  # dimensions, combinations of leaf ids


class NaiveRows:
    """The rows of all items of one version; ``others`` are the versions that formulas name."""

    def __init__(self, model: CompiledModel, inputs: Inputs, others: Mapping[str, "NaiveRows"]) -> None:
        self.model, self.inputs, self.row_versions = model, dict(inputs), others
        self.row_sets = self._all_rows()

    def leaves(self, dim: str, member: int, tree: str = "") -> dict[int, float]:
        """Leaves below a member with their weights; itself for a leaf."""
        return self.model.dimensions[dim].trees[tree].leaves_under(member)

    def _all_rows(self) -> dict[ItemRef, frozenset[tuple[int, ...]]]:
        """The least sets of rows that satisfy every rule, grown from what was entered."""
        self.row_sets = {ref: frozenset(m for r, m, _ in self.inputs if r == ref) for ref in self.model.items}
        growing = True
        while growing:
            growing = False
            for ref, item in self.model.items.items():
                found = self.row_sets[ref].union(*(self._rule_rows(item, rule.expression) for rule in item.rules))
                growing = growing or found != self.row_sets[ref]
                self.row_sets[ref] = found
        return self.row_sets

    def _rule_rows(self, item: CompiledItem, expression: Node) -> frozenset[tuple[int, ...]]:
        found = self.rows_of(expression) or ((), frozenset({()}))
        missing = tuple(dim for dim in item.dims if dim not in found[0])
        every = (
            missing,
            frozenset(itertools.product(*([m.id for m in self.model.dimensions[d].leaves] for d in missing))),
        )
        return self._join(item.dims, [found, every])[1]

    def rows_of(self, node: Node) -> Rows | None:
        """The rows an expression creates; None when it creates none of its own."""
        match node:
            case bound.Read():
                return self._read_rows(node)
            case bound.Aggregate():
                return self._aggregate_rows(node)
            case bound.Binary(op="*" | "/" | "^" | "AND") | bound.Share():
                parts = [found for part in children(node) if (found := self.rows_of(part)) is not None]
                return self._join(self._ordered(parts), parts) if parts else None
            case _:
                parts = [found for part in children(node) if (found := self.rows_of(part)) is not None]
                whole = [found for found in parts if found[0] == node.dims]
                if whole:
                    return node.dims, frozenset().union(*(rows for _, rows in whole))
                return self._join(self._ordered(parts), parts) if parts else None

    def _read_rows(self, node: bound.Read) -> Rows | None:
        naive = self.row_versions.get(node.version) if node.version is not None else self
        item = self.model.items[node.item]
        rows = naive.row_sets[node.item] if naive is not None else frozenset()
        pinned = {pin.dim for pin in node.pins}
        for pin in node.pins:
            if isinstance(pin, bound.PinMember):
                at = item.dims.index(pin.dim)
                under = self.leaves(pin.dim, self.model.dimensions[pin.dim].by_code[pin.member].id)
                rows = frozenset(row for row in rows if row[at] in under)
        free = tuple(dim for dim in item.dims if dim not in pinned)
        kept = [item.dims.index(dim) for dim in free]
        return (free, frozenset(tuple(row[i] for i in kept) for row in rows)) if free else None

    def _aggregate_rows(self, node: bound.Aggregate) -> Rows | None:
        found = self.rows_of(node.operand)
        if found is None or not node.dims:
            return None
        dims, rows = found
        if node.by is not None:
            dim, name = node.by
            source, target = (
                self.model.dimensions[dim],
                self.model.dimensions[self.model.dimensions[dim].references[name]],
            )
            at = dims.index(dim)
            codes = {m.id: m.properties.get(name, "") for m in source.members}
            moved = [(row, codes[row[at]]) for row in rows if codes[row[at]] in target.by_code]
            rows = frozenset((*row[:at], target.by_code[code].id, *row[at + 1 :]) for row, code in moved)
            dims = (*dims[:at], target.code, *dims[at + 1 :])
        kept = [i for i, dim in enumerate(dims) if dim in node.dims]
        projected = frozenset(tuple(row[i] for i in kept) for row in rows)
        named = tuple(dims[i] for i in kept)
        return self._join(tuple(d for d in self.model.dimensions if d in named), [(named, projected)])

    def _ordered(self, parts: list[Rows]) -> tuple[str, ...]:
        return tuple(dim for dim in self.model.dimensions if any(dim in dims for dims, _ in parts))

    @staticmethod
    def _join(dims: tuple[str, ...], parts: list[Rows]) -> Rows:
        """Combinations that agree with a row of every part."""
        found: list[dict[str, int]] = [{}]
        for names, rows in parts:
            joined = []
            for base in found:
                for row in rows:
                    named = dict(zip(names, row, strict=True))
                    if all(base.get(dim, member) == member for dim, member in named.items()):
                        joined.append({**base, **named})
            found = joined
        return dims, frozenset(tuple(one[dim] for dim in dims) for one in found)
