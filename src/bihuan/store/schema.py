"""The declared schema in one go: tables, then the SQL that tables cannot say (triggers, grants, policies) from ddl/*.sql.

Migrations bring a database to the same schema step by step; a test compares the two.
"""

from importlib.resources import files

from sqlalchemy import Engine

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
        for statement in extra_ddl():
            conn.exec_driver_sql(statement)
