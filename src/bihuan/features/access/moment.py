"""Moments in requests: with a time zone, and kept in UTC.

What a standard lets one write (an offset of 23 hours and 11 minutes, the last day of the year 9999 west of Greenwich) is not all a
database can keep; it is refused where it comes in.
"""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def in_utc(at: datetime) -> datetime:
    """The same moment in UTC; `ValueError` where that is beyond the years 1 to 9999."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("a moment from year 1 to 9999") from None


Moment = Annotated[AwareDatetime, AfterValidator(in_utc)]
