"""What a cell shows: the short way to its digits gives what the exact way gives."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.features.planning import cells
from bihuan.kernel.state import State


def item(scale: int | None) -> Any:
    """Only what the texts look at."""
    return SimpleNamespace(scale=scale)


@pytest.mark.parametrize(
    ("scale", "value", "shown"),
    [
        (2, 123450.0, "1234.50"),
        (2, -5.0, "-0.05"),
        (2, 0.0, "0.00"),
        (2, 1e15, "10000000000000.00"),
        (4, 9e15 - 1, "899999999999.9999"),
        (0, -7.0, "-7"),
        (None, 3.0, "3"),
        (None, 0.035, "0.035"),
        (2, 12.5, "0.125"),  # the mean of 0.12 and 0.13
    ],
)
def test_a_value_shows_its_digits(scale: int | None, value: float, shown: str) -> None:
    assert cells.shown_text(item(scale), value, State.VALUE) == shown


@pytest.mark.parametrize("state", [s for s in State if s is not State.VALUE])
def test_what_is_no_value_shows_nothing(state: State) -> None:
    assert cells.shown_text(item(2), 0.0, state) is None


@given(st.one_of(st.integers(-(2**53), 2**53).map(float), st.floats(-1e12, 1e12)), st.sampled_from([None, 0, 1, 2, 4]))
def test_the_short_way_is_the_exact_way(value: float, scale: int | None) -> None:
    value += 0.0  # as kept: no negative zero
    assert cells.shown_text(item(scale), value, State.VALUE) == cells.text(cells.shown(item(scale), value, State.VALUE))
