"""Panels: rows found by key, patches that cost what was changed, invariants."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bihuan.engine.panel import KeysTooWide, Panel, check_invariants, empty, pack, panel_of, strides_of
from bihuan.kernel.errors import Invalid

SIZES = (5, 7)
cell = st.one_of(st.just(float("nan")), st.integers(-1000, 1000).map(float))
row = st.tuples(st.integers(0, 4), st.integers(0, 6))


def test_rows_are_sorted_by_member_ids_and_found_again() -> None:
    panel = panel_of([[2, 1], [0, 6], [2, 0]], [[1, 2], [3, np.nan], [5, 6]], sizes=SIZES)
    check_invariants(panel, scale=0)
    assert panel.keys.tolist() == [[0, 6], [2, 0], [2, 1]]
    values, states, present = panel.gather(pack(np.array([[2, 1], [4, 4], [0, 6]], np.int32), SIZES))
    assert values.tolist() == [[1, 2], [0, 0], [3, 0]]
    assert states.tolist() == [[1, 1], [0, 0], [1, 0]]
    assert present.tolist() == [True, False, True]


def test_two_rows_with_one_key_are_refused() -> None:
    with pytest.raises(Invalid, match="same members"):
        panel_of([[1, 1], [1, 1]], [[1], [2]], sizes=SIZES)


def test_more_combinations_than_a_key_holds_are_refused() -> None:
    with pytest.raises(KeysTooWide):
        strides_of([2**31, 2**31, 4])


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(row, st.lists(cell, min_size=2, max_size=2), max_size=12),
    st.lists(
        st.dictionaries(row, st.one_of(st.none(), st.lists(cell, min_size=2, max_size=2)), max_size=5), max_size=5
    ),
)
def test_a_patched_panel_equals_one_built_from_the_same_rows(
    start: dict[tuple[int, int], list[float]], changes: list[dict[tuple[int, int], list[float] | None]]
) -> None:
    expected = dict(start)
    panel = built(start)
    for change in changes:
        rows = sorted(change)
        codes = pack(np.array(rows, np.int32).reshape(-1, 2), SIZES)
        raw = np.array([change[r] or [np.nan, np.nan] for r in rows]).reshape(-1, 2)
        present = np.array([change[r] is not None for r in rows], np.bool_)
        panel = panel.changed(codes, np.nan_to_num(raw), (~np.isnan(raw)).astype(np.uint8), present)
        expected |= {r: v for r, v in change.items() if v is not None}
        expected = {r: v for r, v in expected.items() if change.get(r, ()) is not None}
    check_invariants(panel)
    other = built(expected)
    assert np.array_equal(panel.codes, other.codes)
    assert np.array_equal(panel.values, other.values)
    assert np.array_equal(panel.states, other.states)
    probe = np.arange(35, dtype=np.int64)
    for left, right in zip(panel.gather(probe), other.gather(probe), strict=True):
        assert np.array_equal(left, right)
    assert np.array_equal(panel.contains(probe), other.contains(probe))


def built(rows: dict[tuple[int, int], list[float]]) -> Panel:
    if not rows:
        return empty(SIZES, 2)
    return panel_of(np.array(list(rows)), np.array(list(rows.values())), sizes=SIZES)
