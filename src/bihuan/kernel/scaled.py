"""Scaled numbers: an amount as a float64 that holds an integer of 10^-scale, so that sums are exact in any order."""

import math
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from bihuan.kernel.errors import Invalid

MAX_SCALE = 4
LIMIT = 2.0**53  # beyond it a float64 no longer holds every integer
_WIDE = Context(prec=60, rounding=ROUND_HALF_UP)


class BadAmount(Invalid):
    """Not a number that can be stored."""

    code = "bad_amount"


def read_decimal(text: str) -> Decimal:
    """A plain number, perhaps negative, perhaps a percentage (``60%`` = 0.6); no thousands separators."""
    body = text.strip()
    percent = body.endswith(("%", "％"))
    digits = body[:-1] if percent else body
    try:
        if "_" in digits or digits != digits.strip():
            raise InvalidOperation
        value = Decimal(digits)
    except InvalidOperation:
        raise BadAmount(f"{text!r} is not a number", found=text, expected="digits with a plain decimal point") from None
    if not value.is_finite() or abs(value.adjusted()) > 300:
        raise BadAmount(f"{text!r} is not a finite number", found=text, expected="a finite number")
    return value / 100 if percent else value


def to_scaled(value: Decimal | str, scale: int) -> float:
    """The integer of 10^-scale nearest to ``value``, half away from zero; raises `BadAmount` from 2^53 on."""
    amount = read_decimal(value) if isinstance(value, str) else value
    whole = (
        amount.scaleb(scale, _WIDE).quantize(Decimal(1), context=_WIDE) if abs(amount) < Decimal(2) ** 60 else amount
    )
    if abs(whole) >= Decimal(LIMIT):
        raise BadAmount(f"{value} is too large", found=str(value), expected=f"less than 2^53 at {scale} decimal places")
    return float(whole)


def from_scaled(value: float, scale: int) -> Decimal:
    """The exact amount a scaled number stands for."""
    return Decimal(int(value)).scaleb(-scale, _WIDE)


def round_half_away(value: float) -> float:
    """The nearest whole number, half away from zero (Excel's ROUND, not Python's)."""
    return math.copysign(math.floor(abs(value) + 0.5), value) if abs(value) < LIMIT else value
