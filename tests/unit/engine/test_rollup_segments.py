"""Long segments are added eight rows at a time: the same sums and counts as row by row, at every length and edge."""

import numpy as np
import pytest

from bihuan.engine import rollup


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 255 * 8, 255 * 8 + 1, 5001, 20_001])
def test_segments_add_up_as_rows_one_by_one(rows: int) -> None:
    rng = np.random.default_rng(rows)
    states = (rng.random((rows, 12)) < 0.7).astype(np.uint8)
    values = rng.integers(-9, 9, (rows, 12)).astype(float)
    for cuts in ([], [1], [rows // 2], sorted({1, rows // 3, rows - 1})):
        bounds = [0, *(cut for cut in cuts if 0 < cut < rows), rows]
        starts = bounds[:-1]
        assert (rollup._count_values(states, bounds) == np.add.reduceat(states, starts, axis=0, dtype=np.int64)).all()
        assert (rollup._add_segments(values, bounds, np.float64) == np.add.reduceat(values, starts, axis=0)).all()


def test_counts_of_full_columns_do_not_run_over() -> None:
    assert (rollup._count_values(np.ones((20_000, 3), np.uint8), [0, 3, 20_000]) == [[3] * 3, [19_997] * 3]).all()
