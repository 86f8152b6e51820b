"""Parts of an amount: they add up exactly, follow their shares, and nobody is off by more than the last decimal."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.engine.shapes import BadShape, Growth, Line, Pattern, Shape, along, pattern_of
from bihuan.engine.spread import NothingToSpreadOn, PartTooLarge, by_course, split, weights_of


@pytest.mark.parametrize(
    ("amount", "shares", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),  # what is left goes to the first among equals
        (-100, [1, 1, 1], [-34, -33, -33]),
        (2, [1, 1, 1], [1, 1, 0]),
        (10, [5, 3, 2], [5, 3, 2]),
        (7, [50, 30, 20], [4, 2, 1]),  # 3.5, 2.1, 1.4
        (0, [1, 2], [0, 0]),
        (100, [0, 1, 0], [0, 100, 0]),
        (100, [3, -1], [150, -50]),  # a red figure keeps its share
        (5, [1, 1, 1, 1], [2, 1, 1, 1]),
    ],
)
def test_parts(amount: int, shares: list[int], parts: list[int]) -> None:
    assert split(float(amount), np.array(shares, float)).tolist() == parts


@given(
    st.integers(-(10**13), 10**13),
    st.lists(st.integers(0, 10**11), min_size=1, max_size=60).filter(any),
)
def test_parts_add_up_to_the_last_digit_and_are_off_by_less_than_one(amount: int, shares: list[int]) -> None:
    parts = split(float(amount), np.array(shares, float))
    assert sum(int(p) for p in parts) == amount
    assert all(p == int(p) for p in parts)
    for part, share in zip(parts, shares, strict=True):
        exact = amount * share / sum(shares)
        assert abs(part - exact) <= 1 + abs(exact) * 1e-12
        assert part == 0 or share != 0


def test_a_million_parts_add_up() -> None:
    dice = np.random.default_rng(1)
    parts = split(123_456_789_012_345.0, dice.integers(0, 10**6, 1_000_000).astype(float))
    assert sum(int(p) for p in parts) == 123_456_789_012_345


@pytest.mark.parametrize("shares", [[], [0.0, 0.0], [1.0, -1.0]])
def test_nothing_to_spread_on(shares: list[float]) -> None:
    with pytest.raises(NothingToSpreadOn):
        split(5.0, np.array(shares))


def test_shares_of_each_method() -> None:
    now, filled = np.array([4.0, 0.0, 0.0]), np.array([True, True, False])
    like = np.array([1.0, 2.0, 3.0])
    assert weights_of("proportional", now, filled, None).tolist() == [4, 0, 0]
    assert weights_of("proportional", now * 0, filled, None).tolist() == [1, 1, 1]
    assert weights_of("equal", now, filled, None).tolist() == [1, 1, 1]
    assert weights_of("filled", now, filled, None).tolist() == [1, 1, 0]
    assert weights_of("filled", now, ~(filled | True), None).tolist() == [1, 1, 1]
    assert weights_of("like", now, filled, like).tolist() == [1, 2, 3]


@given(st.integers(-(10**9), 10**9), st.lists(st.integers(-1000, 1000), min_size=1, max_size=12).filter(sum))
def test_red_figures_are_off_by_less_than_one_too_and_a_negative_total_is_the_mirror(
    amount: int, shares: list[int]
) -> None:
    parts = split(float(amount), np.array(shares, float))
    assert sum(int(p) for p in parts) == amount
    for part, share in zip(parts, shares, strict=True):
        assert abs(Fraction(int(part)) - Fraction(amount * share, sum(shares))) < 1 + Fraction(1, 10**3)
        assert part == 0 or share != 0
    assert (split(float(-amount), np.array(shares, float)) == -parts).all()


def test_shares_that_almost_cancel_out_are_refused_not_searched_for_ever() -> None:
    with pytest.raises(PartTooLarge):
        split(1e15, np.array([1e9, 1.0 - 1e9]))


@pytest.mark.parametrize(
    ("shape", "count", "weights"),
    [
        (Growth(0.5), 3, [4, 6, 9]),
        (Growth(0.0), 3, [1, 1, 1]),
        (Growth(-0.5), 3, [4, 2, 1]),
        (Line(1.0, 2.0), 3, [2, 3, 4]),
        (Line(0.0, 3.0), 4, [0, 1, 2, 3]),
        (Line(3.0, 1.0), 1, [1]),
        (pattern_of("4-4-5"), 6, [4, 4, 5, 4, 4, 5]),
        (pattern_of("1-0-2.5"), 3, [2, 0, 5]),
    ],
)
def test_a_course_along_time(shape: Shape, count: int, weights: list[int]) -> None:
    found = along(shape, count)
    assert found / found.sum() == pytest.approx(np.array(weights) / sum(weights))


@pytest.mark.parametrize(
    "text", ["", "4-", "4--5", "a-b", "0-0-0", "-1-2", "1e3-2", "１-２", "1-" * 500 + "1", "9" * 13]
)
def test_what_is_no_pattern(text: str) -> None:
    with pytest.raises(BadShape):
        pattern_of(text)


@pytest.mark.parametrize(
    ("shape", "count"),
    [
        (Growth(-1.0), 3),
        (Growth(11.0), 3),
        (Growth(float("nan")), 3),
        (Line(0.0, 0.0), 3),
        (Line(-1.0, 5.0), 3),
        (Pattern((4, 4, 5)), 4),
    ],
)
def test_what_is_no_course(shape: Shape, count: int) -> None:
    with pytest.raises(BadShape):
        along(shape, count)


def test_a_course_of_a_hundred_steep_periods_stays_a_number() -> None:
    assert split(1000.0, along(Growth(10.0), 400)).sum() == 1000


def test_rows_keep_their_share_of_the_course_and_empty_rows_share_equally() -> None:
    now, row, period = np.array([10.0, 20.0, 10.0, 0.0]), np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    course = np.array([1.0, 2.0])
    assert by_course(now, row, period, course).tolist() == [30, 60, 10, 20]
    assert by_course(now * 0, row, period, course).tolist() == [1, 2, 1, 2]
    some = np.array([0, 3])  # a row whose cells are not all there
    assert by_course(now[some], row[some], period[some], course).tolist() == [10, 0]
