"""Blocks of rows over threads: numpy lets go of the interpreter lock inside its loops, so plain threads suffice.

Block bounds depend on the number of rows only, never on the number of threads: so the same additions happen in the same
order, and the answer has the same bits for any number of threads.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

# A block's buffers are 1.5 MB each: they stay in the last-level cache, and every call is long enough that two threads
# seldom wait for each other between calls. A quarter of that fits the second level and takes twice as long.
BLOCK_CELLS = 16384 * 12

T = TypeVar("T")


def block_rows(axis: int) -> int:
    """Rows in a block of ``axis`` columns."""
    return max(64, BLOCK_CELLS // max(1, axis))


def blocks(rows: int, size: int) -> list[tuple[int, int]]:
    """[start, stop) bounds that cut ``rows`` rows into blocks."""
    return [(start, min(start + size, rows)) for start in range(0, rows, size)]


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix=f"engine{threads}")


def run(work: Callable[[int, int], T], rows: int, size: int, threads: int) -> list[T]:
    """``work(start, stop)`` for every block, results in block order; work must not start work of its own."""
    bounds = blocks(rows, size)
    if threads <= 1 or len(bounds) <= 1:
        return [work(start, stop) for start, stop in bounds]
    # one task per thread taking turns, not one per block: fewer hand-overs
    out: list[T | None] = [None] * len(bounds)

    def turn(worker: int) -> None:
        for i in range(worker, len(bounds), threads):
            out[i] = work(*bounds[i])

    list(_pool(threads).map(turn, range(threads)))
    return out  # type: ignore[return-value]  # every slot was filled: each block has a turn
