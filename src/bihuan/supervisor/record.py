"""``data/run.json``: the supervisor and its children, by id and start time. What a killed one left is found by it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from signal import SIGKILL, SIGTERM

from bihuan.store.embedded.process import ProcessId


@dataclass(frozen=True, slots=True)
class Record:
    """Who runs the installation, and where it listens."""

    supervisor: ProcessId
    url: str
    children: Mapping[str, ProcessId] = field(default_factory=dict)

    def save(self, data: Path) -> None:
        """Whole or not at all."""
        part = _file(data).with_suffix(".part")
        part.write_text(json.dumps(asdict(self), indent=1))
        part.replace(_file(data))

    @classmethod
    def load(cls, data: Path) -> "Record | None":
        try:
            found = json.loads(_file(data).read_text())
            children = {name: ProcessId(**child) for name, child in found["children"].items()}
            return cls(ProcessId(**found["supervisor"]), found["url"], children)
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None


def _file(data: Path) -> Path:
    return data / "run.json"


def forget(data: Path) -> None:
    """After an orderly stop."""
    _file(data).unlink(missing_ok=True)


def stop_leftovers(data: Path) -> list[str]:
    """Ends children that outlived their supervisor (the kernel ends them on Linux; elsewhere nobody does)."""
    record = Record.load(data)
    if record is None or record.supervisor.alive():
        return []
    left = {name: child for name, child in record.children.items() if name != "postgres" and child.alive()}
    for child in left.values():
        child.stop((SIGTERM, 5), (SIGKILL, 5))
    return sorted(left)
