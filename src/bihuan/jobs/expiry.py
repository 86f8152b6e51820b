"""What expired documents still hold is given back every minute, each in a transaction of its own."""

from bihuan.bootstrap import Container
from bihuan.features.access.model import system
from bihuan.features.control import commands
from bihuan.jobs.registry import Job

BATCH = 200


def expire_holds(container: Container) -> None:
    """Oldest first; a document that ended meanwhile is left alone."""
    with container.database.writing() as uow:
        found = commands.expired(uow, BATCH)
    for document_id in found:
        with container.database.writing() as uow:
            commands.expire(uow, system("expiry"), document_id=document_id)


JOBS = (Job("control.expire_holds", expire_holds, idempotent=True, every="* * * * *"),)
