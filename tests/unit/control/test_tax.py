"""Amounts with and without tax; the largest amount that still counts as no more than what is left."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bihuan.features.control.model import BadTax
from bihuan.features.control.tax import Taxes, largest, split

FEN = Decimal("0.01")
rates = st.sampled_from([Decimal(r) for r in ("0", "1", "3", "6", "9", "13", "50", "99.99")])
money = st.integers(1, 10**9).map(lambda fen: Decimal(fen) / 100)


@pytest.mark.parametrize(
    ("entered", "rate", "included", "gross", "net"),
    [
        ("113.00", "13", True, "113.00", "100.00"),
        ("100.00", "13", False, "113.00", "100.00"),
        ("0.03", "100.5", True, "0.03", "0.01"),  # 0.01496… is half a fen short of two
        ("10.00", "6", True, "10.00", "9.43"),  # 9.43396…
        ("2.12", "13", True, "2.12", "1.88"),  # 1.87610…
        ("0.05", "50", False, "0.08", "0.05"),  # 0.075 rounds half up
    ],
)
def test_the_other_amount_is_rounded_half_up_at_the_fen(
    entered: str, rate: str, included: bool, gross: str, net: str
) -> None:
    taxed = split(Decimal(entered), Decimal(rate), included=included)
    assert (taxed.gross, taxed.net, taxed.tax) == (Decimal(gross), Decimal(net), Decimal(gross) - Decimal(net))


@given(entered=money, rate=rates, included=st.booleans())
def test_what_was_entered_is_found_again_from_what_is_kept(entered: Decimal, rate: Decimal, included: bool) -> None:
    taxed = split(entered, rate, included=included)
    assert split(taxed.gross if included else taxed.net, rate, included=included) == taxed


@given(room=money, rate=rates, included=st.booleans(), net=st.booleans())
def test_the_largest_amount_fits_and_one_fen_more_does_not(
    room: Decimal, rate: Decimal, included: bool, net: bool
) -> None:
    def counted(entered: Decimal) -> Decimal:
        taxed = split(entered, rate, included=included)
        return taxed.net if net else taxed.gross

    most = largest(room, rate, included=included, net=net)
    assert most == 0 or counted(most) <= room
    assert counted(most + FEN) > room


def test_nothing_fits_where_nothing_is_left() -> None:
    assert largest(Decimal(-5), Decimal(6), included=True, net=True) == 0


def test_only_the_rates_of_the_text_may_be_chosen_and_none_is_always_one() -> None:
    taxes = Taxes((Decimal(6), Decimal(13)))
    assert [taxes.rate(Decimal(r), what="") for r in ("0", "6", "13.00")] == [0, 6, 13]
    for wrong in ("7", "NaN", "-6", "100"):
        with pytest.raises(BadTax):
            taxes.rate(Decimal(wrong), what="第 1 行")
    with pytest.raises(BadTax):
        Taxes().rate(Decimal(100), what="第 1 行")
