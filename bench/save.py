"""Save 500 rows, engine only: an edit of 500 volumes, the revenue of those rows, and all totals of a screen again.

The bar is growth: ten times the cells must cost less than 1.5 times the time. The peer is the smaller sheet.
"""

import budget_model
import numpy as np
from harness import Result, compare

from bihuan.engine.sheet import Edits, Sheet
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.state import State

ROWS = 500


def run(quick: bool) -> list[Result]:
    """1M and 10M cells; the quick set 0.25M and 2.5M."""
    import peers  # heavy

    small, large = (21_000, 210_000) if quick else (84_000, 840_000)
    sheets = {rows: warm(budget_model.make_sheet(peers.make(rows), 2)) for rows in (small, large)}
    for sheet in sheets.values():
        check(sheet)
    edits = {rows: edits_of(sheet, 7) for rows, sheet in sheets.items()}
    actions = {rows: (lambda r=rows: totals(sheets[r].edit(edits[r])[0])) for rows in sheets}
    size = f"{large * 12 / 1e6:.1f}M cells"
    return compare(
        "save 500 rows, engine only", size, 2, actions[large],
        {f"the same at {small * 12 / 1e6:.1f}M cells": (actions[small], 1.5)}, rounds=15, warm_up=3,
    )  # fmt: skip


def warm(sheet: Sheet) -> Sheet:
    """As a worker has it: the item computed, a screen's totals read once."""
    sheet.leaves(budget_model.REVENUE)
    totals(sheet)
    return sheet


def totals(sheet: Sheet) -> list[tuple[np.ndarray, np.ndarray]]:
    """Volume and revenue of all org nodes, all products together, every month and the year."""
    org = sheet.model.dimensions["org"]
    top = sheet.model.dimensions["product"].by_code["product-ALL"].id
    nodes = [m.id for m in org.members if not org.is_leaf(m.id)]
    rows = np.array([[n, top] for n in nodes], np.int32)
    periods = [*(PeriodKey("base", t) for t in range(12)), PeriodKey("year", 0)]
    return [sheet.read(item, rows=rows, periods=periods) for item in (budget_model.VOLUME, budget_model.REVENUE)]


def edits_of(sheet: Sheet, seed: int) -> Edits:
    """One month of 500 rows that lie anywhere."""
    rng = np.random.default_rng(seed)
    panel = sheet.leaves(budget_model.VOLUME)
    keys = panel.keys[np.sort(rng.choice(len(panel), ROWS, replace=False))]
    number = rng.integers(1, 10_000, ROWS).astype(np.float64)
    state = np.full(ROWS, State.VALUE, np.uint8)
    period = rng.integers(0, 12, ROWS).astype(np.int32)
    return Edits((budget_model.VOLUME,), np.zeros(ROWS, np.int32), keys, period, number, state)


def check(sheet: Sheet) -> None:
    """The totals after the edit are those of a sheet built from the edited cells."""
    after, _ = sheet.edit(edits_of(sheet, 3))
    fresh = Sheet.build(sheet.model, after.inputs)
    for (left, marks), (right, other) in zip(totals(after), totals(fresh), strict=True):
        assert left.tobytes() == right.tobytes()
        assert marks.tobytes() == other.tobytes()
