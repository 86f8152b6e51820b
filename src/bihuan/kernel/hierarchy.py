"""Hierarchies: weighted, effective-dated trees over a dimension's members."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Edge:
    """``child`` counts into ``parent`` with ``weight`` during [valid_from, valid_to); None = unbounded."""

    child: int
    parent: int
    weight: float = 1.0
    valid_from: date | None = None
    valid_to: date | None = None

    def holds(self, at: date | None) -> bool:
        """True on that day; with no day, when the edge is open-ended."""
        if at is None:
            return self.valid_to is None
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)


@dataclass(frozen=True)
class Hierarchy:
    """A tree by its edges. A date is always a parameter; None means the edges that have no end."""

    name: str
    edges: tuple[Edge, ...]

    @property
    def boundaries(self) -> tuple[date, ...]:
        """The days on which the tree changes, in order."""
        return tuple(sorted({d for e in self.edges for d in (e.valid_from, e.valid_to) if d is not None}))

    @cached_property
    def _children(self) -> dict[date | None, Mapping[int, Sequence[Edge]]]:
        return {}

    @cached_property
    def _leaves(self) -> dict[tuple[int, date | None], Mapping[int, float]]:
        return {}

    def children(self, at: date | None = None) -> Mapping[int, Sequence[Edge]]:
        """Parent -> its edges, in file order."""
        if at not in self._children:
            self._children[at] = self._find_children(at)
        return self._children[at]

    def _find_children(self, at: date | None) -> Mapping[int, Sequence[Edge]]:
        out: dict[int, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            if edge.holds(at):
                out[edge.parent].append(edge)
        return out

    def parent_of(self, at: date | None = None) -> Mapping[int, Edge]:
        """Child -> its edge."""
        return {edge.child: edge for edge in self.edges if edge.holds(at)}

    def closure(self, at: date | None = None) -> list[tuple[int, int, float]]:
        """(member, node, weight) for every member and each node above it, weights multiplied along the path.

        Each member also counts into itself with 1. Members that stand in no edge of that day are not listed.
        """
        up = self.parent_of(at)
        members = dict.fromkeys(m for edge in up.values() for m in (edge.child, edge.parent))
        out = []
        for member in members:
            node, weight = member, 1.0
            out.append((member, node, weight))
            while (edge := up.get(node)) is not None:
                node, weight = edge.parent, weight * edge.weight
                out.append((member, node, weight))
        return out

    def leaves_under(self, node: int, at: date | None = None) -> Mapping[int, float]:
        """Leaf -> multiplied weight below ``node`` that day; ``{node: 1}`` for a leaf. Not to be written to."""
        if (node, at) not in self._leaves:
            self._leaves[node, at] = self._find_leaves(node, at)
        return self._leaves[node, at]

    def _find_leaves(self, node: int, at: date | None) -> dict[int, float]:
        children = self.children(at)
        out: dict[int, float] = {}
        stack = [(node, 1.0)]
        while stack:
            current, weight = stack.pop()
            below = children.get(current, ())
            if not below:
                out[current] = weight
            stack.extend((edge.child, weight * edge.weight) for edge in reversed(below))
        return out

    def faults(self) -> list[tuple[str, tuple[int, ...]]]:
        """("cycle", path) and ("two_parents", (child, parent, parent)) on any day; empty when it is a tree."""
        found: dict[tuple[str, tuple[int, ...]], None] = {}
        for at in (None, date.min, *self.boundaries):
            up: dict[int, int] = {}
            for edge in self.edges:
                if not edge.holds(at):
                    continue
                if up.get(edge.child, edge.parent) != edge.parent:
                    found["two_parents", (edge.child, up[edge.child], edge.parent)] = None
                up[edge.child] = edge.parent
            for path in _cycles(up):
                found["cycle", path] = None
        return list(found)


def _cycles(up: Mapping[int, int]) -> list[tuple[int, ...]]:
    done: set[int] = set()
    out = []
    for start in up:
        path: list[int] = []
        node: int | None = start
        while node is not None and node not in done:
            if node in path:
                out.append((*path[path.index(node) :], node))
                break
            path.append(node)
            node = up.get(node)
        done.update(path)
    return out
