"""Timing in pairs: ours and each peer in turn, round after round, so that a slow moment of the machine hits all of them."""

import gc
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache

Action = Callable[[], object]


@cache
def commit() -> str:
    """The commit measured, with + when the tree differs from it."""
    head = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    dirty = subprocess.run(
        ["git", "status", "--porcelain", "-uno"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return (head or "unknown") + ("+" if dirty else "")


@dataclass(frozen=True)
class Result:
    """``bar`` bounds ours_s / peer_s; None = for information. Seconds; medians of the raw times."""

    bench: str
    size: str
    threads: int
    ours_s: float
    peer: str
    peer_s: float
    bar: float | None = None
    ours_raw: list[float] = field(default_factory=list)
    peer_raw: list[float] = field(default_factory=list)
    note: str = ""
    commit: str = field(default_factory=commit)

    @property
    def ratio(self) -> float:
        """How many times the peer's time ours took."""
        return self.ours_s / self.peer_s

    @property
    def passed(self) -> bool | None:
        """None where there is no bar."""
        return None if self.bar is None else self.ratio <= self.bar

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "ratio": self.ratio, "passed": self.passed}


@dataclass(frozen=True)
class Memory:
    """Bytes, not seconds: fields of their own, and never a bar. ``threads`` counts worker processes."""

    bench: str
    size: str
    threads: int
    populated_cells: int
    pss_bytes_per_cell: float
    uss_bytes_per_cell_and_worker: float
    commit: str = field(default_factory=commit)
    passed: None = None

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "ours_s": None, "peer": "", "peer_s": None, "unit": "bytes per populated cell"}


def seconds(action: Action) -> float:
    """One timed call, garbage collected before and not during."""
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        action()
        return time.perf_counter() - start
    finally:
        gc.enable()


def compare(
    bench: str,
    size: str,
    threads: int,
    ours: Action,
    peers: Mapping[str, tuple[Action, float | None]],
    *,
    rounds: int = 5,
    warm_up: int = 1,
    note: str = "",
) -> list[Result]:
    """A result per peer; ``peers`` maps a name to (action, bar)."""
    actions: dict[str, Action] = {"": ours, **{name: action for name, (action, _) in peers.items()}}
    for action in actions.values():
        for _ in range(warm_up):
            action()
    raw: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            raw[name].append(seconds(action))
    median = {name: statistics.median(times) for name, times in raw.items()}
    return [
        Result(bench, size, threads, median[""], name, median[name], bar, raw[""], raw[name], note)
        for name, (_, bar) in peers.items()
    ]
