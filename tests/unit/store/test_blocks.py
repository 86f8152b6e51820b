"""Blocks and change sets come back as they went in, and the same content has the same name."""

from pathlib import Path

import numpy as np
import pytest

from bihuan.store import blocks
from bihuan.store.blocks import ChangedCells, PanelArrays, PanelFiles, assemble, cut, decode_changes, encode_changes

CODES = [f"2026-{m:02d}" for m in range(1, 13)] + [f"2027-{m:02d}" for m in range(1, 13)]
YEARS = {2026: slice(0, 12), 2027: slice(12, 24)}


def panel(rows: int, seed: int = 1) -> PanelArrays:
    rng = np.random.default_rng(seed)
    states = (rng.random((rows, 24)) < 0.7).astype(np.uint8)
    values = np.where(states == 1, rng.integers(-(10**12), 10**12, (rows, 24)).astype(float), 0.0)
    members = np.stack([np.arange(rows), np.arange(rows) % 7], axis=1).astype(np.int32)
    return PanelArrays(members, values, states)


def same(a: PanelArrays, b: PanelArrays) -> bool:
    return all(np.array_equal(getattr(a, k), getattr(b, k)) for k in ("members", "values", "states"))


def changes(n: int, item: str = "销售!销量", width: int = 2) -> ChangedCells:
    whole = np.arange(n, dtype=np.int32)
    return ChangedCells(
        (item, "销售!单价"),
        ("2026-01", "2026-02"),
        whole % 2,
        np.stack([whole + j for j in range(width)], axis=1) if width else np.empty((n, 0), np.int32),
        whole % 2,
        whole * 1.0,
        np.ones(n, np.uint8),
        whole * 2.0,
        (whole % 2).astype(np.uint8),
    )


@pytest.mark.parametrize("rows", [1, 100, 101, 350])
def test_cut_then_assemble_is_identity(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 100)
    before = panel(rows)
    pieces = cut(before, YEARS, CODES)
    assert len(pieces) == -(-rows // 100)
    assert same(before, assemble([[b.data for b in chunk] for chunk in pieces], CODES, 2))


def test_same_content_has_the_same_hash_and_a_changed_year_changes_only_its_block() -> None:
    first = panel(50)
    other = PanelArrays(first.members, first.values.copy(), first.states.copy())
    other.values[3, 20], other.states[3, 20] = 5.0, 1
    [a], [b], [again] = cut(first, YEARS, CODES), cut(other, YEARS, CODES), cut(first, YEARS, CODES)
    assert [x.hash for x in a] == [x.hash for x in again]
    assert a[0].hash == b[0].hash
    assert a[1].hash != b[1].hash


def test_a_wholly_blank_year_takes_no_block_and_comes_back_blank() -> None:
    first = panel(5)
    first.values[:, 12:], first.states[:, 12:] = 0, 0
    [chunk] = cut(first, YEARS, CODES)
    assert [b.fiscal_year for b in chunk] == [2026]
    assert same(first, assemble([[chunk[0].data]], CODES, 2))


def test_blocks_land_on_a_longer_axis_by_period_code() -> None:
    first = panel(5)
    [chunk] = cut(first, YEARS, CODES)
    longer = ["2025-12", *CODES]
    again = assemble([[b.data for b in chunk]], longer, 2)
    assert not again.states[:, 0].any()
    assert np.array_equal(again.values[:, 1:], first.values)


def test_a_parameter_without_dimension_and_period_is_a_block_of_one_cell() -> None:
    one = PanelArrays(np.empty((1, 0), np.int32), np.array([[7.5]]), np.array([[1]], np.uint8))
    [[block]] = cut(one, {0: slice(0, 1)}, [""])
    assert same(one, assemble([[block.data]], [""], 0))


@pytest.mark.parametrize("width", [0, 2])
def test_change_set_comes_back_as_it_went_in(width: int) -> None:
    before = changes(9, width=width)
    after = decode_changes(encode_changes(before))
    assert after.items == before.items
    assert after.periods == before.periods
    for name in ("item", "members", "period", "before", "before_state", "after", "after_state"):
        assert np.array_equal(getattr(after, name), getattr(before, name)), name


def test_joined_change_sets_keep_order_and_recode() -> None:
    joined = blocks.join_changes([changes(2, "销售!销量", 2), changes(2, "费用!金额", 1)])
    assert [joined.items[i] for i in joined.item] == ["销售!销量", "销售!单价", "费用!金额", "销售!单价"]
    assert joined.members.tolist() == [[0, 1], [1, 2], [0, -1], [1, -1]]


def test_unpacked_panel_is_mapped_read_only_and_written_once(tmp_path: Path) -> None:
    files, first = PanelFiles(tmp_path), panel(20)
    name = PanelFiles.name([["a", "b"]], CODES)
    assert files.open(name) is None
    files.put(name, first)
    files.put(name, first)  # a second worker loses the race and nothing breaks
    mapped = files.open(name)
    assert mapped is not None
    assert same(first, mapped)
    assert isinstance(mapped.values, np.memmap)
    assert not mapped.values.flags.writeable
    assert len([p for p in tmp_path.iterdir() if p.name.startswith(".")]) == 0


def test_the_name_tells_apart_blocks_and_axes() -> None:
    names = {PanelFiles.name(h, c) for h in ([["a"], ["b"]], [["a", "b"]]) for c in (["1"], ["1", "2"])}
    assert len(names) == 4
