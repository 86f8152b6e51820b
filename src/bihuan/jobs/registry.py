"""What the job process can run. A sibling module offers jobs in a tuple ``JOBS``; a payload is JSON."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bihuan.bootstrap import Container


@dataclass(frozen=True, slots=True)
class Job:
    """``run(container, **payload)`` opens its own units of work.

    ``idempotent``: may be run again from the start when its process was killed in the middle; otherwise it is marked failed.
    ``every``: a cron line (a sixth field counts seconds); such a job takes no payload.
    """

    name: str
    run: Callable[..., None]
    idempotent: bool = False
    every: str | None = None


def all_jobs() -> Mapping[str, Job]:
    """Every job of every module in ``bihuan.jobs``, by name."""
    package = importlib.import_module(__package__)
    found: dict[str, Job] = {}
    for module in pkgutil.iter_modules(package.__path__):
        jobs: tuple[Job, ...] = getattr(importlib.import_module(f"{__package__}.{module.name}"), "JOBS", ())
        for job in jobs:
            assert job.name not in found, f"two jobs are called {job.name}"
            found[job.name] = job
    return found


def run_now(container: Container, name: str, payload: Mapping[str, Any] | None = None) -> None:
    """Runs a job here and now, without the queue."""
    all_jobs()[name].run(container, **(payload or {}))
