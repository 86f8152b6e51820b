"""The acceptance on real data: the folder is given by CASES; where it is absent every test here is skipped and says so."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

_COUNTED: list[str] = []


@pytest.fixture(scope="session")
def cases() -> Path:
    """The folder with the cases."""
    given = os.environ.get("CASES")
    if not given or not Path(given).is_dir():
        pytest.skip("no real-data cases: set CASES to their folder")
    return Path(given).resolve()


@pytest.fixture
def count() -> Callable[[str], None]:
    """Says at the end of the run what was counted."""
    return _COUNTED.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The counts of the run."""
    if _COUNTED:
        terminalreporter.section("real data")
        for line in _COUNTED:
            terminalreporter.write_line(line)
