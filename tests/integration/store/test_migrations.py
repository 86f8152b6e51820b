"""The revisions, step by step, give exactly the schema that is declared; the application's role cannot rewrite history."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from psycopg import errors

from bihuan.store.embedded import external
from bihuan.store.grants import rights
from bihuan.store.migrations import head, migrate
from bihuan.store.tables import metadata
from bihuan.store.unit_of_work import open_database

# everything a catalogue says about a schema, as text; the migrated and the declared database must say the same
CATALOGUE = {
    "columns": """SELECT table_name, column_name, data_type, udt_name, is_nullable, column_default, character_maximum_length,
                         numeric_precision, numeric_scale, is_identity, identity_generation, generation_expression
                  FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2""",
    "constraints": """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
                      WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
    "sequences": """SELECT sequencename, data_type, start_value, increment_by FROM pg_sequences
                    WHERE schemaname = 'public' ORDER BY 1""",
    "triggers": """SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
                   AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace) ORDER BY 1, 2""",
    "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1, 2",
    "policies": "SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies WHERE schemaname = 'public' ORDER BY 1, 2",
    "rights": """SELECT table_name, privilege_type FROM information_schema.role_table_grants
                 WHERE grantee = 'bihuan_app' AND table_schema = 'public' ORDER BY 1, 2""",
}


@pytest.fixture(scope="module")
def migrated(server: str) -> Iterator[str]:
    """The URL of a database brought up by migrations alone."""
    name = f"m_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    url = server.replace("/postgres", f"/{name}")
    assert migrate(url) == head()
    yield url
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("what", CATALOGUE)
def test_migrations_give_the_declared_schema(migrated: str, owner_url: str, what: str) -> None:
    ours = "alembic_version"
    with psycopg.connect(migrated) as one, psycopg.connect(owner_url) as two:
        found = [row for row in one.execute(CATALOGUE[what].encode()).fetchall() if row[0] != ours]
        assert found == two.execute(CATALOGUE[what].encode()).fetchall()
        assert found or what in ("triggers", "functions", "policies")


def test_nothing_is_left_to_autogenerate(migrated: str) -> None:
    engine = open_database(migrated).engine
    with engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrating_twice_changes_nothing(migrated: str) -> None:
    assert migrate(migrated) == head()


def test_history_can_be_appended_to_and_read_but_not_rewritten(migrated: str) -> None:
    closed = [t.name for t in metadata.sorted_tables if t.info.get("append_only") and not t.info.get("updatable")]
    assert closed, "no table keeps history"
    app = external(migrated).app
    for name in closed:
        assert rights(metadata.tables[name]) == "SELECT, INSERT"
        with psycopg.connect(app, autocommit=True) as conn:
            assert conn.execute("SELECT current_user").fetchone() == ("bihuan_app",)
            conn.execute(f'SELECT * FROM "{name}" LIMIT 1')
            column = next(c.name for c in metadata.tables[name].columns if c.identity is None)
            for statement in (f'DELETE FROM "{name}"', f'UPDATE "{name}" SET "{column}" = NULL', f'TRUNCATE "{name}"'):
                with pytest.raises(errors.InsufficientPrivilege):
                    conn.execute(statement)


def test_the_application_cannot_change_the_schema(migrated: str) -> None:
    with psycopg.connect(external(migrated).app, autocommit=True) as conn, pytest.raises(errors.InsufficientPrivilege):
        conn.execute("CREATE TABLE mine (a int)")
