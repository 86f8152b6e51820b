"""The reference pages are what the code says: every error has a row, every page is current."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest

import bihuan
from bihuan import settings
from bihuan.features.integration import outcomes
from bihuan.kernel.errors import BihuanError
from bihuan.web import problems
from bihuan.web.problem_table import TABLE

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


ANSWERED = ("bihuan.kernel", "bihuan.engine", "bihuan.store", "bihuan.features")  # what may reach a route


def errors(base: type[BihuanError] = BihuanError) -> Iterator[type[BihuanError]]:
    if base.__module__.startswith(ANSWERED):
        yield base
    for child in base.__subclasses__():
        yield from errors(child)


@pytest.fixture(scope="module", autouse=True)
def everything_imported() -> None:
    for module in pkgutil.walk_packages(bihuan.__path__, "bihuan."):
        if not module.name.endswith("__main__") and ".migrations." not in module.name:
            importlib.import_module(module.name)


def test_every_error_has_a_row_that_says_what_to_do() -> None:
    missing = {f"{e.__module__}.{e.__name__}: {e.code}" for e in errors() if e.code not in TABLE}
    assert not missing, "add a line to web/problem_table.py, then run `make docs`"


def test_rows_are_written_in_both_languages_and_short() -> None:
    for code, row in TABLE.items():
        assert row.status in (400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503), code
        assert all((row.zh, row.do_zh, row.en, row.do_en)), code
        assert max(len(row.zh), len(row.do_zh)) <= 30, code


def test_every_setting_has_a_meaning_and_comes_from_the_environment() -> None:
    names = [f.name for f in fields(settings.Settings)]
    assert list(settings.MEANINGS) == names
    given = {f"BIHUAN_{name.upper()}": "7" for name in names}
    read = settings.from_environment(given)
    assert [name for name in names if str(getattr(read, name)).rsplit("/", 1)[-1] != "7"] == []


@pytest.mark.parametrize(
    ("page", "render"),
    [
        ("errors.md", problems.reference),
        ("settings.md", settings.reference),
        ("load-outcomes.md", outcomes.reference_page),
    ],
)
def test_the_page_is_current(page: str, render: Callable[[], str]) -> None:
    assert (REFERENCE / page).read_text(encoding="utf-8") == render(), "run `make docs`"
