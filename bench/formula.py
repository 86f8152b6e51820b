"""volume × price × (1 − rate) over rows × 12, with 5 % blanks, states and rounding on: the engine against its peers.

What is timed is a whole item computed from nothing into a panel of its own, rows and states included. As in a warm worker the
inputs have been read before, so their least and greatest numbers are known, and the last round's result has been forgotten.
"""

import os
from collections.abc import Callable
from dataclasses import replace

import budget_model
import numpy as np
from harness import Result, compare

from bihuan.engine.calculate import Memo
from bihuan.engine.sheet import Sheet

THREADS = 2


def run(quick: bool) -> list[Result]:
    """Bars from the issue: ours at most 5 bare multiplies per operator, a tenth of DuckDB long, 1.2 of dense layouts."""
    os.environ.setdefault("POLARS_MAX_THREADS", str(THREADS))
    import peers  # polars reads its number of threads when it is first imported

    rows = 250_000 if quick else 1_000_000
    data = peers.make(rows)
    sheet = budget_model.make_sheet(data, THREADS)
    check(data, sheet)

    def ours() -> object:
        return Sheet(replace(sheet.calculation, memo=Memo())).leaves(budget_model.REVENUE)

    bars: dict[str, tuple[Callable[[], object], float | None]] = {
        "numpy, bare multiplies": (peers.bare_numpy(data, THREADS), 5.0),
        "DuckDB, long": (peers.duckdb_long(data, THREADS), 0.1),
        "DuckDB, three columns a line": (peers.duckdb_three_columns(data, THREADS), None),
        "DuckDB, dense time": (peers.duckdb_dense(data, THREADS), 1.2),
        "Polars, dense time": (peers.polars_dense(data), 1.2),
        "pandas": (peers.pandas_dense(data), None),
    }
    return compare("formula", f"{rows} x 12", THREADS, ours, bars, rounds=3 if quick else 7)


def check(data: "peers.Data", sheet: Sheet) -> None:  # type: ignore[name-defined]  # noqa: F821
    """What is fast must be right: the same numbers, to the fen."""
    panel = sheet.leaves(budget_model.REVENUE)
    expected = np.where(data.blank, 0.0, data.volume * data.price * (1 - data.rate))
    assert np.abs(panel.values / 100 - expected).max() <= 0.005 + 1e-6
    assert ((panel.states == 0) == data.blank).all()
