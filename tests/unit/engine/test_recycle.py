"""Memory of large results: given on when nobody looks into it any more, and not a moment earlier."""

import numpy as np

from bihuan.engine import recycle

SHAPE = (recycle.LEAST_BYTES // 8 // 4, 8)


def test_memory_is_used_again_once_the_last_view_is_gone_and_not_earlier() -> None:
    first = recycle.empty(SHAPE)
    address, view = first.ctypes.data, first[10:].T[2]
    del first
    meanwhile = recycle.empty(SHAPE)
    assert not np.shares_memory(view, meanwhile)
    del view
    assert recycle.empty(SHAPE).ctypes.data == address


def test_two_results_alive_at_once_never_share() -> None:
    alive = [recycle.empty(SHAPE) for _ in range(4)]
    for n, array in enumerate(alive):
        array[:] = n
    assert [float(array.min()) for array in alive] == [0.0, 1.0, 2.0, 3.0]
    assert [float(array.max()) for array in alive] == [0.0, 1.0, 2.0, 3.0]


def test_what_is_kept_is_bounded() -> None:
    blocks = recycle._Blocks()
    for n in range(1, 6):
        blocks.give(np.empty(recycle.KEPT_BYTES // 4 + n, np.uint8))
    assert sum(size * len(found) for size, found in blocks.free.items()) <= recycle.KEPT_BYTES
    blocks.give(np.empty(recycle.KEPT_BYTES + 1, np.uint8))
    assert sum(size * len(found) for size, found in blocks.free.items()) <= recycle.KEPT_BYTES


def test_small_arrays_are_the_allocators_and_types_are_kept() -> None:
    assert recycle.empty((3, 2)).base is None
    large = recycle.empty((recycle.LEAST_BYTES, 1), np.uint8)
    assert (large.dtype, large.shape, large.flags.writeable) == (np.uint8, (recycle.LEAST_BYTES, 1), True)
