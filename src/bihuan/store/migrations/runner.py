"""Brings a database to the present schema: revisions, then rights and triggers, then the job queue's own schema.

Everything is one transaction under one advisory lock: of two starters the second finds nothing to do, and a failed
migration changes nothing. A database that is up to date is only read: the comment on alembic_version says what it has.
"""

import hashlib
from importlib.resources import as_file, files

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bihuan.store.migrations.queue import install_queue
from bihuan.store.migrations.queue import migrations as queue_migrations
from bihuan.store.schema import apply_beside_tables, beside_tables
from bihuan.store.tables import metadata
from bihuan.store.unit_of_work import open_database

_LOCK = 0x62696875  # "bihu"


def migrate(url: str) -> str:
    """Upgrades the database of ``url`` (its owner's) and returns the revision it has now."""
    engine = open_database(url, pool_size=1).engine
    try:
        with engine.begin() as conn:
            wanted = _fingerprint()
            if _present(conn) == wanted:
                return head()
            conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            _upgrade(conn)
            apply_beside_tables(conn)
            install_queue(conn)
            conn.exec_driver_sql(f"COMMENT ON TABLE alembic_version IS '{wanted}'")
            return str(MigrationContext.configure(conn).get_current_revision())
    finally:
        engine.dispose()


def head() -> str:
    """The newest revision the code knows."""
    return str(_scripts().get_current_head())


def _fingerprint() -> str:
    """A digest of everything a migration leaves behind."""
    parts = [head(), *beside_tables(), queue_migrations()[-1]]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _present(conn: Connection) -> str | None:
    found = conn.exec_driver_sql("SELECT obj_description(to_regclass('public.alembic_version')::oid, 'pg_class')")
    comment: str | None = found.scalar_one_or_none()
    return comment


def _scripts() -> ScriptDirectory:
    with as_file(files(__package__)) as folder:
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.set_main_option("version_locations", str(folder / "versions"))
        config.set_main_option("path_separator", "newline")
        return ScriptDirectory.from_config(config)


def _upgrade(conn: Connection) -> None:
    scripts = _scripts()
    with EnvironmentContext(Config(), scripts, fn=lambda rev, _: scripts._upgrade_revs("head", rev)) as context:
        context.configure(connection=conn, target_metadata=metadata, transactional_ddl=True)
        context.run_migrations()
