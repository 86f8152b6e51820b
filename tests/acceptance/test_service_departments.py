"""`models/service-departments`: a published allocation by three methods, and interest on an average debt worked by hand.

Horngren, Cost Accounting, chapter 15. What each quarter's allocation leaves is compared with what it took, cell by cell.
"""

from pathlib import Path

from bihuan.features.modelling.answers import answers
from bihuan.features.modelling.package import read_package

PACKAGE = Path(__file__).parents[2] / "models" / "service-departments"


def test_every_expected_cell_is_computed_and_equal() -> None:
    results = answers(read_package(PACKAGE))
    assert [one for one in results if not one.agrees] == []
    assert len(results) == 40
