"""Housekeeping of access: the action trail is chained every minute, what has expired is forgotten every night."""

from datetime import timedelta

from bihuan.bootstrap import Container
from bihuan.features.access import commands
from bihuan.jobs.registry import Job

BATCH = 10_000


def seal(container: Container) -> None:
    """Chains what was recorded since the last run; in batches, each its own transaction."""
    done = BATCH
    while done == BATCH:
        with container.database.writing() as uow:
            done = commands.seal_trail(uow, limit=BATCH)


def sweep(container: Container) -> None:
    """Sign-in attempts after a day, idempotency keys after a week, ended sessions after a month."""
    with container.database.writing() as uow:
        now = uow.now()
        uow.run("access.sweep_attempts", before=now - timedelta(days=1))
        uow.run("access.sweep_keys", before=now - timedelta(days=7))
        uow.run("access.sweep_sessions", before=now - timedelta(days=30))
        uow.run("access.sweep_service", before=now - timedelta(days=1))


JOBS = (
    Job("access.seal_trail", seal, idempotent=True, every="* * * * *"),
    Job("access.sweep", sweep, idempotent=True, every="23 3 * * *"),
)
