"""A panel: the cells of one item, sparse rows x dense time.

A row is one leaf member per non-time dimension; its key is kept as one int64 ``code`` (mixed radix, first dimension most
significant), so rows sorted by code are sorted lexicographically by member id. Beside each float64 stands a uint8 state;
where the state is not VALUE the number is 0.0. Panels never change: a new one shares the base arrays, which may be
memory-mapped, and carries a small sorted patch of changed, new and removed rows. So a change costs what was changed, and
the copy (`folded`) is paid once in a while.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bihuan.kernel.errors import Invalid
from bihuan.kernel.state import State

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Codes = NDArray[np.int64]
Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]

MAX_CODE = 2**62
PATCH_ROWS = 8192  # a patch is folded when it passes this and an eighth of the base


class KeysTooWide(Invalid):
    """The dimensions of one item have more combinations of members than a row key can hold."""

    code = "keys_too_wide"


def strides_of(sizes: Sequence[int]) -> tuple[int, ...]:
    """Mixed-radix strides, most significant first; raises `KeysTooWide` above 2^62 combinations."""
    out, stride = [], 1
    for size in reversed(sizes):
        out.append(stride)
        stride *= max(1, size)
    if stride > MAX_CODE:
        raise KeysTooWide(f"{stride:.3g} combinations of member ids", found=list(sizes), expected="at most 2^62")
    return tuple(reversed(out))


def pack(keys: Ints, sizes: Sequence[int]) -> Codes:
    """int32[n, ndims] member ids to int64[n] codes."""
    out = np.zeros(len(keys), np.int64)
    for column, stride in enumerate(strides_of(sizes)):
        out += keys[:, column].astype(np.int64) * stride
    return out


def unpack(codes: Codes, sizes: Sequence[int]) -> Ints:
    """int64[n] codes to int32[n, ndims] member ids."""
    out = np.empty((len(codes), len(sizes)), np.int32)
    for column in range(len(sizes)):
        out[:, column] = column_of(codes, sizes, column)
    return out


def column_of(codes: Codes, sizes: Sequence[int], column: int) -> Ints:
    """The member ids of one dimension."""
    stride = strides_of(sizes)[column]
    high = codes // stride if stride > 1 else codes
    return (high % sizes[column] if column else high).astype(np.int32)


def find(haystack: Codes, needles: Codes) -> tuple[NDArray[np.intp], Flags]:
    """Where each needle stands in the sorted haystack (0 where it does not), and whether it does."""
    if len(haystack) == 0:
        return np.zeros(len(needles), np.intp), np.zeros(len(needles), np.bool_)
    at = np.searchsorted(haystack, needles)
    at[at == len(haystack)] = 0
    hit = haystack[at] == needles
    at[~hit] = 0
    return at, hit


@dataclass(frozen=True, eq=False)
class Patch:
    """Rows that differ from the base, sorted by code; ``present`` False = the row is gone."""

    codes: Codes
    values: Floats
    states: Bytes
    present: Flags


@dataclass(frozen=True, eq=False)
class Panel:
    """Cells of one item. ``sizes`` bounds the member ids of each dimension. Use `panel_of`, `empty` to make one."""

    sizes: tuple[int, ...]
    base_codes: Codes
    base_values: Floats
    base_states: Bytes
    patch: Patch | None = None

    @property
    def axis(self) -> int:
        """Number of columns."""
        return int(self.base_values.shape[1])

    @cached_property
    def folded(self) -> "Panel":
        """The same cells without a patch; O(rows) once."""
        return self if self.patch is None else _fold(self)

    @property
    def codes(self) -> Codes:
        """Row codes, ascending."""
        return self.folded.base_codes

    @property
    def values(self) -> Floats:
        """float64[rows, axis]; 0.0 where the state is not VALUE."""
        return self.folded.base_values

    @property
    def states(self) -> Bytes:
        """uint8[rows, axis]."""
        return self.folded.base_states

    @cached_property
    def keys(self) -> Ints:
        """int32[rows, ndims] leaf member ids, sorted lexicographically."""
        return unpack(self.codes, self.sizes)

    @cached_property
    def _columns(self) -> dict[int, Ints]:
        return {}

    def column(self, dimension: int) -> Ints:
        """The leaf member of every row in one dimension: P of the roll-up, kept once asked for."""
        if dimension not in self._columns:
            self._columns[dimension] = column_of(self.codes, self.sizes, dimension)
        return self._columns[dimension]

    @cached_property
    def clean(self) -> bool:
        """True when every state is BLANK or VALUE, which lets kernels work without looking at cells one by one."""
        base = not self.base_states.size or int(self.base_states.max()) <= State.VALUE
        return base and (self.patch is None or not self.patch.states.size or int(self.patch.states.max()) <= 1)

    @cached_property
    def span(self) -> tuple[float, float] | None:
        """Least and greatest number, blanks' 0.0 included; None without cells. O(rows) once."""
        return (float(self.values.min()), float(self.values.max())) if self.values.size else None

    def __len__(self) -> int:
        return len(self.codes)

    def gather(self, codes: Codes) -> tuple[Floats, Bytes, Flags]:
        """Values, states and presence of these rows; a row that is not there is blank. O(asked), not O(rows)."""
        at, present = find(self.base_codes, codes)
        if len(self.base_codes):
            values, states = np.take(self.base_values, at, axis=0), np.take(self.base_states, at, axis=0)
            values[~present] = 0.0
            states[~present] = State.BLANK
        else:
            values = np.zeros((len(codes), self.axis))
            states = np.zeros((len(codes), self.axis), np.uint8)
        if self.patch is not None:
            at, hit = find(self.patch.codes, codes)
            values[hit] = self.patch.values[at[hit]]
            states[hit] = self.patch.states[at[hit]]
            present = np.where(hit, self.patch.present[at], present)
        return values, states, present

    def contains(self, codes: Codes) -> Flags:
        """Which of these rows are there."""
        _, present = find(self.base_codes, codes)
        if self.patch is not None:
            at, hit = find(self.patch.codes, codes)
            present = np.where(hit, self.patch.present[at], present)
        return present

    def changed(self, codes: Codes, values: Floats, states: Bytes, present: Flags) -> "Panel":
        """A new panel in which these rows (ascending codes) are as given; the rest is shared."""
        if not len(codes):
            return self
        values = np.where(present[:, None], values, 0.0)
        states = np.where(present[:, None], states, State.BLANK).astype(np.uint8)
        if self.patch is not None:
            _, hit = find(codes, self.patch.codes)
            keep = ~hit
            both = np.concatenate([self.patch.codes[keep], codes])
            order = np.argsort(both, kind="stable")
            patch = Patch(
                both[order],
                np.concatenate([self.patch.values[keep], values])[order],
                np.concatenate([self.patch.states[keep], states])[order],
                np.concatenate([self.patch.present[keep], present])[order],
            )
        else:
            patch = Patch(codes, values, states, present.copy())
        new = Panel(self.sizes, self.base_codes, self.base_values, self.base_states, patch)
        return new.folded if len(patch.codes) > max(PATCH_ROWS, len(self.base_codes) // 8) else new

    def resized(self, sizes: tuple[int, ...]) -> "Panel":
        """The same rows with codes for other id bounds; shares values and states."""
        if sizes == self.sizes:
            return self
        return Panel(sizes, pack(self.keys, sizes), self.values, self.states)


def _fold(panel: Panel) -> Panel:
    patch = panel.patch
    assert patch is not None
    at, hit = find(panel.base_codes, patch.codes)
    if bool((hit & patch.present).all()):  # same rows: copy and overwrite
        values, states = panel.base_values.copy(), panel.base_states.copy()
        values[at], states[at] = patch.values, patch.states
        return Panel(panel.sizes, panel.base_codes, values, states)
    keep = np.ones(len(panel.base_codes), np.bool_)
    keep[at[hit]] = False
    codes = np.concatenate([panel.base_codes[keep], patch.codes[patch.present]])
    order = np.argsort(codes, kind="stable")
    return Panel(
        panel.sizes,
        codes[order],
        np.concatenate([panel.base_values[keep], patch.values[patch.present]])[order],
        np.concatenate([panel.base_states[keep], patch.states[patch.present]])[order],
    )


def empty(sizes: tuple[int, ...], axis: int) -> Panel:
    """A panel without rows."""
    return Panel(sizes, np.zeros(0, np.int64), np.zeros((0, axis)), np.zeros((0, axis), np.uint8))


def panel_of(
    keys: ArrayLike, values: ArrayLike, states: ArrayLike | None = None, *, sizes: tuple[int, ...] | None = None
) -> Panel:
    """A panel from rows in any order: ``keys`` int32[rows, ndims], ``values`` float64[rows, axis] (nan = blank).

    Without ``states`` every number is a VALUE. Two rows with one key are refused. Sorted rows are not copied.
    """
    ids = np.asarray(keys, np.int32)
    numbers = np.asarray(values, np.float64)
    if states is None:
        there = ~np.isnan(numbers)
        marks = there.astype(np.uint8)
        numbers = np.where(there, numbers, 0.0)
    else:
        marks = np.asarray(states, np.uint8)
    assert (ids.ndim, numbers.ndim) == (2, 2), (ids.shape, numbers.shape)
    assert marks.shape == numbers.shape == (len(ids), numbers.shape[1]), (ids.shape, numbers.shape, marks.shape)
    if sizes is None:
        sizes = tuple(int(ids[:, d].max()) + 1 if len(ids) else 1 for d in range(ids.shape[1]))
    codes = pack(ids, sizes)
    if len(codes) > 1 and not bool((codes[1:] > codes[:-1]).all()):
        order = np.argsort(codes, kind="stable")
        codes, numbers, marks = codes[order], numbers[order], marks[order]
        twice = np.flatnonzero(codes[1:] == codes[:-1])
        if len(twice):
            raise Invalid("two rows have the same members", found=unpack(codes[twice[:1]], sizes)[0].tolist())
    return Panel(sizes, codes, numbers, marks)


def check_invariants(panel: Panel, scale: int | None = None) -> None:
    """Our own promises about a panel; every test that makes one calls this."""
    for codes, values, states in (
        (panel.codes, panel.values, panel.states),
        *(((panel.patch.codes, panel.patch.values, panel.patch.states),) if panel.patch else ()),
    ):
        assert (codes.dtype, values.dtype, states.dtype) == (np.int64, np.float64, np.uint8)
        assert values.shape == states.shape == (len(codes), panel.axis)
        assert (np.diff(codes) > 0).all(), "row codes ascend"
        assert not values[states != State.VALUE].any(), "0.0 where there is no value"
        assert not np.signbit(values[states != State.VALUE]).any()
        assert np.isfinite(values).all()
        if scale is not None:
            assert (values == np.rint(values)).all(), "whole scaled numbers"
            assert (np.abs(values) <= 2.0**53).all()
    assert (panel.keys >= 0).all()
    assert (panel.keys < np.asarray(panel.sizes, np.int64)).all()
