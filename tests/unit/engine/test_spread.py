"""Parts of an amount: they add up exactly, follow their shares, and nobody is off by more than the last decimal."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.engine.spread import NothingToSpreadOn, split, weights_of


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
