"""How other systems write amounts, dates, periods and codes; expected values worked out by hand."""

from datetime import date, timedelta

import pyarrow as pa
import pytest

from bihuan.features.integration.outcomes import Outcome
from bihuan.features.integration.values import amounts, clean_code, read_amount, read_date, read_period

AMOUNTS = [
    # text            fen        outcome
    ("12000.00", 1_200_000, 0),
    ("85000.5", 8_500_050, 0),
    ("(1,234.50)", -123_450, 0),
    ("1,234.50-", -123_450, 0),
    ("（500.00）", -50_000, 0),
    ("￥1,000", 100_000, 0),
    ("300.00贷", -30_000, 0),
    ("300.00借", 30_000, 0),
    ("1.5E3", 150_000, 0),
    ("(-100.00)", 0, Outcome.BAD_AMOUNT),  # two signs: nobody knows which is meant
    ("1,23.00", 0, Outcome.BAD_AMOUNT),
    ("=1+2", 0, Outcome.BAD_AMOUNT),
    ("33.333", 0, Outcome.TOO_MANY_DECIMALS),
    ("999999999999999.99", 99_999_999_999_999_999, 0),
    ("1000000000000000.00", 0, Outcome.BAD_AMOUNT),
]


@pytest.mark.parametrize(("text", "fen", "outcome"), AMOUNTS)
def test_an_amount_is_read_exactly_or_refused(text: str, fen: int, outcome: int) -> None:
    assert read_amount(text) == (fen, outcome)


def test_a_column_is_read_as_each_of_its_texts_alone() -> None:
    texts = [text for text, _, _ in AMOUNTS] + ["", " 7 "]
    column = amounts(pa.chunked_array([texts[:5], texts[5:]]))
    assert column.value.tolist() == [fen for _, fen, _ in AMOUNTS] + [0, 700]
    assert column.outcome.tolist() == [outcome for _, _, outcome in AMOUNTS] + [0, 0]
    assert column.blank.tolist() == [False] * len(AMOUNTS) + [True, False]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-1-5", date(2025, 1, 5)),
        ("2025/01/05 10:30:00", date(2025, 1, 5)),
        ("2025年1月5日", date(2025, 1, 5)),
        ("20250105", date(2025, 1, 5)),
        ("45662", date(2025, 1, 5)),  # spreadsheet serial: 1899-12-30 + 45662 days
        ("05-Jan-25", date(2025, 1, 5)),
        ("01/13/2025", date(2025, 1, 13)),  # there is no 13th month
        ("5/5/2025", date(2025, 5, 5)),  # either way the same day
    ],
)
def test_a_date_is_read(text: str, day: date) -> None:
    days, outcome = read_date(text)
    assert (date(1970, 1, 1) + timedelta(days=days), outcome) == (day, 0)


@pytest.mark.parametrize("text", ["2025-02-30", "2025-01", "45,658", "0", "昨天", "2025-13-01"])
def test_what_is_no_date_is_refused(text: str) -> None:
    assert read_date(text) == (0, Outcome.BAD_DATE)


def test_a_date_that_could_be_two_days_is_refused() -> None:
    assert read_date("5/6/2025") == (0, Outcome.AMBIGUOUS_DATE)


def test_periods_and_codes_have_one_spelling() -> None:
    assert [read_period(t) for t in ("2025-1", "202501", "2025/01", "2025年1月", "2025Q1", "一月")] == [
        "2025-01"
    ] * 4 + ["2025Q1", None]
    assert {clean_code(t) for t in ("6602", "'6602", '="6602"', "6602.0", "6.602E3")} == {"6602"}
    assert clean_code("00123") == "00123"  # leading zeros are part of a code
