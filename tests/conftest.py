"""Fixtures: one real PostgreSQL for the session, migrated once into a template; a database of its own for each test module.

The server is the embedded one, with fsync off: tests that kill things live in tests/faults and start their own.
"""

import fcntl
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import settings

from bihuan.store.embedded import external, lease
from bihuan.store.embedded.lease import locked, owner_lock
from bihuan.store.unit_of_work import Database, UnitOfWork, open_database

if TYPE_CHECKING:  # the whole application is not imported for tests that need none of it
    from bihuan.bootstrap import Container

settings.register_profile("shared machine", deadline=None)  # a busy machine is no failure: no test asserts seconds
settings.load_profile("shared machine")

UNSAFE_AND_FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
}


def with_database(url: str, name: str) -> str:
    """The same server and user, another database."""
    return re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", url)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The owner's DSN of a throw-away server's ``postgres`` database; one server for all workers of a test run."""
    if url := os.environ.get("BIHUAN_TEST_DATABASE_URL"):
        yield url
        return
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
    data = Path("/tmp") / f"bihuan-test-{run[:12]}"
    with lease(data, settings=UNSAFE_AND_FAST) as urls:
        yield with_database(urls.owner, "postgres")
    with locked(owner_lock(data), fcntl.LOCK_EX | fcntl.LOCK_NB) as last:
        if last:
            shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """The name of a database that holds the declared schema."""
    from bihuan.store.migrations.queue import install_queue
    from bihuan.store.schema import create_all

    name = f"tpl_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name}")
    database = open_database(with_database(server, name))
    create_all(database.engine)
    with database.engine.begin() as conn:
        install_queue(conn)
    database.engine.dispose()
    return name


@pytest.fixture(scope="module")
def owner_url(server: str, template: str) -> Iterator[str]:
    """A fresh, migrated, empty database, as its owner: for what the application may not do, such as rewriting history."""
    name = f"t_{uuid.uuid4().hex[:10]}"
    clone(server, template, name)
    yield with_database(server, name)
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def database_url(owner_url: str) -> str:
    """The same database as the application sees it: as the role ``bihuan_app``."""
    return external(owner_url).app


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Database]:
    db = open_database(database_url, pool_size=40)
    yield db
    db.engine.dispose()


@pytest.fixture
def wipe(owner_url: str) -> Callable[..., None]:
    """``wipe("table", …)`` empties tables as the owner; the application's role may not."""

    def truncate(*tables: str) -> None:
        with psycopg.connect(owner_url) as conn:
            conn.execute(f"TRUNCATE {', '.join(tables)} CASCADE")

    return truncate


@pytest.fixture
def uow(database: Database) -> Iterator[UnitOfWork]:
    """A unit of work that is rolled back."""
    with database.engine.connect() as conn:
        yield UnitOfWork(conn)
        conn.rollback()


@dataclass(frozen=True)
class Prepared:
    """The demonstration loaded once, to be copied: the database's name, and what lies in the data folder."""

    database: str
    data: Path


@pytest.fixture(scope="session")
def prepared_demo(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """The demonstration with fewer vouchers than `make demo` has, of another seed; some ten seconds, once per test run."""
    from bihuan.bootstrap import build
    from bihuan.demo import load_demo
    from bihuan.settings import Settings

    made = Prepared(f"demo_{uuid.uuid4().hex[:8]}", Path(tmp_path_factory.mktemp("demo")))
    clone(server, template, made.database)
    url = external(with_database(server, made.database)).app
    container = build(Settings(data=made.data, database_url=url))
    load_demo(container, seed=404, lines=15_000)
    container.database.engine.dispose()
    with psycopg.connect(server, autocommit=True) as conn:  # a database can be copied while nobody is in it
        conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [made.database])
    return made


@pytest.fixture(scope="module")
def demo(server: str, prepared_demo: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator["Container"]:
    """A copy of the demonstration of one's own: people sign in with `bihuan.demo.DEMO_PASSWORD`, qiming stands at 2026-10-31."""
    from bihuan.bootstrap import build
    from bihuan.settings import Settings

    name, data = f"t_{uuid.uuid4().hex[:10]}", Path(tmp_path_factory.mktemp("data"))
    clone(server, prepared_demo.database, name)
    shutil.copytree(prepared_demo.data, data, dirs_exist_ok=True)
    container = build(Settings(data=data, database_url=external(with_database(server, name)).app))
    yield container
    container.database.engine.dispose()
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


def clone(server: str, template: str, name: str) -> None:
    """A database that begins as another one stands."""
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
