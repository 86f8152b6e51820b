"""Memory of large results, given to the next ones: the kernel's zeroing of fresh pages costs more than the arithmetic on them.

A block goes back when the last array that looks into it is gone. Blocks are kept by size, up to a bound.
"""

import threading
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

LEAST_BYTES = 4 * 2**20  # smaller ones the allocator keeps itself
KEPT_BYTES = 256 * 2**20  # of one process: two results of a million rows x twelve periods
_STEP = 2**20


class _Blocks:
    """The free blocks. The lock is reentrant: an array may be collected while its own thread is in here."""

    def __init__(self) -> None:
        self.free: dict[int, list[NDArray[np.uint8]]] = {}
        self.lock = threading.RLock()

    def take(self, size: int) -> NDArray[np.uint8]:
        with self.lock:
            found = self.free.get(size)
            if found:
                return found.pop()
        return np.empty(size, np.uint8)

    def give(self, block: NDArray[np.uint8]) -> None:
        with self.lock:
            kept = sum(size * len(blocks) for size, blocks in self.free.items())
            if kept + block.nbytes > KEPT_BYTES:
                self.free.clear()  # sizes change when the model does: what is not asked for any more must not stay
            if block.nbytes <= KEPT_BYTES:
                self.free.setdefault(block.nbytes, []).append(block)


_blocks = _Blocks()


class _Loan:
    """What an array on a borrowed block is based on; numpy lets views keep it alive."""

    __slots__ = ("__array_interface__", "_block", "_owner")

    def __init__(self, block: NDArray[np.uint8], shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._block, self._owner = block, _blocks
        self.__array_interface__ = {
            "version": 3, "shape": shape, "typestr": dtype.str, "data": (block.ctypes.data, False),
        }  # fmt: skip

    def __del__(self) -> None:
        self._owner.give(self._block)


def empty(shape: tuple[int, ...], dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """Like `numpy.empty`: an array with anything in it."""
    kind = np.dtype(dtype)
    size = int(np.prod(shape)) * kind.itemsize
    if size < LEAST_BYTES:
        return np.empty(shape, kind)
    return np.asarray(_Loan(_blocks.take(-(-size // _STEP) * _STEP), shape, kind))
