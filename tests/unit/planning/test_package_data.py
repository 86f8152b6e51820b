"""What of a package's data a version can keep."""

from pathlib import Path

import pytest
from tests.models import package

from bihuan.features.planning.packages import require_numbers
from bihuan.kernel.errors import ProblemsFound

ITEMS = "等级: {type: text}\n可用: {type: boolean}\n开工: {type: date, dims: [产品]}"


def test_texts_and_dates_are_refused_at_their_places_and_conditions_are_not(tmp_path: Path) -> None:
    data = "item,产品,2026Q1,2026Q2,value\n可用,A,TRUE,FALSE,\n等级,A,,A类,\n开工,A,,,2026-05-15\n"
    with pytest.raises(ProblemsFound) as refused:
        require_numbers(package(tmp_path / "texts", "收入 = 成本", ITEMS, 表=data))
    told = [(p.file, p.line, p.found) for p in refused.value.problems]
    assert told == [("data/表.csv", 3, "A类"), ("data/表.csv", 4, "2026-05-15")]
    require_numbers(package(tmp_path / "rest", "收入 = 成本", ITEMS, 表="\n".join(data.split("\n")[:2])))
