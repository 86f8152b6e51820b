"""One slice in several versions: which cells differ, by how much. Pure; the slices come from `slices.query`."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from bihuan.features.planning.wire import QueryOut, RowOut
from bihuan.features.planning.wire_branches import ComparedOut, CompareOut

_SHARE = Decimal("0.0001")


def compare(slices: Sequence[QueryOut], *, leaves: bool, limit: int) -> CompareOut:
    """The cells of the first slice against the same cells of the others, by row key and column code.

    A row or column that a version's model revision does not have is blank there. Differences are exact; blank counts as
    nothing in a difference but is told as blank.
    """
    shown = [_by_name(one) for one in slices]
    rows = {row.key: row for one in reversed(slices) for row in one.rows}
    kept = [
        key for key in dict.fromkeys(key for one in shown for key in one) if not leaves or _is_leaf(slices, rows, key)
    ]
    found = [_compared(rows[key[0]], key[1], [one.get(key) for one in shown]) for key in kept]
    differing = [one for one in found if any(Decimal(d) for d in one.delta) or len({v is None for v in one.values}) > 1]
    differing.sort(key=lambda one: -max(abs(Decimal(d)) for d in one.delta))
    return CompareOut(
        versions=[one.version for one in slices],
        seqs=[one.seq for one in slices],
        cells=len(kept),
        differing=len(differing),
        rows=differing[:limit],
    )


_Key = tuple[str, str]  # row key, column code


def _by_name(one: QueryOut) -> dict[_Key, str | None]:
    return {
        (row.key, column.code): cell["v"]
        for row, values in zip(one.rows, one.cells, strict=True)
        for column, cell in zip(one.columns, values, strict=True)
    }


def _is_leaf(slices: Sequence[QueryOut], rows: dict[str, RowOut], key: _Key) -> bool:
    groups = {column.code for one in slices for column in one.columns if column.kind not in ("base", "none")}
    return rows[key[0]].leaf and key[1] not in groups


def _compared(row: RowOut, period: str, values: list[str | None]) -> ComparedOut:
    amounts = [Decimal(v) if v is not None else Decimal(0) for v in values]
    delta = [amount - amounts[0] for amount in amounts[1:]]
    return ComparedOut(
        key=row.key,
        item=row.item,
        name=row.name,
        members=row.members,
        period=period,
        values=values,
        delta=[format(d, "f") for d in delta],
        percent=[_share(d, amounts[0]) for d in delta],
    )


def _share(delta: Decimal, base: Decimal) -> str | None:
    return format((delta / abs(base)).quantize(_SHARE, ROUND_HALF_UP), "f") if base else None
