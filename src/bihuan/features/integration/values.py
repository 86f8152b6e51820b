"""Amounts, dates and periods as other systems write them. Each distinct text is read once; nothing is guessed.

Amounts come out as int64 of fen (10^-2), dates as int32 days since 1970-01-01.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bihuan.features.integration.outcomes import Outcome
from bihuan.kernel.period import parse_period

LIMIT_FEN = 99_999_999_999_999_999  # ±999,999,999,999,999.99
_EPOCH = date(1970, 1, 1).toordinal()
_SERIAL_ZERO = date(1899, 12, 30).toordinal()  # day 0 of spreadsheet serial numbers
_SERIALS = range(20_000, 80_000)  # 1954 to 2119
_MONTHS = {
    m: i for i, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_PLAIN = r"^-?[0-9]{1,15}(\.[0-9]{1,2})?$"
_ASCII = str.maketrans("（）－−，．　", "()--,. ")


@dataclass(frozen=True)
class Read:
    """``value`` int64[n], meaningful where ``outcome`` is 0 and not ``blank``."""

    value: NDArray[np.int64]
    outcome: NDArray[np.uint8]
    blank: NDArray[np.bool_]


@dataclass(frozen=True)
class Coded:
    """A text column as indices into its distinct texts."""

    index: NDArray[np.int32]
    distinct: tuple[str, ...]

    def matching(self, test: Callable[[str], bool]) -> NDArray[np.bool_]:
        """bool[n]: the lines whose text passes."""
        passed = np.fromiter((test(text) for text in self.distinct), bool, len(self.distinct))
        return passed[self.index] if len(passed) else np.zeros(len(self.index), bool)


def distinct(columns: Sequence[Coded]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows with equal texts in all columns get one index 0..k-1: (index int64[n], a row of each int64[k])."""
    size = 1
    combined = np.zeros(len(columns[0].index), np.int64)
    for column in columns:
        combined = combined * max(1, len(column.distinct)) + column.index
        size *= max(1, len(column.distinct))
        assert size < 2**62, "too many combinations of codes"
    if size > 8 * len(combined) + 1000:
        _, row, index = np.unique(combined, return_index=True, return_inverse=True)
        return index, row
    row_of = np.full(size, -1, np.int64)  # dense: no sorting
    row_of[combined[::-1]] = np.arange(len(combined) - 1, -1, -1)
    present = row_of >= 0
    return (np.cumsum(present) - 1)[combined], row_of[present]


def code(column: pa.ChunkedArray) -> Coded:
    """Encodes a text column; surrounding blanks do not count."""
    encoded = pc.utf8_trim_whitespace(column).combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    return Coded(encoded.indices.to_numpy(zero_copy_only=False), tuple(encoded.dictionary.to_pylist()))


def amounts(column: pa.ChunkedArray) -> Read:
    """Reads a column of amounts: plain numbers in one go, the rest one distinct text at a time."""
    text = pc.utf8_trim_whitespace(column).combine_chunks()
    if isinstance(text, pa.ChunkedArray):
        text = pa.concat_arrays(text.chunks) if text.num_chunks else pa.array([], pa.string())
    plain = pc.match_substring_regex(text, _PLAIN)
    decimals = pc.if_else(plain, text, "0").cast(pa.decimal128(18, 2))
    words = np.frombuffer(decimals.buffers()[1], "<i8")[2 * decimals.offset :]
    value = words[: 2 * len(text) : 2].copy()  # the low word of each decimal128: the unscaled integer
    outcome = np.zeros(len(text), np.uint8)
    blank = pc.equal(text, "").to_numpy(zero_copy_only=False)
    odd = np.flatnonzero(~plain.to_numpy(zero_copy_only=False) & ~blank)
    if len(odd):
        some = code(pa.chunked_array([text.take(pa.array(odd))]))
        read = [read_amount(t) for t in some.distinct]
        value[odd] = np.array([v for v, _ in read], np.int64)[some.index]
        outcome[odd] = np.array([o for _, o in read], np.uint8)[some.index]
    return Read(value, outcome, blank)


