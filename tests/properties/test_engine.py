"""The engine against the naive evaluator, and incremental edits against full recomputation, on random models."""

import random

import numpy as np
import pytest
from tests.naive import Naive
from tests.random_model import Made, build, naive_inputs, random_edits, random_model

from bihuan.engine.panel import check_invariants
from bihuan.engine.sheet import Sheet
from bihuan.kernel.period import PeriodKey
from bihuan.kernel.state import State


@pytest.mark.parametrize("seed", range(30))
def test_leaves_totals_and_rows_equal_the_naive_evaluator(seed: int) -> None:
    made = random_model(random.Random(seed))
    sheet, naive = build(made), Naive(made.model, naive_inputs(made.model, made.cells))
    for ref, item in made.model.items.items():
        panel = sheet.leaves(ref)
        check_invariants(panel, item.scale)
        assert {tuple(k) for k in panel.keys.tolist()} == naive.rows(ref), item.ref
        nodes = [row for row in all_nodes(made, ref) if random.Random(f"{seed}{row}").random() < 0.4]
        rows = [*sorted(naive.rows(ref)), *nodes]
        for grain in made.model.calendar.grains if item.grain else ("base",):
            compare(made, sheet, naive, ref, rows=rows, grain=grain)


def all_nodes(made: Made, ref: object) -> list[tuple[int, ...]]:
    out: list[tuple[int, ...]] = [()]
    item = made.model.items[ref]  # type: ignore[index]  # an item's reference
    for dim in item.dims:
        out = [(*row, m.id) for row in out for m in made.model.dimensions[dim].members]
    leaf = [all(made.model.dimensions[d].is_leaf(m) for d, m in zip(item.dims, row, strict=True)) for row in out]
    return [row for row, is_leaf in zip(out, leaf, strict=True) if not is_leaf]


def compare(made: Made, sheet: Sheet, naive: Naive, ref: object, *, rows: list[tuple[int, ...]], grain: str) -> None:
    item = made.model.items[ref]  # type: ignore[index]  # an item's reference
    width = made.model.calendar.grain_size(grain) if item.grain else 1
    periods = [PeriodKey(grain, t) for t in range(width)]
    keys = np.array(rows, np.int32).reshape(len(rows), len(item.dims))
    values, states = sheet.read(item.ref, rows=keys, periods=periods)
    for n, row in enumerate(rows):
        for t, period in enumerate(periods):
            state, value = naive.read(item.ref, row, period if item.grain else None)
            where = (item.ref.item, row, period, item.time.kind, item.total.kind, [r.text for r in item.rules])
            assert states[n, t] == state, (*where, State(states[n, t]), state, values[n, t])
            if state == State.VALUE:
                found = values[n, t] / 10.0 ** (item.scale or 0)
                assert found == pytest.approx(float(value), rel=1e-9, abs=1e-8), where


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("seed", range(16))
def test_edits_one_by_one_equal_computing_anew_bit_by_bit(seed: int, threads: int) -> None:
    rng = random.Random(1000 + seed)
    made = random_model(rng)
    sheet = build(made, threads)
    look(sheet, made)
    for _ in range(3):
        edits = random_edits(rng, made, rng.choice([1, 3, 12]))
        before = {ref: sheet.leaves(ref) for ref in made.model.items}
        sheet, changes = sheet.edit(edits)
        fresh = build(made)
        for ref in made.model.items:
            left, right = sheet.leaves(ref), fresh.leaves(ref)
            assert np.array_equal(left.codes, right.codes), ref
            assert left.values.tobytes() == right.values.tobytes(), (ref, [r.text for r in made.model.items[ref].rules])
            assert np.array_equal(left.states, right.states), ref
            if ref not in changes.items:
                assert np.array_equal(before[ref].values, right.values)
        for left_cells, right_cells in zip(look(sheet, made), look(fresh, made), strict=True):
            for a, b in zip(left_cells, right_cells, strict=True):
                assert a.tobytes() == b.tobytes()


def look(sheet: Sheet, made: Made) -> list[tuple[np.ndarray, np.ndarray]]:
    """Leaves and totals of everything, so that there is something to bring up to date."""
    out = []
    for ref, item in made.model.items.items():
        sheet.leaves(ref)
        rows = all_nodes(made, ref)
        nodes = np.array(rows, np.int32).reshape(len(rows), len(item.dims))
        for grain in made.model.calendar.grains if item.grain else ("base",):
            width = made.model.calendar.grain_size(grain) if item.grain else 1
            out.append(sheet.read(ref, rows=nodes, periods=[PeriodKey(grain, t) for t in range(width)]))
    return out
