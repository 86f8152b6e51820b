"""Memory per populated cell of a warm worker: three inputs and one computed item, at 100 % and 30 % fill.

``ours_s`` and ``peer_s`` are bytes per populated cell here, not seconds: the same runner, the same table. The peer is a bare
float64, 8 bytes. Forked workers share the mapped blocks; what they share is not counted twice.
"""

import subprocess
import sys
from pathlib import Path

from harness import Result

HERE = Path(__file__).resolve().parent
_PROBE = """
import sys; sys.path.insert(0, {here!r})
import numpy as np, peers, budget_model
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
budget_model.make_sheet(peers.make(2500), 1).leaves(budget_model.REVENUE)
before = resident()
data = peers.make({rows})
if {fill} < 1:
    data.blank[:] = np.random.default_rng(1).random(data.blank.shape) >= {fill}
    data.volume[data.blank] = 0.0
sheet = budget_model.make_sheet(data, 1)
blank = data.blank
panel = sheet.leaves(budget_model.REVENUE)
sheet.leaves(budget_model.REVENUE).column(0)
cells = int((panel.states == 1).sum()) + sum(int((p.states == 1).sum()) for p in sheet.inputs.values())
print((resident() - before) / cells)
"""


def run(quick: bool) -> list[Result]:
    """Each measurement in a process of its own."""
    rows = 250_000 if quick else 1_000_000
    results = []
    for fill in (1.0, 0.3):
        script = _PROBE.format(here=str(HERE), rows=rows, fill=fill)
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        size = f"{rows} x 12, {fill:.0%} of volumes"
        note = "bytes per populated cell, not seconds"
        results.append(Result("memory per populated cell", size, 1, float(done.stdout), "bare float64", 8.0, note=note))
    return results
