"""The pages for who writes a package: the example is read from the page and computes, and every key is on the reference page."""

import re
from pathlib import Path
from typing import get_args

from bihuan.engine.definition import Base, ValueType
from bihuan.features.modelling.answers import answers
from bihuan.features.modelling.dimension_files import DIMENSION_KEYS, EDGE_COLUMNS, PROPERTY_TYPES
from bihuan.features.modelling.lint import hints
from bihuan.features.modelling.package import CALENDAR_KEYS, CUBE_KEYS, ITEM_KEYS, MODEL_KEYS, read_package
from bihuan.kernel.unit import PREFIXES

DOCS = Path(__file__).parents[3] / "docs"
BLOCK = re.compile(r"^`([^`\n]+\.(?:yaml|csv))`\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_example_of_the_page_computes_what_the_page_says(tmp_path: Path) -> None:
    page = (DOCS / "how-to" / "write-a-model.md").read_text("utf-8")
    for name, text in BLOCK.findall(page):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
    package = read_package(tmp_path)
    results = answers(package)
    assert [one for one in results if not one.agrees] == []
    computed = sum(one.kind == "computed" for one in results)
    assert f"`{computed} passed, 0 failed`" in page
    assert hints(package.model, {cell.item for cell in package.data}) == []


def test_the_reference_page_names_every_key() -> None:
    page = (DOCS / "reference" / "packages.md").read_text("utf-8")
    keys = {
        *MODEL_KEYS,
        *CALENDAR_KEYS,
        *CUBE_KEYS,
        *ITEM_KEYS,
        *DIMENSION_KEYS,
        *EDGE_COLUMNS,
        *PROPERTY_TYPES,
        *PREFIXES,
    }
    keys |= {*get_args(Base), *get_args(ValueType)}
    assert sorted(key for key in keys if key not in page) == []
