"""Rows and how the rows of two items meet: relations over dimensions, and the codes of one item's rows in another's space.

A `Relation` is a set of rows over some dimensions, as ascending codes; ``None`` in its place means "creates no rows"
(a constant, a parameter, the current member). Row rules of formulas are made of four operations: `join` (× intersects),
`unite` (+ unites), `project` (aggregation) and `spread` (an item that nothing restricts fills all leaf members).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.compiled import CompiledModel
from bihuan.engine.panel import Codes, Ints, find, strides_of, unpack
from bihuan.kernel.errors import Invalid

ROW_LIMIT = 20_000_000


class TooManyRows(Invalid):
    """A formula's rows would be all combinations of members, and those are too many."""

    code = "too_many_rows"


@dataclass(frozen=True)
class Spaces:
    """Id bounds and leaf members of a model's dimensions."""

    model: CompiledModel

    @cached_property
    def size(self) -> Mapping[str, int]:
        """One more than the largest member id."""
        return {code: max((m.id for m in d.members), default=0) + 1 for code, d in self.model.dimensions.items()}

    def sizes(self, dims: Sequence[str]) -> tuple[int, ...]:
        """Bounds in the order of ``dims``."""
        return tuple(self.size[dim] for dim in dims)

    @cached_property
    def _leaves(self) -> dict[str, Codes]:
        return {}

    def leaves(self, dim: str) -> Codes:
        """Leaf member ids, ascending."""
        if dim not in self._leaves:
            self._leaves[dim] = np.array(sorted(m.id for m in self.model.dimensions[dim].leaves), np.int64)
        return self._leaves[dim]

    @cached_property
    def _leaf_flags(self) -> dict[str, NDArray[np.bool_]]:
        return {}

    def leaf_flags(self, dim: str) -> NDArray[np.bool_]:
        """For each member id whether it is a leaf."""
        if dim not in self._leaf_flags:
            flags = np.zeros(self.size[dim], np.bool_)
            flags[self.leaves(dim)] = True
            self._leaf_flags[dim] = flags
        return self._leaf_flags[dim]

    def member_flags(self, dim: str) -> NDArray[np.bool_]:
        """For each number below the bound whether it is a member's id."""
        if dim not in self._member_flags:
            flags = np.zeros(self.size[dim], np.bool_)
            flags[[m.id for m in self.model.dimensions[dim].members]] = True
            self._member_flags[dim] = flags
        return self._member_flags[dim]

    @cached_property
    def _member_flags(self) -> dict[str, NDArray[np.bool_]]:
        return {}


@dataclass(frozen=True, eq=False)
class Rows:
    """A sequence of rows of ``dims``: member ids by dimension. ``codes`` ascend and are unique unless said otherwise."""

    dims: tuple[str, ...]
    sizes: tuple[int, ...]
    codes: Codes
    whole: Codes | None = None  # the codes these rows are a part of
    start: int = 0  # and where
    nodes: bool = False  # members may be parents: operands are read at their totals

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def columns(self) -> dict[str, Ints]:
        """Member ids of each dimension."""
        keys = unpack(self.codes, self.sizes)
        return {dim: np.ascontiguousarray(keys[:, d]) for d, dim in enumerate(self.dims)}

    def part(self, start: int, stop: int) -> "Rows":
        """Some of the rows."""
        whole = self.codes if self.whole is None else self.whole
        return Rows(self.dims, self.sizes, self.codes[start:stop], whole, self.start + start, self.nodes)


def codes_in(rows: Rows, dims: Sequence[str], sizes: Sequence[int], fixed: Mapping[str, Ints | int]) -> Codes:
    """The code, in the space of ``dims``, of what each row reads; ``fixed`` members replace the row's own."""
    if tuple(dims) == rows.dims and not fixed:
        return rows.codes
    out = np.zeros(len(rows), np.int64)
    for dim, stride in zip(dims, strides_of(sizes), strict=True):
        member = fixed[dim] if dim in fixed else rows.columns[dim]
        out += np.asarray(member, np.int64) * stride
    return out


@dataclass(frozen=True, eq=False)
class Relation:
    """Rows over ``dims`` (in the model's order), ascending and unique."""

    dims: tuple[str, ...]
    codes: Codes


