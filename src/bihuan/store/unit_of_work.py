"""One request or job is one transaction, committed at the edge; events for others leave only on commit.

`Reader` reads, `UnitOfWork` writes: the type of the argument says which one a function does. Both run at READ COMMITTED:
control and plan writes lock rows and must see what was committed while they waited for the lock (docs/decisions).
Rollback is the default; whoever opens the unit of work commits it by leaving the `with` block without an exception.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy import Connection, CursorResult, Engine, RowMapping, create_engine, event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from bihuan.kernel.errors import BihuanError
from bihuan.store.queries import named

RESTED = 1.0  # seconds


def utc_now() -> datetime:
    """The system clock, in UTC; tests pass another."""
    return datetime.now(UTC)


@dataclass
class Reader:
    """Runs named queries on one connection. ``memo`` is what features remember until the transaction ends."""

    conn: Connection
    now: Callable[[], datetime] = utc_now
    memo: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)

    def rows(self, query: str, **params: object) -> Sequence[RowMapping]:
        """All rows of a named query as mappings."""
        return self.conn.execute(named(query), params).mappings().all()

    def row(self, query: str, **params: object) -> RowMapping | None:
        """The only row of a named query, or None."""
        return self.conn.execute(named(query), params).mappings().one_or_none()

    def value(self, query: str, **params: object) -> Any:
        """The first column of the only row, or None."""
        return self.conn.execute(named(query), params).scalar_one_or_none()


@dataclass
class UnitOfWork(Reader):
    """A transaction that will be committed at the edge. ``after_commit`` runs only then, in order of registration."""

    _after: list[Callable[[], None]] = field(default_factory=list)

    def run(self, query: str, **params: object) -> CursorResult[Any]:
        """Runs a named statement."""
        return self.conn.execute(named(query), params)

    def run_many(self, query: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Runs a named statement once per row, in one round trip batch."""
        if rows:
            self.conn.execute(named(query), list(rows))

    def after_commit(self, action: Callable[[], None]) -> None:
        """Does ``action`` once the commit has succeeded; never on rollback."""
        self._after.append(action)


@dataclass(frozen=True)
class Database:
    """The connection pool, and the only two ways to open a transaction."""

    engine: Engine
    now: Callable[[], datetime] = utc_now

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        with self.engine.connect() as conn:
            yield Reader(conn, self.now)
            conn.rollback()

    @contextmanager
    def writing(self) -> Iterator[UnitOfWork]:
        with self.engine.connect() as conn:
            uow = UnitOfWork(conn, self.now)
            try:
                yield uow
            except BihuanError as refused:
                conn.rollback()
                if refused.complete is not None:
                    with suppress(DBAPIError):  # the refusal stands, in fewer words, where nothing can be read any more
                        refused.complete(Reader(conn, self.now))
                        conn.rollback()
                raise
            conn.commit()
        for action in uow._after:
            action()


def open_database(url: str, *, pool_size: int = 10, now: Callable[[], datetime] = utc_now) -> Database:
    """``url`` as ``postgresql://…``; the psycopg 3 driver is chosen here."""
    dsn = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(dsn, pool_size=pool_size, max_overflow=pool_size, isolation_level="READ COMMITTED")
    _ask_the_rested(engine)
    return Database(engine, now)


def _ask_the_rested(engine: Engine) -> None:
    """A connection that lay in the pool for `RESTED` or longer is asked whether it still lives before anyone gets it, and with
    it goes the whole pool; one that was just used is not, which saves a busy server a round trip per request."""

    @event.listens_for(engine, "checkin")
    def laid_down(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def taken(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() - record.info.get("at", time.monotonic()) < RESTED:
            return
        try:
            alive = engine.dialect.do_ping(connection)
        except psycopg.Error:
            alive = False
        if not alive:
            raise InvalidatePoolError
