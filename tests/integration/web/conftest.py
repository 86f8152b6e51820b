"""A running application without a socket, and people with roles to call it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from bihuan.bootstrap import build
from bihuan.features.access import passwords
from bihuan.settings import Settings
from bihuan.web.app import create_app


@pytest.fixture(scope="module", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Argon2 at a hundredth of its cost; tests/unit/access/test_passwords.py checks the real one."""
    real, passwords._hasher = passwords._hasher, PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    yield
    passwords._hasher = real


@pytest.fixture(scope="module")
def app_client(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of the application on the module's database; anonymous."""
    container = build(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    with TestClient(create_app(container)) as client:
        yield client
    container.database.engine.dispose()