def project(spaces: Spaces, rel: Relation, dims: tuple[str, ...]) -> Relation:
    """The rows without the dimensions that are not in ``dims``."""
    if dims == rel.dims:
        return rel
    rows = Rows(rel.dims, spaces.sizes(rel.dims), rel.codes)
    return Relation(dims, np.unique(codes_in(rows, dims, spaces.sizes(dims), {})))


def unite(spaces: Spaces, dims: tuple[str, ...], parts: Sequence[Relation | None]) -> Relation | None:
    """Rows of those operands that carry all of ``dims``; where none does, the operands are joined."""
    known = [p for p in parts if p is not None]
    full = [p for p in known if p.dims == dims]
    if full:
        return reduce(_union, full)
    return join(spaces, known)


def _union(left: Relation, right: Relation) -> Relation:
    if left.codes is right.codes or np.array_equal(left.codes, right.codes):
        return left
    return Relation(left.dims, np.union1d(left.codes, right.codes))


def join(spaces: Spaces, parts: Sequence[Relation | None]) -> Relation | None:
    """Natural join: rows whose members all operands have."""
    known = sorted((p for p in parts if p is not None), key=lambda p: -len(p.dims))
    return reduce(lambda a, b: _join(spaces, a, b), known) if known else None


def _join(spaces: Spaces, left: Relation, right: Relation) -> Relation:
    if left.dims == right.dims:
        same = left.codes is right.codes or np.array_equal(left.codes, right.codes)
        return left if same else Relation(left.dims, np.intersect1d(left.codes, right.codes, assume_unique=True))
    rows = Rows(left.dims, spaces.sizes(left.dims), left.codes)
    if set(right.dims) <= set(left.dims):
        _, hit = find(right.codes, codes_in(rows, right.dims, spaces.sizes(right.dims), {}))
        return left if hit.all() else Relation(left.dims, left.codes[hit])
    return _cross(spaces, left, right)


def _cross(spaces: Spaces, left: Relation, right: Relation) -> Relation:
    """Join of relations neither of which carries the other's dimensions; pairs agree on what they share."""
    shared = tuple(d for d in left.dims if d in right.dims)
    dims = tuple(d for d in spaces.model.dimensions if d in left.dims or d in right.dims)
    a = Rows(left.dims, spaces.sizes(left.dims), left.codes)
    b = Rows(right.dims, spaces.sizes(right.dims), right.codes)
    key_a, key_b = (codes_in(r, shared, spaces.sizes(shared), {}) for r in (a, b))
    order = np.argsort(key_b, kind="stable")
    start, stop = (np.searchsorted(key_b[order], key_a, side) for side in ("left", "right"))
    counts = stop - start
    total = int(counts.sum())
    _limit(dims, total)
    at_a = np.repeat(np.arange(len(a)), counts)
    at_b = order[np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(start, counts)]
    columns = {**{d: b.columns[d][at_b] for d in b.dims}, **{d: a.columns[d][at_a] for d in a.dims}}
    return Relation(dims, np.sort(_pack(columns, dims, spaces)))


def _pack(columns: Mapping[str, Ints], dims: tuple[str, ...], spaces: Spaces) -> Codes:
    strides = strides_of(spaces.sizes(dims))
    return np.asarray(sum((columns[d].astype(np.int64) * s for d, s in zip(dims, strides, strict=True)), np.int64(0)))


def spread(spaces: Spaces, rel: Relation | None, dims: tuple[str, ...]) -> Relation:
    """The relation over all of ``dims``: dimensions it lacks are filled with their leaf members."""
    missing = [d for d in dims if rel is None or d not in rel.dims]
    rel = rel if rel is not None else Relation((), np.zeros(1, np.int64))
    estimate = len(rel.codes)
    for dim in missing:
        estimate *= len(spaces.leaves(dim))
    _limit(dims, estimate)
    for dim in missing:
        rel = _cross(spaces, rel, Relation((dim,), spaces.leaves(dim)))
    return rel


def _limit(dims: Sequence[str], rows: int) -> None:
    if rows > ROW_LIMIT:
        raise TooManyRows(f"{rows} rows over {'、'.join(dims)}", found=rows, expected=f"at most {ROW_LIMIT}")
