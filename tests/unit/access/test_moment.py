"""What is kept of a moment that comes in."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from bihuan.features.access.moment import Moment

READ = TypeAdapter(Moment)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2026-12-01T08:00:00+08:00", datetime(2026, 12, 1, tzinfo=UTC)),
        ("2026-12-01T23:11:00+23:11", datetime(2026, 12, 1, tzinfo=UTC)),  # no database keeps such an offset
        ("2026-12-01T00:00:00Z", datetime(2026, 12, 1, tzinfo=UTC)),
    ],
)
def test_a_moment_is_kept_in_utc(written: str, kept: datetime) -> None:
    found = READ.validate_json(f'"{written}"')
    assert found == kept
    assert found.tzinfo is UTC


@pytest.mark.parametrize("written", ["2026-12-01T00:00:00", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+01:00"])
def test_a_moment_without_a_zone_or_beyond_the_calendar_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        READ.validate_json(f'"{written}"')
