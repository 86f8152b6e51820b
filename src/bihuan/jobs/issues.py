"""Every night: released budget whose time has come becomes usable, each policy in a transaction of its own."""

from bihuan.bootstrap import Container
from bihuan.features.access.model import system
from bihuan.features.control.commands import issues
from bihuan.jobs.registry import Job


def issue_budget(container: Container) -> None:
    """By the business date."""
    with container.database.reading() as reader:
        found = issues.policies_issuing(reader)
    for policy_id in found:
        with container.database.writing() as uow:
            issues.issue_due(uow, system("issues"), policy_id=policy_id)


JOBS = (Job("control.issue_budget", issue_budget, idempotent=True, every="5 0 * * *"),)
