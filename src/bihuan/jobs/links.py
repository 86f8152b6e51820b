"""Limits that follow revenue: after every load of actuals (`jobs.verify_cases`), and every night, each policy by itself."""

from bihuan.bootstrap import Container
from bihuan.features.access.model import system
from bihuan.features.control import queries
from bihuan.features.control.commands import links
from bihuan.jobs.registry import Job


def relink_model(container: Container, model: str | None = None) -> None:
    """The policies of one model, or of all."""
    with container.database.reading() as reader:
        found = links.following(reader, model)
    for policy_id in found:
        with container.database.writing() as uow:
            links.relink(uow, system("links"), queries.policy_by_id(uow, policy_id))


JOBS = (Job("control.link_limits", relink_model, idempotent=True, every="15 0 * * *"),)
