"""Connections that the server closed while they rested are not handed out; those in use a moment ago are not asked about."""

from collections.abc import Iterator

import psycopg
import pytest

from bihuan.store import unit_of_work
from bihuan.store.unit_of_work import Database, open_database


@pytest.fixture
def pooled(database_url: str) -> Iterator[Database]:
    found = open_database(database_url, pool_size=2)
    yield found
    found.engine.dispose()


def backend(database: Database) -> int:
    with database.reading() as reader:
        return int(reader.conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def test_a_connection_closed_while_it_rested_is_replaced_and_the_whole_pool_with_it(
    pooled: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_of_work, "RESTED", 0.0)
    with pooled.reading() as one, pooled.reading() as two:
        pids = [int(r.conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()) for r in (one, two)]
    with psycopg.connect(database_url) as conn:
        conn.execute("SET ROLE NONE")  # the application's role may not
        for pid in pids:
            assert conn.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,)).fetchone() == (True,)
    assert backend(pooled) not in pids
    assert backend(pooled) not in pids


def test_a_connection_used_a_moment_ago_is_the_same_and_is_not_asked(
    pooled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    first = backend(pooled)
    ping = pooled.engine.dialect.do_ping
    monkeypatch.setattr(pooled.engine.dialect, "do_ping", lambda c: asked.append(1) or ping(c))
    monkeypatch.setattr(unit_of_work, "RESTED", 60.0)
    assert backend(pooled) == first
    assert asked == []
    monkeypatch.setattr(unit_of_work, "RESTED", 0.0)
    assert backend(pooled) == first
    assert asked == [1]
