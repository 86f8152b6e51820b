"""Loads that people asked for in the browser, and the tidying of those whose job is gone."""

from bihuan.bootstrap import Container
from bihuan.features.integration import loads
from bihuan.jobs.registry import Job


def load(container: Container, *, run: int) -> None:
    """One load, to its end; again after its process died."""
    loads.carry_out(container.database, container.warehouse, container.trees, run)


def tidy(container: Container) -> None:
    """Ends loads that no job carries out any more."""
    loads.tidy(container.database)


JOBS = (
    Job(loads.JOB, load, idempotent=True),
    Job("integration.tidy_loads", tidy, idempotent=True, every="* * * * *"),
)
