"""Order under concurrency: two worker processes, thousands of writes; late commits; rollbacks; folding meanwhile."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from bihuan.features.planning import commands

WORKER = Path(__file__).with_name("worker.py")
WORKERS, THREADS = 2, 4


@pytest.mark.parametrize("writes", [3_200, pytest.param(10_000, marks=pytest.mark.slow)])
def test_two_workers_see_every_acknowledged_write_and_the_log_has_no_gaps(
    world, database_url, tmp_path, writes
) -> None:
    v = world.version()
    cells, each = 108, writes // (WORKERS * THREADS)
    np.memmap(tmp_path / "acknowledged", np.int64, "w+", shape=(cells,)).flush()
    arguments = [database_url, str(v.id), str(tmp_path)]
    workers = [
        subprocess.Popen(
            [sys.executable, WORKER, *arguments, str(n * THREADS), str(THREADS), str(each)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(WORKERS)
    ]
    assert [w.stdout.readline() for w in workers] == ["ready\n"] * WORKERS
    for w in workers:  # the barrier
        w.stdin.write("go\n")
        w.stdin.flush()
    folded = fold_until(world, v.id, lambda: all(w.poll() is not None for w in workers))
    for w in workers:
        out, err = w.communicate(timeout=300)
        assert (w.returncode, out) == (0, "done\n"), err[-3000:]
    with world.database.reading() as reader:
        seqs = [r["seq"] for r in reader.rows("planning.tail", version=v.id, after=0, upto=2 * writes)]
        assert reader.row("planning.version", id=v.id)["seq"] == writes
    assert seqs == list(range(1, writes + 1))
    assert set(world.cells(v).values()) == {str(each)}
    assert len(world.cells(v)) == WORKERS * THREADS
    # incremental = full: a worker that starts now, from the last manifest, and one that replays everything
    assert world.cells(v) == world.cells(v, world.cold(tmp_path / "cold"))
    assert world.cells(v) == world.cells(v, replayed(world, tmp_path, v.id))
    assert folded > 1, "the log was folded while it was written"


def fold_until(world, version_id: int, done) -> int:
    """Folds again and again while others write; returns how often."""
    folds, pause = 0, threading.Event()
    while not done():
        pause.wait(0.5)
        with world.database.writing() as uow:
            commands.fold(uow, world.actor, version_id=version_id)
        folds += 1
    return folds


def replayed(world, tmp_path, version_id: int):
    """A replica that knows only the first, empty manifest and reads the whole log."""
    replica = world.cold(tmp_path / "replayed")
    with world.database.reading() as reader:
        first = reader.row("planning.manifest_at", version=version_id, seq=0)
        replica._slot(version_id).state = replica._build(reader, first, 1)
    return replica


def test_a_write_waits_for_the_one_before_it_so_no_commit_comes_late(world, edit) -> None:
    """A takes its seq and is slow to commit; B, though ready, gets the next one only after A's commit."""
    v = world.version()
    order: list[str] = []
    took, go = threading.Event(), threading.Event()

    def slow() -> None:
        with world.database.writing() as uow:
            commands.save(uow, world.actor, version_id=v.id, edits=[edit("销量 A P1 2026-01", None, "1")], base_seq=0)
            took.set()
            go.wait(10)
            order.append("A")

    def quick() -> None:
        world.save(v, edit("销量 B P1 2026-01", None, "2"))
        order.append("B")

    a, b = threading.Thread(target=slow), threading.Thread(target=quick)
    a.start()
    took.wait(10)
    b.start()
    b.join(0.3)
    assert b.is_alive(), "B waits for A's commit"
    assert world.cells(v) == {}, "a reader neither waits nor sees what is not committed"
    go.set()
    a.join(10)
    b.join(10)
    assert order == ["A", "B"]
    assert len(world.cells(v)) == 2


@pytest.mark.parametrize("threads", [8])
def test_rolled_back_writes_leave_no_gap_and_of_equal_writes_one_wins(world, edit, threads) -> None:
    """Every thread tries the same blank cell, after a write that it rolls back: one saves, the others conflict."""
    v = world.version()
    barrier, outcomes = threading.Barrier(threads), []

    def attempt(n: int) -> None:
        barrier.wait()
        try:
            with world.database.writing() as uow:
                change = edit("销量 C P3 2026-12", None, str(n))
                commands.save(uow, world.actor, version_id=v.id, edits=[change], base_seq=0)
                raise ZeroDivisionError
        except ZeroDivisionError:
            outcomes.append(world.save(v, edit("销量 A P1 2026-01", None, str(n))).outcome)

    tries = [threading.Thread(target=attempt, args=(n,)) for n in range(1, threads + 1)]
    for t in tries:
        t.start()
    for t in tries:
        t.join(30)
    assert sorted(outcomes) == ["nothing"] * (threads - 1) + ["saved"]
    with world.database.reading() as reader:
        assert reader.row("planning.version", id=v.id)["seq"] == 1
    assert list(world.cells(v)) == ["销量 A P1 2026-01"]
