"""A database per seed."""

import uuid
from collections.abc import Callable, Iterator

import psycopg
import pytest
from tests.conftest import clone, with_database

from bihuan.store.embedded import external


@pytest.fixture(scope="module")
def new_database(server: str, template: str) -> Iterator[Callable[[], str]]:
    """Makes a fresh, migrated database; answers its URL as the application sees it."""
    made: list[str] = []

    def make() -> str:
        made.append(f"t_{uuid.uuid4().hex[:10]}")
        clone(server, template, made[-1])
        return external(with_database(server, made[-1])).app

    yield make
    with psycopg.connect(server, autocommit=True) as conn:
        for name in made:
            conn.execute(f"DROP DATABASE {name} WITH (FORCE)")
