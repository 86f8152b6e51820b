"""The starter package's published answers, all of them, from its data alone."""

from pathlib import Path

import numpy as np
import pytest
from tests.sheets import package_sheet, plain

from bihuan.features.modelling.package import read_package

MODELS = Path(__file__).parents[3] / "models"


@pytest.mark.parametrize("threads", [1, 2])
def test_every_published_cell_of_the_starter_is_computed(threads: int) -> None:
    package = read_package(MODELS / "starter")
    sheets = {v: package_sheet(package, v, threads=threads) for v in package.definition.versions}
    for cell in package.expected:
        item = package.model.items[cell.item]
        assert cell.period is not None
        rows = np.array([cell.members], np.int32).reshape(1, -1)
        values, states = sheets[cell.version].read(cell.item, rows=rows, periods=[cell.period])
        found = plain(float(values[0, 0]), int(states[0, 0]), item.scale)
        assert found == pytest.approx(float(cell.value), abs=float(cell.tolerance) + 1e-9), cell
