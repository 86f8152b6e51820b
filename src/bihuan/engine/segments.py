"""Sums of segments of rows, by pieces: numpy's loop over a row of twelve is too short to be fast, so eight stand side by side.

The rows are cut into pieces of ``PIECE`` whatever the segments are, and every piece is added up in one call. A segment is then
its whole pieces, and the few rows before the first and behind the last of them, which are added as they are.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Positions = NDArray[np.intp]

WIDE = 8  # rows side by side
PIECE = 4 * WIDE  # rows of a piece: their ones fit a byte
SHORT = 3 * PIECE  # segments shorter than this on average gain nothing


@dataclass(frozen=True, eq=False)
class Segments:
    """Segments [start, next start) of ``rows`` rows, none empty; ``first``, ``last``: the whole pieces [first, last) in each.

    ``edges`` are the rows outside whole pieces, ``edge_counts`` how many each segment has of them.
    """

    starts: Positions
    rows: int
    first: Positions
    last: Positions
    edges: Positions
    edge_counts: Positions

    @classmethod
    def of(cls, starts: Positions, rows: int) -> "Segments":
        """Segments that begin at ``starts`` (ascending, the first 0)."""
        stops = np.append(starts[1:], rows)
        first, last = -(-starts // PIECE), stops // PIECE
        inside = last > first
        head = np.where(inside, first * PIECE, stops) - starts
        tail = np.where(inside, stops - last * PIECE, 0)
        edges = _ranges(np.stack([starts, last * PIECE], axis=1).ravel(), np.stack([head, tail], axis=1).ravel())
        return cls(starts, rows, first, np.maximum(first, last), edges, head + tail)

    @property
    def _short(self) -> bool:
        return self.rows < SHORT * len(self.starts)

    def add(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64[segments, axis] sums; the order of addition depends on the segments alone."""
        if self._short:
            return np.asarray(np.add.reduceat(values, self.starts, axis=0))
        axis = values.shape[1]
        whole = values[: self.rows // PIECE * PIECE].reshape(-1, PIECE // WIDE, WIDE * axis)
        side_by_side = np.einsum("pij->pj", whole)
        return self._gather(np.einsum("pij->pj", side_by_side.reshape(-1, WIDE, axis)), values, np.float64)

    def count(self, states: NDArray[np.uint8]) -> NDArray[np.int32]:
        """int32[segments, axis] sums of zeros and ones; bytes are added eight at a time, as whole words."""
        if self._short:
            return np.asarray(np.add.reduceat(states, self.starts, axis=0, dtype=np.int32))
        axis = states.shape[1]
        whole = np.ascontiguousarray(states[: self.rows // PIECE * PIECE])
        words = np.einsum("pij->pj", whole.reshape(-1, WIDE * axis).view(np.uint64).reshape(-1, PIECE // WIDE, axis))
        pieces = words.view(np.uint8).reshape(-1, WIDE * axis)
        while pieces.shape[1] > axis:
            half = pieces.shape[1] // 2
            pieces = pieces[:, :half] + pieces[:, half:]
        return self._gather(pieces, states, np.int32)

    def _gather(self, pieces: NDArray[Any], rows: NDArray[Any], kind: DTypeLike) -> NDArray[Any]:
        """The segments' sums from those of their whole pieces and from the rows at their edges."""
        total = np.zeros((len(self.starts), rows.shape[1]), kind)
        there = np.flatnonzero(self.last > self.first)
        if len(there):
            bounds = np.stack([self.first[there], self.last[there]], axis=1).ravel()  # a segment, the gap behind it, …
            if bounds[-1] == len(pieces):
                bounds = bounds[:-1]
            total[there] = np.add.reduceat(pieces, bounds, axis=0, dtype=kind)[::2]
        with_edges = np.flatnonzero(self.edge_counts)
        if len(with_edges):
            counts = self.edge_counts[with_edges]
            total[with_edges] += np.add.reduceat(
                np.take(rows, self.edges, axis=0), np.cumsum(counts) - counts, axis=0, dtype=kind
            )
        return total


def _ranges(starts: Positions, lengths: Positions) -> Positions:
    """start, start + 1 … for each start, one after the other."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))
