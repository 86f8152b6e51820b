"""Buffers for the temporaries of a block, used again by the next: fresh memory costs more than the arithmetic on it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from bihuan.engine.threads import BLOCK_CELLS


class _Pool(threading.local):
    """A stack of buffers for each thread; ``used`` is its height."""

    def __init__(self) -> None:
        self.buffers: list[NDArray[np.float64]] = []
        self.used = 0
        self.open = False


_pool = _Pool()


@contextmanager
def frame() -> Iterator[None]:
    """Buffers taken inside are free again at the end: nothing made from them may outlive it. Frames nest."""
    was_open, used = _pool.open, _pool.used
    _pool.open = True
    try:
        yield
    finally:
        _pool.open, _pool.used = was_open, used


def take(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """An array with anything in it: a buffer inside a frame, else new memory."""
    size = int(np.prod(shape))
    if not _pool.open or not BLOCK_CELLS // 8 < size <= BLOCK_CELLS:
        return np.empty(shape)
    if _pool.used == len(_pool.buffers):
        _pool.buffers.append(np.empty(BLOCK_CELLS))
    _pool.used += 1
    return _pool.buffers[_pool.used - 1][:size].reshape(shape)
