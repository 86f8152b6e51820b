"""A digest of everything an installation keeps: equal digests mean equal tables and equal warehouse files.

Rows are hashed one by one by PostgreSQL and added up as numbers, so their order on disk does not matter. Not counted: the
queue (schema procrastinate), sign-in sessions, the leases of running backups.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

NOT_CONTENT = frozenset({"backup_lease", "session", "alembic_version"})
_SAME_TEXT = (
    "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO';"
    " SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'"
)
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_TABLE = sql.SQL(
    "SELECT count(*), coalesce(sum(('x' || left(h, 15))::bit(60)::bigint), 0),"
    " coalesce(sum(('x' || right(h, 15))::bit(60)::bigint), 0)"
    " FROM (SELECT md5(t::text) AS h FROM {} AS t) AS hashed"
)
FILES = "SELECT hash, kind FROM warehouse_file ORDER BY hash"


def digest_of(url: str, warehouse: Path) -> Mapping[str, str]:
    """Of the installation whose database is at ``url`` (its owner's) and whose files are in ``warehouse``."""
    with psycopg.connect(url) as conn:
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return digests(conn, warehouse)


def digests(conn: psycopg.Connection[Any], warehouse: Path) -> Mapping[str, str]:
    """One line per table, ``files`` for the warehouse, and ``all`` over them, as this transaction sees them."""
    conn.execute(_SAME_TEXT)
    found: dict[str, str] = {}
    for (table,) in conn.execute(_TABLES).fetchall():
        if table not in NOT_CONTENT:
            row = conn.execute(_TABLE.format(sql.Identifier("public", table))).fetchone()
            assert row is not None
            found[table] = f"{row[0]} rows {int(row[1]):x}-{int(row[2]):x}"
    found["files"] = files_digest(warehouse, conn.execute(FILES).fetchall())
    whole = "\n".join(f"{name} {value}" for name, value in sorted(found.items()))
    return found | {"all": hashlib.sha256(whole.encode()).hexdigest()}


def files_digest(warehouse: Path, names: Sequence[tuple[str, str]]) -> str:
    """Over the content of the files that rows name."""
    whole = hashlib.sha256()
    for name, kind in names:
        whole.update(f"{name} {kind} {sha256_of(file_path(warehouse, name, kind))}\n".encode())
    return f"{len(names)} files {whole.hexdigest()}"


def sha256_of(path: Path) -> str:
    """``missing`` for a file that is not there: a digest is also for finding that out."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return "missing"


def file_path(warehouse: Path, name: str, kind: str) -> Path:
    """Where a warehouse file stands."""
    return warehouse / (name if kind == "raw" else f"{name}.{kind}")
