"""The declared schema in one go: tables, the application role's rights, then ddl/*.sql (triggers, policies).

Migrations bring a database to the same schema step by step; a test compares the two.
"""

from importlib.resources import files

from sqlalchemy import Connection, Engine

from bihuan.store.grants import grants
from bihuan.store.tables import metadata


def extra_ddl() -> list[str]:
    """The text of every ddl/*.sql file, in name order; each must be repeatable."""
    folder = files(__package__) / "ddl"
    return [
        f.read_text(encoding="utf-8") for f in sorted(folder.iterdir(), key=lambda f: f.name) if f.name.endswith(".sql")
    ]


def create_all(engine: Engine) -> None:
    """Creates the declared schema in an empty database."""
    with engine.begin() as conn:
        metadata.create_all(conn)
        apply_beside_tables(conn)


def beside_tables() -> list[str]:
    """What tables cannot say: rights, then triggers and policies; each statement is repeatable."""
    return [*grants(metadata), *extra_ddl()]


def apply_beside_tables(conn: Connection) -> None:
    """Runs them; migrations end with it too."""
    cursor = conn.connection.cursor()  # the driver's own: a file may hold several statements and per cent signs
    for statement in beside_tables():
        cursor.execute(statement)
