"""Bounds of operands hold for every cell, so a check that they make needless would have found nothing."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bihuan.engine import rounding
from bihuan.engine.formula import spans

NUMBERS = st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=8)


@given(NUMBERS, NUMBERS)
def test_results_stay_between_the_bounds(left: list[float], right: list[float]) -> None:
    a, b = np.array(left)[:, None], np.array(right)[None, :]
    ends = (min(left), max(left)), (min(right), max(right))
    for bound, cells in ((spans.added, a + b), (spans.subtracted, a - b), (spans.multiplied, a * b)):
        span = bound(*ends)
        assert span is not None
        assert span[0] <= cells.min()
        assert cells.max() <= span[1]


def test_what_runs_out_of_range_or_is_unknown_stays_unknown() -> None:
    wide = (-1e308, 1e308)
    for bound in (spans.added, spans.subtracted, spans.multiplied):
        assert bound(wide, wide) is None
        assert bound(None, (0.0, 1.0)) is None
    assert spans.shifted((0.0, 1e308), 2) is None
    assert not spans.within(None, 1.0)


@given(st.lists(st.floats(0.0, 2.0**51), min_size=1, max_size=20), st.integers(0, 9))
def test_rounding_that_knows_its_bounds_gives_the_same_bits(numbers: list[float], decimals: int) -> None:
    values = np.array(numbers)
    plain = rounding.half_away(values, decimals)
    known = rounding.half_away(values, decimals, small=True, positive=True)
    assert plain.tobytes() == known.tobytes()
    assert (
        rounding.half_away(-values, decimals).tobytes() == rounding.half_away(-values, decimals, small=True).tobytes()
    )
