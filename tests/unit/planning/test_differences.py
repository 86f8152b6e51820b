"""Versions against each other: order, blanks, shares, totals left out."""

from bihuan.features.planning.differences import compare
from bihuan.features.planning.wire import ColumnOut, QueryOut, RowOut


def slice_of(version: int, values: dict[str, tuple[str | None, ...]]) -> QueryOut:
    """Rows of one item over January and the quarter; a row whose name begins with a capital T is a total."""
    columns = [
        ColumnOut(code="2026-01", name="1", kind="base", parent="2026Q1", plan=True),
        ColumnOut(code="2026Q1", name="Q1", kind="quarter", parent=None, plan=True),
    ]
    rows = [
        RowOut(key=name, item="x", members={}, name=name, level=0, parent=None, leaf=not name.startswith("T"))
        for name in values
    ]
    cells = [[{"v": v, "s": "VALUE", "e": True, "r": None, "p": False} for v in row] for row in values.values()]
    return QueryOut(
        version=version, seq=version, revision=1, items=[], columns=columns, rows=rows, cells=cells, reasons={}
    )


BASE = slice_of(1, {"T": ("30", "30"), "a": ("10", "10"), "b": ("20", "20"), "c": (None, None), "d": ("5", "5")})
OTHER = slice_of(2, {"T": ("21", "21"), "a": ("7", "7"), "b": ("14", "14"), "c": ("0", "0"), "e": ("-1", "-1")})


def rows(**how: object) -> list[tuple[object, ...]]:
    found = compare([BASE, OTHER], **{"leaves": True, "limit": 100, **how})
    return [(r.key, r.period, r.values, r.delta, r.percent) for r in found.rows]


def test_leaves_that_differ_are_told_the_largest_first() -> None:
    """A row that one version lacks is blank there; a zero beside a blank differs, by nothing."""
    assert rows() == [
        ("b", "2026-01", ["20", "14"], ["-6"], ["-0.3000"]),
        ("d", "2026-01", ["5", None], ["-5"], ["-1.0000"]),
        ("a", "2026-01", ["10", "7"], ["-3"], ["-0.3000"]),
        ("e", "2026-01", [None, "-1"], ["-1"], [None]),
        ("c", "2026-01", [None, "0"], ["0"], [None]),
    ]


def test_totals_are_told_when_asked_for() -> None:
    told = rows(leaves=False)
    assert {(key, period) for key, period, *_ in told} >= {("T", "2026-01"), ("T", "2026Q1"), ("b", "2026Q1")}
    assert told[0][3] == ["-9"]


def test_the_limit_cuts_the_list_and_not_the_count() -> None:
    found = compare([BASE, OTHER], leaves=True, limit=2)
    assert (len(found.rows), found.differing, found.cells) == (2, 5, 5)


def test_a_version_against_itself_differs_nowhere() -> None:
    assert compare([BASE, BASE, BASE], leaves=False, limit=9).differing == 0
