"""The acceptance on real data: the folder is given by CASES; where it is absent every test here is skipped and says so."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def cases() -> Path:
    """The folder with the cases."""
    given = os.environ.get("CASES")
    if not given or not Path(given).is_dir():
        pytest.skip("no real-data cases: set CASES to their folder")
    return Path(given).resolve()
