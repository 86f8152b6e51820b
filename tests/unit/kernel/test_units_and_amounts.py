"""Units multiply and cancel; amounts become whole numbers of the smallest unit, half away from zero."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.kernel.scaled import BadAmount, from_scaled, read_decimal, round_half_away, to_scaled
from bihuan.kernel.unit import BadUnit, multiply, parse_unit, show

KNOWN = {"元": "", "件": "", "克": "", "千米": "", "箱": "24 件", "圈": "2 圈"}


@pytest.mark.parametrize(
    ("text", "powers", "factor"),
    [
        ("元", "元", 1),
        ("元/件", "元/件", 1),
        ("件*元/件", "元", 1),
        ("千元", "元", 1000),
        ("万元/千克", "元/克", 10),
        ("亿", "元", 100_000_000),
        ("箱", "件", 24),
        ("元/箱", "元/件", Decimal(1) / 24),
        ("件^2", "件^2", 1),
        ("%", "1", 1),
        ("1/件", "1/件", 1),
    ],
)
def test_a_unit_is_a_product_of_named_units_and_a_scale(text: str, powers: str, factor: int | Decimal) -> None:
    unit = parse_unit(text, KNOWN)
    assert unit is not None
    assert (show(unit.powers), unit.factor) == (powers, factor)


def test_a_price_times_a_quantity_is_money() -> None:
    price, quantity = parse_unit("元/件", KNOWN), parse_unit("件", KNOWN)
    assert price is not None
    assert quantity is not None
    assert show(multiply(price.powers, quantity.powers)) == "元"
    assert show(multiply(price.powers, quantity.powers, -1)) == "元/件^2"


def test_a_question_mark_or_nothing_is_unchecked() -> None:
    assert parse_unit("?", KNOWN) is None
    assert parse_unit("", KNOWN) is None


@pytest.mark.parametrize(
    ("text", "found"), [("员", "员"), ("元/员", "员"), ("圈", "圈 → 圈"), ("件^x", "x"), ("万千米", "万千米")]
)
def test_an_unknown_unit_is_refused_by_name(text: str, found: str) -> None:
    if text == "万千米":
        assert parse_unit(text, KNOWN) is not None
        return
    with pytest.raises(BadUnit) as error:
        parse_unit(text, KNOWN)
    assert error.value.facts["found"] == found


@pytest.mark.parametrize(
    ("text", "scale", "stored"),
    [
        ("1.005", 2, 101),
        ("-1.005", 2, -101),
        ("0.5", 0, 1),
        ("-0.5", 0, -1),
        ("2.5", 0, 3),
        ("60%", 4, 6000),
        ("12345678901.23", 2, 1234567890123),
        ("1e3", 2, 100000),
        ("0", 2, 0),
    ],
)
def test_an_amount_is_stored_as_whole_smallest_units_half_away_from_zero(text: str, scale: int, stored: float) -> None:
    assert to_scaled(text, scale) == stored


@pytest.mark.parametrize(
    "text", ["", "1,000", "1_000", "abc", "nan", "inf", "--1", "1 000", "%", "9007199254740993", "1e999"]
)
def test_what_is_no_storable_amount_is_refused(text: str) -> None:
    with pytest.raises(BadAmount):
        to_scaled(text, 0)


@given(st.integers(-(2**53) + 1, 2**53 - 1), st.integers(0, 4))
def test_a_stored_amount_reads_back_exactly(whole: int, scale: int) -> None:
    assert to_scaled(from_scaled(float(whole), scale), scale) == whole


def test_floats_round_half_away_from_zero() -> None:
    assert [round_half_away(x) for x in (0.5, -0.5, 2.5, -2.5, 1.4)] == [1, -1, 3, -3, 1]


def test_a_percentage_is_read_as_a_fraction() -> None:
    assert read_decimal("12.5%") == Decimal("0.125")
    assert read_decimal("12.5％") == Decimal("0.125")
