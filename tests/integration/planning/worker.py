"""One worker process of the concurrency test: threads that each count one cell upwards and check what they must see.

    worker.py URL VERSION FOLDER FIRST THREADS WRITES

Says "ready", waits for a line, writes, says how many checks it made. ``FOLDER/acknowledged`` is shared by all workers: a
writer's place holds the last value whose request has been answered.
"""

import importlib.util
import sys
import threading
from pathlib import Path

import numpy as np

from bihuan.features.access.model import system
from bihuan.features.planning import commands
from bihuan.features.planning.replica import open_replica
from bihuan.store.unit_of_work import Database, open_database

CELLS = [f"销量 {o} {p} 2026-{m:02d}" for o in "ABC" for p in ("P1", "P2", "P3") for m in range(1, 13)]


def helpers() -> object:
    spec = importlib.util.spec_from_file_location("planning_world", Path(__file__).with_name("conftest.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def values(state: object) -> np.ndarray:
    """The value of every writer's cell, in the order of `CELLS`."""
    [panel] = [p for ref, p in state.sheet.inputs.items() if ref.item == "销量"] or [None]
    if panel is None:
        return np.zeros(len(CELLS))
    full = np.zeros((4, 4, 12))
    full[panel.keys[:, 0], panel.keys[:, 1]] = panel.values
    return full[1:, 1:].reshape(-1)


def write(
    database: Database, replica: object, edit: object, *, version: int, me: int, count: int, seen: np.ndarray
) -> None:
    """``count`` requests; each sees everything that was acknowledged, to anybody, before it began."""
    actor = system(f"writer {me}")
    for n in range(1, count + 1):
        acknowledged = np.array(seen)
        with database.writing() as uow:
            assert (values(replica.pin(uow, version)) >= acknowledged).all(), "an acknowledged write is not seen"
            change = edit(CELLS[me], None if n == 1 else str(n - 1), str(n))
            result = commands.save(uow, actor, version_id=version, edits=[change], base_seq=0)
            assert result.outcome == "saved", result
        seen[me] = n


def main(url: str, version: int, folder: Path, *, first: int, threads: int, count: int) -> None:
    world = helpers()
    database = open_database(url, pool_size=threads)
    model = world.small_model()
    replica = open_replica(database.engine, models=lambda *_: model, folder=folder / "blocks")
    seen = np.memmap(folder / "acknowledged", np.int64, "r+", shape=(len(CELLS),))
    failures: list[BaseException] = []

    def run(me: int) -> None:
        try:
            write(database, replica, world.edit, version=version, me=me, count=count, seen=seen)
        except BaseException as error:  # told to the parent below
            failures.append(error)

    writers = [threading.Thread(target=run, args=(first + k,)) for k in range(threads)]
    print("ready", flush=True)
    sys.stdin.readline()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    if failures:
        raise failures[0]
    with database.reading() as reader:
        assert (values(replica.pin(reader, version)) >= np.array(seen)).all()
    print("done", flush=True)


if __name__ == "__main__":
    first, threads, count = map(int, sys.argv[4:])
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), first=first, threads=threads, count=count)
