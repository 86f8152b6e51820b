"""The job queue's own schema ``procrastinate``: installed once, then brought forward by the package's own migrations.

Its functions get a fixed search path, so a job can be put into the queue from any transaction.
"""

from importlib.resources import files

from procrastinate.schema import SchemaManager
from psycopg import Cursor
from sqlalchemy import Connection

from bihuan.store.grants import APP_ROLE

SCHEMA = "procrastinate"

_FIX_SEARCH_PATH = f"""
DO $$
DECLARE f regprocedure;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = '{SCHEMA}'::regnamespace LOOP
        EXECUTE format('ALTER ROUTINE %s SET search_path = {SCHEMA}, pg_temp', f);
    END LOOP;
END $$
"""  # noqa: S608 - both names are constants

_GRANTS = (
    f"GRANT USAGE ON SCHEMA {SCHEMA} TO {APP_ROLE}",
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {SCHEMA} TO {APP_ROLE}",
    f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {SCHEMA} TO {APP_ROLE}",
)


def install_queue(conn: Connection) -> None:
    """Brings the queue's schema to the installed package; the schema's comment says which migration it has."""
    cursor: Cursor[tuple[str | None]] = conn.connection.cursor()  # type: ignore[assignment]  # the driver's own cursor
    cursor.execute("SELECT obj_description(to_regnamespace(%s)::oid, 'pg_namespace')", (SCHEMA,))
    row = cursor.fetchone()
    has = row[0] if row else None
    newest = migrations()[-1]
    if has == newest:
        return
    cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}".encode())
    cursor.execute(f"SET LOCAL search_path = {SCHEMA}".encode())
    steps = [SchemaManager.get_schema()] if has is None else [_text(name) for name in migrations() if name > has]
    for step in steps:
        cursor.execute(step.encode())
    cursor.execute(_FIX_SEARCH_PATH.encode())
    for grant in _GRANTS:
        cursor.execute(grant.encode())
    cursor.execute(f"COMMENT ON SCHEMA {SCHEMA} IS '{newest}'".encode())
    cursor.execute(b"SET LOCAL search_path = DEFAULT")


def migrations() -> list[str]:
    """File names of the package's migrations, oldest first."""
    folder = files("procrastinate.sql") / "migrations"
    return sorted(f.name for f in folder.iterdir() if f.name.endswith(".sql"))


def _text(name: str) -> str:
    return (files("procrastinate.sql") / "migrations" / name).read_text(encoding="utf-8")
