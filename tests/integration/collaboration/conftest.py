"""The office of tests/office.py on this module's database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.office import Office, opened


@pytest.fixture(scope="module")
def office(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(database_url, Path(tmp_path_factory.mktemp("data"))) as made:
        yield made
