"""The permission predicate: which cells a set of grants leaves visible. Pure; exact; vectorised over rows.

Every grant is one bit. A leaf member of a dimension carries the bits of the grants whose box contains it, so the bits of a
cell are the AND over its dimensions, and the cell is visible when an allowing bit is left and no denying one. A node
(parents in any dimension) is the product of its leaves; since leaves with equal bits are interchangeable, the few
distinct bit patterns per dimension suffice to say exactly whether all, some or none of its cells are visible.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Effect = Literal["allow", "deny"]
Class = Literal["inside", "partial", "outside"]
NAMED = ("model", "version", "item")  # matched by name with * as wildcard, not through a hierarchy


class Hierarchies(Protocol):
    """The trees of one model as the predicate needs them; ``period`` is a dimension whose ids are axis positions."""

    def size(self, dim: str) -> int:
        """One more than the largest member id."""

    def leaves(self, dim: str, member: str, tree: str = "") -> NDArray[np.int32]:
        """Ids of the leaf members under ``member`` (itself when a leaf); empty when there is no such member."""

    def every(self, dim: str) -> NDArray[np.int32]:
        """Ids of all leaf members."""

    def own(self, dim: str, member: str) -> NDArray[np.int32]:
        """Id of ``member``'s own leaf: itself, or its 本级 when it has children; empty when there is none."""


class Flat:
    """No trees known: every code is its own leaf. For actions on things outside any model."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}

    def size(self, dim: str) -> int:  # noqa: ARG002 - one numbering for all dimensions is enough here
        return 4096

    def leaves(self, dim: str, member: str, tree: str = "") -> NDArray[np.int32]:  # noqa: ARG002 - as above
        return np.array([self._ids.setdefault(f"{dim}:{member}", len(self._ids))], np.int32)

    def every(self, dim: str) -> NDArray[np.int32]:
        return np.arange(self.size(dim), dtype=np.int32)

    def own(self, dim: str, member: str) -> NDArray[np.int32]:
        return self.leaves(dim, member)


@dataclass(frozen=True, slots=True)
class Limit:
    """A member and all below it in ``tree``; ``only`` = the member's own leaf alone."""

    member: str
    tree: str = ""
    only: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions matching ``action`` are allowed or denied in a box.

    ``limits``: dimension -> groups of members; a cell must be in *every* group (a role's limit and its assignment's), in a group
    any member will do. A dimension not named is unlimited. ``totals`` = sums of two or more leaf cells, without the cells.
    """

    action: str
    effect: Effect = "allow"
    limits: Mapping[str, tuple[tuple[Limit, ...], ...]] = field(default_factory=dict)
    totals: bool = False
    until: datetime | None = None

    def names(self, dim: str, code: str) -> bool:
        """True if a named dimension's limit lets ``code`` through."""
        return all(any(fnmatchcase(code, m.member) for m in group) for group in self.limits.get(dim, ()))

    def without(self, *dims: str) -> "Grant":
        """The grant with the limits on ``dims`` settled."""
        return replace(self, limits={d: m for d, m in self.limits.items() if d not in dims})


