"""Memory per populated cell of warm workers: three inputs in mapped files, one item computed from them.

Fill counts all cells, of every item alike. The workers are processes of their own that map the same files, as web workers map
the same blocks. Counted is what the sheet adds to a worker that has already imported everything and computed a small one:
proportional (PSS: shared pages split among those who share them), added up over the workers, and private (USS) of one worker.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from harness import Memory

HERE = Path(__file__).resolve().parent
_WORKER = """
import sys; sys.path.insert(0, {here!r})
import memory
memory.work({folder!r}, {rows})
"""


def run(quick: bool) -> list[Memory]:
    """1 and 4 workers at 100 % and 30 % fill (quick: 30 % only); no bar: a number and its state are 9 bytes."""
    rows = 100_000 if quick else 1_000_000
    return [measure(rows, fill, workers) for fill in ((0.3,) if quick else (1.0, 0.3)) for workers in (1, 4)]


def measure(rows: int, fill: float, workers: int) -> Memory:
    """Every worker computes, says so and waits; then all are looked at, while all are alive."""
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as folder:
        write(Path(folder), rows, fill)
        script = _WORKER.format(here=str(HERE), folder=folder, rows=rows)
        crew = [
            subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(workers)
        ]
        try:
            before = [smaps(w.pid) for w in crew if said(w)]
            cells = [said(w, "go") for w in crew]
            after = [smaps(w.pid) for w in crew]
        finally:
            for w in crew:
                w.kill()
                w.wait()
    growth = {kind: [a[kind] - b[kind] for a, b in zip(after, before, strict=True)] for kind in ("Pss", "Uss")}
    return Memory(
        "memory per populated cell",
        f"{rows} x 12 x 4 items, {fill:.0%} filled",
        workers,
        populated_cells=int(cells[0]),
        pss_bytes_per_cell=sum(growth["Pss"]) / int(cells[0]),
        uss_bytes_per_cell_and_worker=max(growth["Uss"]) / int(cells[0]),
    )


def write(folder: Path, rows: int, fill: float) -> None:
    """The three inputs as plain arrays; every item has its own holes, and no row that is blank throughout, as stored blocks."""
    import budget_model
    import peers

    data, rng = peers.make(rows), np.random.default_rng(1)
    for ref, panel in budget_model.inputs(budget_model.make_model(rows), data).items():
        there = rng.random(panel.values.shape) < fill
        rows_kept = np.flatnonzero(there.any(axis=1))
        np.save(folder / f"{ref.item}-codes.npy", panel.codes[rows_kept])
        np.save(folder / f"{ref.item}-values.npy", np.where(there, panel.values, 0.0)[rows_kept])
        np.save(folder / f"{ref.item}-states.npy", there.astype(np.uint8)[rows_kept])


def work(folder: str, rows: int) -> None:
    """In a worker: a small sheet first, then, when told, the one that is measured."""
    import budget_model

    from bihuan.engine.panel import Panel
    from bihuan.engine.sheet import Sheet

    budget_model.make_sheet(small(2500), 1).leaves(budget_model.REVENUE)
    model = budget_model.make_model(rows)
    print(json.dumps("ready"), flush=True)
    sys.stdin.readline()
    sizes = tuple(max(m.id for m in model.dimensions[d].members) + 1 for d in ("org", "product"))
    inputs = {}
    for ref in (budget_model.VOLUME, budget_model.PRICE, budget_model.RATE):
        parts = (np.load(f"{folder}/{ref.item}-{part}.npy", mmap_mode="r") for part in ("codes", "values", "states"))
        inputs[ref] = Panel(sizes, *(part.view(np.ndarray) for part in parts))
    sheet = Sheet.build(model, inputs, threads=1)
    panels = [sheet.leaves(budget_model.REVENUE), *sheet.inputs.values()]
    print(json.dumps(sum(int((p.states == 1).sum()) for p in panels)), flush=True)
    sys.stdin.readline()


def small(rows: int) -> SimpleNamespace:
    """Data of ones; the peers and their libraries stay out of a worker."""
    ones = np.ones((rows, 12))
    return SimpleNamespace(rows=rows, volume=ones, price=ones, rate=ones, blank=np.zeros(ones.shape, np.bool_))


def said(worker: "subprocess.Popen[str]", ask: str = "") -> object:
    """The worker's next line, after telling it to go on where ``ask`` is given."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    if ask:
        worker.stdin.write(ask + "\n")
        worker.stdin.flush()
    return json.loads(worker.stdout.readline())


def smaps(pid: int) -> dict[str, int]:
    """Bytes: Pss, and Uss = private pages."""
    fields = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, amount, _ = line.split()
        fields[name.rstrip(":")] = int(amount) * 1024
    return {"Pss": fields["Pss"], "Uss": fields["Private_Clean"] + fields["Private_Dirty"]}
