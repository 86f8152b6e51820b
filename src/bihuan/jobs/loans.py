"""Every night: loans whose period has ended are repaid by what it left unused, each in a transaction of its own."""

from bihuan.bootstrap import Container
from bihuan.features.access.model import system
from bihuan.features.control.changing import lending
from bihuan.jobs.registry import Job


def repay_loans(container: Container) -> None:
    """By the business date."""
    with container.database.reading() as reader:
        found = lending.due(reader)
    for transfer_id in found:
        with container.database.writing() as uow:
            lending.repay(uow, system("loans"), transfer_id=transfer_id)


JOBS = (Job("control.repay_loans", repay_loans, idempotent=True, every="40 2 * * *"),)
