"""Roll-up: S = H·P. P says which leaf member each row stands on, H which nodes a leaf counts into and with what weight.

Rows are reduced in blocks: each block is brought into group order and added segment by segment, then the blocks' partial
results are added in block order. Sums of scaled items are sums of whole numbers, so any order gives the same bits; other
sums come out the same because the blocks do not depend on the number of threads.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.panel import Bytes, Codes, Floats, Ints, Panel, strides_of
from bihuan.engine.rounding import LIMIT
from bihuan.engine.segments import Segments
from bihuan.engine.threads import block_rows, run
from bihuan.kernel.hierarchy import Hierarchy
from bihuan.kernel.member import Dimension
from bihuan.kernel.state import FIRST_ERROR, State

Kind = Literal["sum", "min", "max"]
BLOCKS = 8  # blocks of a formula in one of a roll-up: few long calls, as threads lose much at each one's end
Block = tuple[Codes, Floats, Bytes, Floats | None]  # group codes (-1 = left out), values, states, row weights

_UFUNC: Mapping[Kind, np.ufunc] = {"sum": np.add, "min": np.minimum, "max": np.maximum}
_NEUTRAL: Mapping[Kind, float] = {"sum": 0.0, "min": np.inf, "max": -np.inf}


@dataclass(frozen=True, eq=False)
class Reduced:
    """One row per group, ascending codes: the sum (or least, greatest), how many values went in, the first error or 0."""

    codes: Codes
    values: Floats
    counts: NDArray[np.int32]
    errors: Bytes

    def cells(self, *, average: bool = False, whole: bool = False) -> tuple[Floats, Bytes]:
        """Values and states: an error wins, nothing at all is blank; ``whole`` checks the range of scaled numbers."""
        states = np.where(self.errors > 0, self.errors, (self.counts > 0).astype(np.uint8)).astype(np.uint8)
        good = states == State.VALUE
        values = np.where(good, self.values, 0.0) + 0.0  # a weight of -1 must not leave a negative zero
        if average:
            values = values / np.maximum(self.counts, 1)
        if whole:
            over = np.abs(values) > LIMIT
            if over.any():
                values, states = np.where(over, 0.0, values), np.where(over, State.OVERFLOW, states).astype(np.uint8)
        return values, states


def nothing(axis: int) -> Reduced:
    """No groups."""
    return Reduced(
        np.zeros(0, np.int64), np.zeros((0, axis)), np.zeros((0, axis), np.int32), np.zeros((0, axis), np.uint8)
    )


def reduce_rows(
    work: Callable[[int, int], Block], rows: int, axis: int, kind: Kind = "sum", threads: int = 1
) -> Reduced:
    """Reduces what ``work(start, stop)`` yields for each block of rows."""
    parts = run(lambda start, stop: _reduce_block(*work(start, stop), kind), rows, BLOCKS * block_rows(axis), threads)
    parts = [part for part in parts if len(part.codes)]
    dense = _merge_dense(parts, axis) if kind == "sum" and len(parts) > 1 else None
    return merge(parts, axis, kind) if dense is None else dense


def _reduce_block(codes: Codes, values: Floats, states: Bytes, weights: Floats | None, kind: Kind) -> Reduced:
    if len(codes) and int(codes.min()) < 0:
        kept = np.flatnonzero(codes >= 0)
        codes, values, states = codes[kept], values[kept], states[kept]
        weights = None if weights is None else weights[kept]
    if weights is not None:
        values = values * weights[:, None]
    if not len(codes):
        return nothing(values.shape[1])
    clean = int(states.max()) <= State.VALUE
    if bool((codes[1:] >= codes[:-1]).all()):
        return _reduce_sorted(codes, values, states, kind, clean=clean)
    groups = int(codes.max()) + 1
    if kind == "sum" and clean and groups <= len(codes):
        return _reduce_dense(codes, values, states, groups)
    order = np.argsort(codes.astype(np.uint16) if groups <= 2**16 else codes, kind="stable")  # short keys sort by radix
    return _reduce_sorted(codes[order], values[order], states[order], kind, clean=clean)


def _reduce_sorted(codes: Codes, values: Floats, states: Bytes, kind: Kind, *, clean: bool) -> Reduced:
    """Rows of a group stand together: each column is added segment by segment."""
    starts = _starts(codes)
    cut = Segments.of(starts, len(codes))
    if kind == "sum":
        totals = cut.add(values)
    else:
        totals = np.asarray(
            _UFUNC[kind].reduceat(np.where(states == State.VALUE, values, _NEUTRAL[kind]), starts, axis=0)
        )
    return Reduced(
        codes[starts],
        totals,
        cut.count(states)
        if clean
        else _counts(states, np.repeat(np.arange(len(starts)), np.diff(starts, append=len(codes))), len(starts)),
        np.zeros((len(starts), values.shape[1]), np.uint8) if clean else _first_errors(states, starts),
    )


def _reduce_dense(codes: Codes, values: Floats, states: Bytes, groups: int) -> Reduced:
    """Few groups, rows in any order: adding each cell where it belongs is cheaper than sorting the rows first."""
    axis = values.shape[1]
    turns = np.flatnonzero(codes[1:] <= codes[:-1]) + 1
    if len(turns) * 64 <= len(codes):
        return _reduce_runs(codes, values, states, [0, *turns.tolist(), len(codes)])
    cells = (codes[:, None] * axis + np.arange(axis)).ravel()
    sums = (
        np.bincount(cells, weights=values.ravel(), minlength=groups * axis)
        .reshape(groups, axis)
        .astype(np.float64, copy=False)
    )
    counts = _counts(states, codes, groups)
    there = np.flatnonzero(np.bincount(codes, minlength=groups))
    if len(there) < groups:
        sums, counts = sums[there], counts[there]
    return Reduced(there, sums, counts, np.zeros((len(there), axis), np.uint8))


def _reduce_runs(codes: Codes, values: Floats, states: Bytes, bounds: Sequence[int]) -> Reduced:
    """Long runs of ascending groups, as the second dimension of sorted rows has them: run after run into one table."""
    groups, axis = int(codes.max()) + 1, values.shape[1]
    sums, counts, seen = np.zeros((groups, axis)), np.zeros((groups, axis), np.int32), np.zeros(groups, np.bool_)
    for a, b in pairwise(bounds):
        first, last = int(codes[a]), int(codes[b - 1]) + 1
        at = slice(first, last) if last - first == b - a else codes[a:b]
        sums[at] += values[a:b]
        counts[at] += states[a:b]
        seen[at] = True
    there = np.flatnonzero(seen)
    if len(there) < groups:
        sums, counts = sums[there], counts[there]
    return Reduced(there, sums, counts, np.zeros((len(there), axis), np.uint8))


def _counts(states: Bytes, place: NDArray[np.int64], groups: int) -> NDArray[np.int32]:
    """How many values each group has in each column: its rows less the cells that hold none, which are few."""
    axis = states.shape[1]
    rows = np.bincount(place, minlength=groups).astype(np.int32)[:, None]
    missing = np.flatnonzero(states.ravel() != State.VALUE)
    if not len(missing):
        return np.repeat(rows, axis, axis=1)
    row, column = missing // axis, missing % axis
    holes = np.bincount(place[row] * axis + column, minlength=groups * axis).reshape(groups, axis)
    return (rows - holes).astype(np.int32)


def _starts(codes: Codes) -> NDArray[np.intp]:
    return np.concatenate([np.zeros(1, np.intp), np.flatnonzero(codes[1:] != codes[:-1]) + 1])


def _first_errors(states: Bytes, starts: NDArray[np.intp]) -> Bytes:
    """For each group and column the first error from the top, 0 where there is none."""
    out = np.zeros((len(starts), states.shape[1]), np.uint8)
    rows, columns = np.nonzero(states >= FIRST_ERROR)
    groups = np.searchsorted(starts, rows, "right") - 1
    out[groups[::-1], columns[::-1]] = states[rows[::-1], columns[::-1]]  # the last written, the first in order, stays
    return out


def merge(parts: Sequence[Reduced], axis: int, kind: Kind = "sum") -> Reduced:
    """Partial results in order, groups of one code put together."""
    if not parts:
        return nothing(axis)
    if len(parts) == 1:
        return parts[0]
    codes = np.concatenate([p.codes for p in parts])
    values = np.concatenate([p.values for p in parts])
    counts = np.concatenate([p.counts for p in parts])
    errors = np.concatenate([p.errors for p in parts])
    if not bool((codes[1:] >= codes[:-1]).all()):
        order = np.argsort(codes, kind="stable")
        codes, values, counts, errors = codes[order], values[order], counts[order], errors[order]
    starts = _starts(codes)
    return Reduced(
        codes[starts],
        _UFUNC[kind].reduceat(values, starts, axis=0),
        np.add.reduceat(counts, starts, axis=0),
        _first_errors(errors, starts) if errors.any() else errors[starts],
    )


def _merge_dense(parts: Sequence[Reduced], axis: int) -> Reduced | None:
    """Parts of few groups, each with most of them: added one after the other into one table."""
    groups = 1 + max(int(p.codes[-1]) for p in parts)
    if groups > 2**16 or sum(len(p.codes) for p in parts) < groups or any(p.errors.any() for p in parts):
        return None
    sums, counts, seen = np.zeros((groups, axis)), np.zeros((groups, axis), np.int32), np.zeros(groups, np.bool_)
    for part in parts:
        first, last = int(part.codes[0]), int(part.codes[-1]) + 1
        at = slice(first, last) if last - first == len(part.codes) else part.codes
        sums[at] += part.values
        counts[at] += part.counts
        seen[at] = True
    there = np.flatnonzero(seen)
    if len(there) < groups:
        sums, counts = sums[there], counts[there]
    return Reduced(there, sums, counts, np.zeros((len(there), axis), np.uint8))


# --- hierarchies ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Layer:
    """For each member id the position of the asked node it counts into (-1 = none), and its weight there."""

    position: Ints
    weight: Floats | None
    everything: bool = False  # one node, and every leaf counts into it: no row needs to be looked at

    @property
    def fractional(self) -> bool:
        """True when a weight is not whole: then sums of whole numbers are not whole."""
        return self.weight is not None and bool((self.weight != np.rint(self.weight)).any())


def layers_of(
    dimension: Dimension, tree: str, at: date | None, nodes: Sequence[int], size: int, *, dated: bool
) -> list[Layer]:
    """The leaf x node matrix H of the asked nodes, cut into layers in which every leaf has at most one node.

    ``dated``: edges as of ``at``; else the edges without an end.
    """
    hierarchy = dimension.trees.get(tree, Hierarchy(tree, ()))
    up = hierarchy.parent_of(at if dated else None)
    place = {node: i for i, node in enumerate(nodes)}
    pairs: list[tuple[int, int, float]] = []
    for leaf in dimension.leaves:
        node, weight = leaf.id, 1.0
        while True:
            if node in place:
                pairs.append((leaf.id, place[node], weight))
            edge = up.get(node)
            if edge is None:
                break
            node, weight = edge.parent, weight * edge.weight
    if len(nodes) == 1 and len(pairs) == len(dimension.leaves):
        return [replace(layer, everything=layer.weight is None) for layer in _into_layers(pairs, size)]
    return _into_layers(pairs, size)


def _into_layers(pairs: Sequence[tuple[int, int, float]], size: int) -> list[Layer]:
    depth: dict[int, int] = {}  # node -> its layer: above every layer a leaf of its already uses
    rows: list[list[tuple[int, int, float]]] = []
    below: dict[int, list[tuple[int, int, float]]] = {}
    for pair in pairs:
        below.setdefault(pair[1], []).append(pair)
    used: dict[int, set[int]] = {}
    for node in sorted(below, key=lambda n: len(below[n])):
        taken = {layer for leaf, _, _ in below[node] for layer in used.get(leaf, ())}
        depth[node] = next(i for i in range(len(taken) + 1) if i not in taken)
        for leaf, _, _ in below[node]:
            used.setdefault(leaf, set()).add(depth[node])
        while len(rows) <= depth[node]:
            rows.append([])
        rows[depth[node]].extend(below[node])
    return [_layer(found, size) for found in rows] or [Layer(np.full(size, -1, np.int32), None)]


def _layer(pairs: Sequence[tuple[int, int, float]], size: int) -> Layer:
    position, weight = np.full(size, -1, np.int32), np.ones(size)
    for leaf, node, w in pairs:
        position[leaf], weight[leaf] = node, w
    return Layer(position, None if all(w == 1.0 for _, _, w in pairs) else weight)


@dataclass(frozen=True, eq=False)
class Axis:
    """One dimension of a roll-up: its layers and how many nodes are asked for."""

    layers: list[Layer]
    nodes: int


def roll_up(
    panel: Panel, axes: Sequence[Axis], kind: Kind = "sum", threads: int = 1, weights: Floats | None = None
) -> Reduced:
    """Totals at every combination of asked nodes; codes are mixed radix over node positions.

    Dimensions with one layer are reduced in the first pass over the rows; the others, on the much smaller result, one by one.
    ``weights`` [rows, axis] multiplies the values (``weighted by``).
    """
    many = [d for d, axis in enumerate(axes) if len(axis.layers) > 1]
    sizes = tuple(panel.sizes[d] if d in many else axis.nodes for d, axis in enumerate(axes))
    columns = [panel.column(d) for d in range(len(axes))]
    strides = strides_of(sizes)
    values, states = panel.values, panel.states

    def work(start: int, stop: int) -> Block:
        codes, weight = _group(
            [column[start:stop] for column in columns],
            [None if d in many else axis.layers[0] for d, axis in enumerate(axes)],
            strides,
            stop - start,
        )
        block = values[start:stop]
        return codes, block if weights is None else block * weights[start:stop], states[start:stop], weight

    reduced = reduce_rows(work, len(panel), panel.axis, kind, threads)
    for d in many:
        reduced, sizes = _expand(reduced, d, axes[d], sizes, kind)
    return reduced


def _group(
    columns: Sequence[Ints], layers: Sequence[Layer | None], strides: Sequence[int], rows: int
) -> tuple[Codes, Floats | None]:
    codes = np.zeros(rows, np.int64)
    outside: NDArray[np.bool_] | None = None
    weight: Floats | None = None
    for column, layer, stride in zip(columns, layers, strides, strict=True):
        if layer is not None and layer.everything:
            continue
        position = column if layer is None else np.take(layer.position, column)
        codes += position.astype(np.int64) * stride if stride > 1 else position
        if layer is not None:
            missing = position < 0
            outside = missing if outside is None else outside | missing
            if layer.weight is not None:
                own = np.take(layer.weight, column)
                weight = own if weight is None else weight * own
    if outside is not None and outside.any():
        codes[outside] = -1
    return codes, weight


def _expand(
    reduced: Reduced, d: int, axis: Axis, sizes: tuple[int, ...], kind: Kind
) -> tuple[Reduced, tuple[int, ...]]:
    """Members of dimension ``d`` become the asked nodes above them, layer by layer."""
    new_sizes = (*sizes[:d], axis.nodes, *sizes[d + 1 :])
    old, new = strides_of(sizes), strides_of(new_sizes)
    digits = [reduced.codes // s % n for s, n in zip(old, sizes, strict=True)]
    width = reduced.values.shape[1]
    parts = []
    for layer in axis.layers:
        position = layer.position[digits[d]]
        codes = np.zeros(len(position), np.int64)
        for e, stride in enumerate(new):
            codes += (position if e == d else digits[e]) * stride
        part = replace(reduced, codes=np.where(position < 0, -1, codes))
        parts.append(_regroup(part, None if layer.weight is None else layer.weight[digits[d]], kind))
    return merge([p for p in parts if len(p.codes)], width, kind), new_sizes


def _regroup(part: Reduced, weight: Floats | None, kind: Kind) -> Reduced:
    kept = np.flatnonzero(part.codes >= 0)
    order = kept[np.argsort(part.codes[kept], kind="stable")]
    values = part.values[order] if weight is None else part.values[order] * weight[order][:, None]
    sorted_part = Reduced(part.codes[order], values, part.counts[order], part.errors[order])
    axis = values.shape[1]
    empty = nothing(axis)
    return merge([sorted_part, empty], axis, kind) if len(order) else empty
