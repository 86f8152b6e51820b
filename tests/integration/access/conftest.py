"""Cheap password hashes."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from bihuan.features.access import passwords


@pytest.fixture(scope="module", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Argon2 at a hundredth of its cost; tests/unit/access/test_passwords.py checks the real one."""
    real, passwords._hasher = passwords._hasher, PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    yield
    passwords._hasher = real
