"""Writes the pages of docs/reference that follow from the code."""

import sys
from pathlib import Path

import conformance_page

from bihuan import settings
from bihuan.features.integration import outcomes
from bihuan.web import problems

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
PAGES = {
    "conformance.md": conformance_page.render,
    "errors.md": problems.reference,
    "settings.md": settings.reference,
    "load-outcomes.md": outcomes.reference_page,
}


def main() -> int:
    """Returns the exit status."""
    for name, render in PAGES.items():
        (REFERENCE / name).write_text(render(), encoding="utf-8")
        print(f"docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
