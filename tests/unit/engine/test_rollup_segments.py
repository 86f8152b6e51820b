"""Segments are added by pieces and edges: the same sums and counts as row by row, at every length, edge and alignment."""

import numpy as np
import pytest

from bihuan.engine.segments import PIECE, SHORT, Segments


@pytest.mark.parametrize("axis", [1, 5, 12])
@pytest.mark.parametrize("rows", [1, 7, 8, PIECE - 1, PIECE, PIECE + 1, 2040, 2041, 5001, 20_001])
def test_segments_add_up_as_rows_one_by_one(rows: int, axis: int) -> None:
    rng = np.random.default_rng(rows)
    states = (rng.random((rows, axis)) < 0.7).astype(np.uint8)
    values = rng.integers(-9, 9, (rows, axis)).astype(float)
    for cuts in ([], [1], [rows // 2], sorted({1, rows // 3, rows - 1}), rng.integers(1, rows + 1, 9).tolist()):
        starts = np.unique([0, *(cut for cut in cuts if 0 < cut < rows)])
        segments = Segments.of(starts, rows)
        assert (segments.count(states) == np.add.reduceat(states, starts, axis=0, dtype=np.int64)).all()
        assert (segments.add(values) == np.add.reduceat(values, starts, axis=0)).all()


def test_many_short_segments_take_the_other_way() -> None:
    rows = SHORT * 40
    starts = np.arange(0, rows, 7)
    values = np.arange(rows * 2.0).reshape(rows, 2)
    assert (Segments.of(starts, rows).add(values) == np.add.reduceat(values, starts, axis=0)).all()


def test_part_of_the_columns_is_added_too() -> None:
    values = np.arange(6400.0 * 5).reshape(6400, 5)[:, 1:4]
    states = np.ones((6400, 5), np.uint8)[:, 1:4]
    segments = Segments.of(np.array([0, 3300]), 6400)
    assert (segments.add(values) == [values[:3300].sum(axis=0), values[3300:].sum(axis=0)]).all()
    assert (segments.count(states) == [[3300] * 3, [3100] * 3]).all()


def test_counts_of_full_columns_do_not_run_over() -> None:
    segments = Segments.of(np.array([0, 3]), 20_000)
    assert (segments.count(np.ones((20_000, 3), np.uint8)) == [[3] * 3, [19_997] * 3]).all()
