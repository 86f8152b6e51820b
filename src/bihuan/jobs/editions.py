"""Every five minutes: planned texts of policies whose day has come are activated, each in a transaction of its own."""

import structlog

from bihuan.bootstrap import Container
from bihuan.features.access.model import system
from bihuan.features.control.editions import commands
from bihuan.jobs.registry import Job
from bihuan.kernel.errors import BihuanError

log = structlog.get_logger()


def activate_editions(container: Container) -> None:
    """By the business date. One that cannot be activated says why, and is tried again."""
    with container.database.reading() as reader:
        found = commands.due(reader)
    for edition_id in found:
        try:
            with container.database.writing() as uow:
                commands.activate(uow, system("activation"), edition_id=edition_id)
        except BihuanError as fault:
            with container.database.writing() as uow:
                news = commands.failed(uow, edition_id=edition_id, fault=str(fault))
            if news:
                log.error("control.not_activated", edition=edition_id, fault=str(fault))


JOBS = (Job("control.activate_editions", activate_editions, idempotent=True, every="*/5 * * * *"),)
