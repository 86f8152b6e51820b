"""Every night: each policy in force proves that its counters, entries, documents and released cells agree."""

import structlog

from bihuan.bootstrap import Container
from bihuan.features.access.model import system
from bihuan.features.control import queries
from bihuan.features.control.reconcile import run
from bihuan.jobs.registry import Job

log = structlog.get_logger()


def reconcile_all(container: Container) -> None:
    """Each policy in a transaction of its own; what differs stands in the run, on the control desk."""
    with container.database.reading() as reader:
        codes = [row["code"] for row in queries.policies(reader)]
    for code in codes:
        with container.database.writing() as uow:
            done = run(uow, system("reconcile"), queries.policy(uow, code))
        if done["differences"]:
            log.error("control.differs", policy=code, differences=len(done["differences"]))


JOBS = (Job("control.reconcile_all", reconcile_all, idempotent=True, every="10 2 * * *"),)
