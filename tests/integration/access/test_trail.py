"""The action trail: append-only, chained by day, and it tells when it was tampered with."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from sqlalchemy.exc import ProgrammingError

from bihuan.features.access import commands, model, queries
from bihuan.features.access.model import Principal, SamePerson
from bihuan.store.unit_of_work import Database, UnitOfWork, utc_now

LI, WANG = Principal(1, "li", "李"), Principal(2, "wang", "王")


@pytest.fixture
def written(database: Database, wipe: Callable[..., None]) -> Database:
    """Three entries two days ago, two today, sealed."""
    wipe("action_chain", "action_digest", "action_entry")
    now = utc_now()
    for days, count in ((2, 3), (0, 2)):
        with Database(database.engine, lambda days=days: now - timedelta(days=days)).writing() as uow:
            for n in range(count):
                commands.record(uow, LI, "test.change", ("thing", n), {"v": Decimal("1.10")}, {"v": n}, "原因")
    with database.writing() as uow:
        assert commands.seal_trail(uow) == 5
        assert commands.seal_trail(uow) == 0
    return database


def test_an_untouched_trail_has_no_faults_and_past_days_are_closed(written: Database) -> None:
    with written.reading() as reader:
        assert queries.verify_trail(reader) == []
        assert [d["entries"] for d in reader.rows("access.digests")] == [3]


def test_amounts_are_kept_as_decimal_strings(written: Database) -> None:
    with written.reading() as reader:
        rows = queries.actions(reader, model.system(), kind="thing", subject="0")
    assert [r["before"] for r in rows] == [{"v": "1.10"}] * 2


@pytest.mark.parametrize(
    ("tampering", "fault"),
    [
        ("UPDATE action_entry SET reason = '别的原因' WHERE id = (SELECT min(id) FROM action_entry)", "was changed"),
        ("DELETE FROM action_chain WHERE position = 2", "is missing"),
        ("DELETE FROM action_chain WHERE position = 3", "digest does not fit"),
    ],
)
def test_even_the_owners_tampering_is_found(written: Database, owner_url: str, tampering: str, fault: str) -> None:
    with psycopg.connect(owner_url) as conn:
        conn.execute(tampering)
    with written.reading() as reader:
        assert any(fault in f for f in queries.verify_trail(reader))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE action_entry SET reason = ''",
        "UPDATE action_chain SET position = 9",
        "UPDATE action_digest SET entries = 9",
        "DELETE FROM action_entry",
        "DELETE FROM action_chain",
        "DELETE FROM action_digest",
        "TRUNCATE action_entry CASCADE",
    ],
)
def test_the_application_cannot_rewrite_history(written: Database, statement: str) -> None:
    with written.engine.connect() as conn, pytest.raises(ProgrammingError, match="permission denied"):
        conn.exec_driver_sql(statement)


def test_who_submitted_may_not_approve_the_same_thing(uow: UnitOfWork) -> None:
    commands.record(uow, LI, "process.submit", ("unit", 5))
    commands.require_separate(uow, WANG, "process.approve", ("unit", 5))
    commands.require_separate(uow, LI, "process.approve", ("unit", 6))
    with pytest.raises(SamePerson):
        commands.require_separate(uow, LI, "process.approve", ("unit", 5))
