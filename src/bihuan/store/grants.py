"""What the application's role may do: everything with rows, except rewriting history.

A table declared with ``info={"append_only": True}`` (change log, action trail, ledger) can only be read and appended to.
A table declared with ``info={"updatable": ("column", …)}`` can be appended to, and only these columns updated.
"""

from collections.abc import Iterator

from sqlalchemy import MetaData, Table

APP_ROLE = "bihuan_app"

CREATE_ROLE = f"""
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
        CREATE ROLE {APP_ROLE};
    END IF;
    IF NOT pg_has_role(current_user, '{APP_ROLE}', 'MEMBER') THEN
        GRANT {APP_ROLE} TO CURRENT_USER;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;  -- somebody made it at this moment
END $$;
"""


def grants(metadata: MetaData) -> Iterator[str]:
    """Statements that give the application's role its rights on every declared table; repeatable."""
    yield CREATE_ROLE
    yield f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}"
    for table in metadata.sorted_tables:
        name = f'"{table.schema or "public"}"."{table.name}"'
        yield f"REVOKE ALL ON {name} FROM {APP_ROLE}"
        yield f"GRANT {rights(table)} ON {name} TO {APP_ROLE}"


def rights(table: Table) -> str:
    """``SELECT, INSERT`` and, unless the table keeps history, UPDATE and DELETE."""
    if columns := table.info.get("updatable"):
        quoted = ", ".join(f'"{c}"' for c in columns)
        return f"SELECT, INSERT, UPDATE ({quoted})"
    return "SELECT, INSERT" if table.info.get("append_only") else "SELECT, INSERT, UPDATE, DELETE"
