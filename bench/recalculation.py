"""A full recalculation of a hundred linked formulas, over a million rows of twelve months and over ten million rows.

Beside it numpy doing the same arithmetic in two buffers, without blanks and states and keeping nothing: about the least this
machine can do on one core. Ours keeps every item, as a worker does, so both sizes need memory; without it they are left out.
"""

import gc
from dataclasses import replace

import linked
import numpy as np
from harness import Result, compare

from bihuan.engine.calculate import Memo
from bihuan.engine.sheet import Sheet

THREADS = 2
FORMULAS = 100
BYTES_KEPT = 9  # a number and its state


def run(quick: bool) -> list[Result]:
    """Two sizes (quick: one small); no bar: the ratio says how far from bare arithmetic keeping everything is."""
    results: list[Result] = []
    for rows, periods in [(50_000, 12)] if quick else [(1_000_000, 12), (10_000_000, 1)]:
        if (needed := 1.35 * BYTES_KEPT * rows * periods * (FORMULAS + linked.INPUTS)) > free_memory():
            print(f"       recalculation {rows} x {periods} left out: needs {needed / 1e9:.0f} GB of free memory")
            continue
        results += measure(rows, periods)
        gc.collect()
    return results


def measure(rows: int, periods: int) -> list[Result]:
    data = linked.make(rows, periods, FORMULAS)
    sheet = linked.sheet(data, THREADS)

    def ours() -> np.ndarray:
        """Every formula, from nothing; all stay in memory until the last is there."""
        return Sheet(replace(sheet.calculation, memo=Memo())).leaves(data.last).values

    np.testing.assert_allclose(ours(), linked.bare(data), rtol=1e-9)
    return compare(
        f"recalculation, {FORMULAS} linked formulas", f"{rows} x {periods}", THREADS, ours,
        {"numpy, two buffers": (lambda: linked.bare(data), None)}, rounds=3, warm_up=0,
    )  # fmt: skip


def free_memory() -> float:
    """Bytes that may be taken now; unlimited where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            lines = dict(line.split(":", 1) for line in file)
    except OSError:
        return float("inf")
    return float(lines["MemAvailable"].split()[0]) * 1024