@dataclass(frozen=True)
class Scope:
    """The visible part of a model's cells. ``alive`` = bits of the grants still in play (see `on`)."""

    grants: tuple[Grant, ...]
    hierarchies: Hierarchies
    alive: int = -1
    luts: dict[str, NDArray[np.uint64]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def _allow(self) -> int:
        return self._bits(lambda g: g.effect == "allow" and not g.totals)

    @cached_property
    def _totals(self) -> int:
        return self._bits(lambda g: g.effect == "allow")

    @cached_property
    def _deny(self) -> int:
        return self._bits(lambda g: g.effect == "deny")

    @property
    def _words(self) -> int:
        return max(1, -(-len(self.grants) // 64))

    def on(self, **named: str) -> "Scope":
        """The scope for one item (``cube!item``) and / or version: their limits are settled, cells remain."""
        alive = self.alive
        assert named.keys() <= set(NAMED), "the other dimensions have members with a hierarchy"
        alive &= self._bits(lambda g: all(g.names(dim, code) for dim, code in named.items()))
        return Scope(tuple(g.without(*named) for g in self.grants), self.hierarchies, alive, self.luts)

    def limits(self, dim: str) -> bool:
        """True if some grant in play limits the dimension."""
        return any(dim in g.limits for i, g in enumerate(self.grants) if self.alive >> i & 1)

    @property
    def is_everything(self) -> bool:
        """True if every cell is visible; spares the masks."""
        alive = [g for i, g in enumerate(self.grants) if self.alive >> i & 1]
        free = any(g.effect == "allow" and not g.totals and not g.limits for g in alive)
        return free and not any(g.effect == "deny" for g in alive)

    @property
    def is_nothing(self) -> bool:
        """True if no grant in play allows anything."""
        return not self.alive & (self._allow | self._totals)

    def rows(self, dims: Sequence[str], members: NDArray[np.int32]) -> NDArray[np.bool_]:
        """``members`` int32[n, len(dims)] of leaf ids -> bool[n], visible in every period."""
        return self._visible(self._signatures(dims, members) & self._words_of(self._free(dims)))

    def cells(self, dims: Sequence[str], members: NDArray[np.int32], periods: NDArray[np.int32]) -> NDArray[np.bool_]:
        """``members`` int32[n, len(dims)], ``periods`` int32[p] axis positions -> bool[n, p]."""
        rows = self._signatures(dims, members) & self._words_of(self._free((*dims, "period")))
        return self._visible(rows[:, None, :] & self._lut("period")[periods][None, :, :])

    def mask(self, dim: str) -> NDArray[np.bool_]:
        """bool[size]: leaf members of one dimension of which at least one cell is visible (for member lists)."""
        rows, which = np.unique(self._lut(dim), axis=0, return_inverse=True)
        others = self._elsewhere({dim})
        seen = [self._may_see(int.from_bytes(row.tobytes(), "little") & o for o in others) for row in rows]
        return np.array(seen, np.bool_)[which.ravel()]

    def touches(self, coordinate: Mapping[str, str]) -> bool:
        """True if something at ``coordinate`` may be visible, whatever the dimensions it does not name (for live events)."""
        scope = self.on(**{d: c for d, c in coordinate.items() if d in NAMED})
        dims = [d for d in coordinate if d not in NAMED]
        patterns = scope._elsewhere(set(dims))
        for dim in dims:
            patterns = {a & b for a in patterns for b in scope._seen(dim, coordinate[dim])}
        return scope._may_see(patterns)

    def _elsewhere(self, dims: set[str]) -> set[int]:
        """The distinct bit patterns that the leaves of all other limited dimensions make together."""
        limited = {d for i, g in enumerate(self.grants) if self.alive >> i & 1 for d in g.limits}
        patterns = {self.alive}
        for dim in sorted(limited - dims - set(NAMED)):
            found = {
                int.from_bytes(r.tobytes(), "little")
                for r in np.unique(self._lut(dim)[self.hierarchies.every(dim)], axis=0)
            }
            patterns = {a & b for a in patterns for b in found}
        return patterns

    def _may_see(self, patterns: Iterable[int]) -> bool:
        """Some cell with such bits is visible; a deny that names a version or an item not asked about may not match."""
        hiding = self._deny & self._bits(lambda g: not g.limits.keys() & set(NAMED))
        return any(p & self.alive & self._totals and not p & hiding for p in patterns)

    def covers(self, coordinate: Mapping[str, str]) -> bool:
        """True if every cell of ``coordinate`` (dimension -> code) is visible."""
        return self.classify(coordinate) == "inside"

    def classify(self, coordinate: Mapping[str, str]) -> Class:
        """Whether all, some or none of a node's cells are visible; an unknown member is outside."""
        named = {d: c for d, c in coordinate.items() if d in NAMED}
        scope = self.on(**named) if named else self
        dims = [d for d in coordinate if d not in NAMED]
        patterns, cells = {scope.alive & scope._free(dims)}, 1
        for dim in dims:
            patterns = {a & b for a in patterns for b in scope._seen(dim, coordinate[dim])}
            cells *= len(scope.hierarchies.leaves(dim, coordinate[dim]))
        if not patterns:
            return "outside"
        if cells > 1 and all(scope._sees(p, scope._totals) for p in patterns):
            return "inside"
        visible = [scope._sees(p, scope._allow) for p in patterns]
        return "inside" if all(visible) else "partial" if any(visible) else "outside"

    def _seen(self, dim: str, member: str) -> set[int]:
        """The distinct bit patterns of the leaves under a member."""
        rows = self._lut(dim)[self.hierarchies.leaves(dim, member)]
        if self._words == 1:  # nearly always; a document of a hundred lines asks a hundred times
            return set(rows[:, 0].tolist())
        return {int.from_bytes(row.tobytes(), "little") for row in np.unique(rows, axis=0)}

    def _sees(self, pattern: int, allow: int) -> bool:
        return bool(pattern & allow) and not pattern & self._deny

    def _bits(self, test: Callable[[Grant], bool]) -> int:
        return sum(1 << i for i, g in enumerate(self.grants) if test(g))

    def _free(self, dims: Sequence[str]) -> int:
        """Bits of the grants whose limits are all on ``dims``: a limit on a dimension the thing lacks does not match it.

        Every cell has a version, an item and a period; a deny limited on one the caller did not name may match: it stays.
        """
        always = {"allow": set(dims), "deny": {*dims, *NAMED, "period"}}
        return self._bits(lambda g: g.limits.keys() <= always[g.effect])

    def _lut(self, dim: str) -> NDArray[np.uint64]:
        """uint64[size, words]: the bits each leaf member carries."""
        if dim not in self.luts:
            table = np.zeros((self.hierarchies.size(dim), self._words), np.uint64)
            for i, grant in enumerate(self.grants):
                inside = np.ones(len(table), bool)
                for group in grant.limits.get(dim, ()):
                    inside &= self._members(dim, group, len(table))
                table[inside, i // 64] |= np.uint64(1 << i % 64)
            self.luts[dim] = table
        return self.luts[dim]

    def _members(self, dim: str, group: Sequence[Limit], size: int) -> NDArray[np.bool_]:
        inside = np.zeros(size, bool)
        for m in group:
            trees = self.hierarchies
            inside[trees.own(dim, m.member) if m.only else trees.leaves(dim, m.member, m.tree)] = True
        return inside

    def _words_of(self, bits: int) -> NDArray[np.uint64]:
        masked = bits & ((1 << 64 * self._words) - 1)
        return np.frombuffer(masked.to_bytes(8 * self._words, "little"), "<u8")

    def _signatures(self, dims: Sequence[str], members: NDArray[np.int32]) -> NDArray[np.uint64]:
        bits = np.repeat(self._words_of(self.alive)[None, :], len(members), axis=0)
        for j, dim in enumerate(dims):
            bits &= self._lut(dim)[members[:, j]]
        return bits

    def _visible(self, bits: NDArray[np.uint64]) -> NDArray[np.bool_]:
        return _any(bits & self._words_of(self._allow)) & ~_any(bits & self._words_of(self._deny))


def _any(bits: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """True where some bit is set in the words of the last axis."""
    found: NDArray[np.bool_] = np.logical_or.reduce(bits != 0, axis=-1)
    return found