def read_amount(text: str) -> tuple[int, int]:
    """(fen, outcome): brackets, a trailing minus or CR mean negative; two signs are refused."""
    body = text.translate(_ASCII).replace("¥", "").replace("￥", "").strip()
    signs = 0
    if match := re.fullmatch(r"(.*?)\s*(CR|DR|贷|借)", body, re.IGNORECASE):
        body, side = match[1], match[2].upper()
        signs += side in ("CR", "贷")
    if body.startswith("(") and body.endswith(")"):
        body, signs = body[1:-1].strip(), signs + 1
    if body.endswith("-"):
        body, signs = body[:-1].strip(), signs + 1
    if body.startswith(("-", "+")):
        signs += body[0] == "-"
        body = body[1:].strip()
    if signs > 1 or not re.fullmatch(r"(\d+|\d{1,3}(,\d{3})+)?(\.\d+)?([eE][+-]?\d{1,2})?", body) or not body:
        return 0, Outcome.BAD_AMOUNT
    try:
        fen = Decimal(body.replace(",", "")) * 100
    except InvalidOperation:
        return 0, Outcome.BAD_AMOUNT
    if abs(fen) > LIMIT_FEN:
        return 0, Outcome.BAD_AMOUNT
    if fen != fen.to_integral_value():
        return 0, Outcome.TOO_MANY_DECIMALS
    return int(-fen if signs else fen), 0


def dates(column: Coded) -> Read:
    """Days since 1970-01-01 of a column of dates."""
    read = [read_date(text) for text in column.distinct]
    value = np.array([v for v, _ in read], np.int64)
    outcome = np.array([o for _, o in read], np.uint8)
    empty = np.zeros(len(column.index), np.int64)
    if not read:
        return Read(empty, empty.astype(np.uint8), empty.astype(bool))
    return Read(value[column.index], outcome[column.index], column.matching(lambda t: t == ""))


def read_date(text: str) -> tuple[int, int]:
    """(day, outcome). A day and a month that could change places are ambiguous; a month alone is no date."""
    body = re.sub(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$", "", text.strip())
    if re.fullmatch(r"\d{5}(\.\d+)?", body) and int(float(body)) in _SERIALS:
        return _SERIAL_ZERO + int(float(body)) - _EPOCH, 0
    if match := re.fullmatch(
        r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{4})(\d{2})(\d{2})|(\d{4})年(\d{1,2})月(\d{1,2})日", body
    ):
        year, month, day = (int(g) for g in match.groups() if g and g.isdigit())
        return _day(year, month, day)
    if match := re.fullmatch(r"(\d{1,2})-([A-Za-z]{3})-(\d{2}|\d{4})", body):
        return _day(_year(match[3]), _MONTHS.get(match[2].lower(), 0), int(match[1]))
    if match := re.fullmatch(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", body):
        return _either(int(match[4]), int(match[1]), int(match[3]))
    if re.fullmatch(r"\d{2}[-/.]\d{1,2}[-/.]\d{1,2}", body):
        return 0, Outcome.AMBIGUOUS_DATE
    return 0, Outcome.BAD_DATE


def _either(year: int, a: int, b: int) -> tuple[int, int]:
    """Month/day or day/month, whichever alone exists."""
    if a <= 12 and b <= 12 and a != b:
        return 0, Outcome.AMBIGUOUS_DATE
    return _day(year, a, b) if a <= 12 else _day(year, b, a)


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _day(year: int, month: int, day: int) -> tuple[int, int]:
    try:
        return date(year, month, day).toordinal() - _EPOCH, 0
    except ValueError:
        return 0, Outcome.BAD_DATE


def read_period(text: str) -> str | None:
    """A period code in its one spelling: ``2026/1``, ``202601``, ``2026年1月`` mean ``2026-01``."""
    body = text.strip()
    if match := re.fullmatch(r"(\d{4})[-/.年]?(\d{1,2})月?", body):
        return f"{match[1]}-{int(match[2]):02d}"
    parsed = parse_period(body)
    return None if parsed is None else str(parsed)


def clean_code(text: str) -> str:
    """A code as it was before a spreadsheet touched it: ``="6602"``, ``'6602``, ``6602.0``, ``6.602E3`` mean ``6602``."""
    body = text.strip()
    if match := re.fullmatch(r'="(.*)"', body):
        body = match[1]
    body = body.removeprefix("'")
    if re.fullmatch(r"\d+\.0+", body):
        return body.partition(".")[0]
    if re.fullmatch(r"\d(\.\d+)?[eE]\+?\d{1,2}", body):
        whole = Decimal(body)
        if whole == whole.to_integral_value():
            return str(int(whole))
    return body
