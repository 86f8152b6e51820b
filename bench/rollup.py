"""Totals by a leading and by a non-leading dimension: all nodes of one hierarchy, the other dimension at its top."""

import os
from dataclasses import replace

import budget_model
import numpy as np
from harness import Result, compare

from bihuan.engine.calculate import Memo
from bihuan.engine.sheet import Sheet
from bihuan.kernel.period import PeriodKey

THREADS = 2


def run(quick: bool) -> list[Result]:
    """Bar: no slower than 1.2 times the columnar engines' GROUP BY of the leaf dimension on the dense-time layout."""
    os.environ.setdefault("POLARS_MAX_THREADS", str(THREADS))
    import peers  # polars reads its number of threads when it is first imported
    import polars as pl

    rows = 250_000 if quick else 1_000_000
    data = peers.make(rows)
    sheet = budget_model.make_sheet(data, THREADS)
    sheet.leaves(budget_model.VOLUME)
    keys = budget_model.keys_of(sheet.model, rows)
    table = peers.dense_table(data).append_column("org", [keys[:, 0]]).append_column("product", [keys[:, 1]])
    results: list[Result] = []
    for dim in ("org", "product"):
        connection = peers.connect(THREADS)
        connection.register("source", table)
        connection.execute("CREATE TABLE f AS SELECT * FROM source")
        sums = ", ".join(f"sum(v{t})" for t in range(peers.PERIODS))
        query = f"SELECT {dim}, {sums} FROM f GROUP BY {dim}"  # the names are ours
        frame = pl.from_arrow(table)
        totals = [pl.col(f"v{t}").sum() for t in range(peers.PERIODS)]
        check(sheet, data, keys, dim)
        results += compare(
            f"roll-up by {'leading' if dim == 'org' else 'non-leading'} dimension",
            f"{rows} x 12",
            THREADS,
            lambda dim=dim: read(sheet, dim),
            {
                "DuckDB, dense time": (lambda c=connection, q=query: c.execute(q).fetchnumpy(), 1.2),
                "Polars, dense time": (lambda d=dim, f=frame, t=totals: f.group_by(d).agg(t), 1.2),
            },
            rounds=5 if quick else 9,
            note="ours: leaves and all nodes of the tree; peers: leaves only",
        )
    return results


def nodes_of(sheet: Sheet, dim: str) -> np.ndarray:
    """Every member of ``dim`` with the top of the other dimension."""
    dims = sheet.model.dimensions
    other = "product" if dim == "org" else "org"
    top = dims[other].by_code[f"{other}-ALL"].id
    members = np.array([m.id for m in dims[dim].members], np.int32)
    columns = {dim: members, other: np.full(len(members), top, np.int32)}
    return np.stack([columns["org"], columns["product"]], axis=1)


def read(sheet: Sheet, dim: str) -> tuple[np.ndarray, np.ndarray]:
    """The totals, nothing kept from the last time but the entered numbers and their leaf positions."""
    memo = Memo(panels=sheet.calculation.memo.panels, axes=sheet.calculation.memo.axes)
    fresh = Sheet(replace(sheet.calculation, memo=memo))
    periods = [PeriodKey("base", t) for t in range(12)]
    return fresh.read(budget_model.VOLUME, rows=nodes_of(sheet, dim), periods=periods)


def check(sheet: Sheet, data: object, keys: np.ndarray, dim: str) -> None:
    """The same sums the slow way: one leaf, one group, the top."""
    values, _ = read(sheet, dim)
    volume, column = data.volume, keys[:, 0 if dim == "org" else 1]  # type: ignore[attr-defined]
    members = list(sheet.model.dimensions[dim].members)
    for code, leaves in ((f"{dim}-3", [3]), (f"{dim}-g1", range(32, 64)), (f"{dim}-ALL", range(10**6))):
        at = next(n for n, m in enumerate(members) if m.code == code)
        assert (values[at] == volume[np.isin(column, list(leaves))].sum(axis=0)).all(), code
