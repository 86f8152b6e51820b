"""After a load: cases whose decision was carried out are verified on the new numbers, then the alerts are looked at.

In this order: a case that closes must not be opened again by the alert that opened it.
"""

from bihuan.bootstrap import Container
from bihuan.features.access.model import system
from bihuan.features.monitoring.commands import verify_model
from bihuan.jobs.alerts import evaluate_model
from bihuan.jobs.registry import Job


def verify_cases(container: Container, *, model: str) -> None:
    """All cases of a model in one transaction, its alerts in another."""
    with container.database.writing() as uow:
        verify_model(uow, system("verify"), model=model)
    evaluate_model(container, model=model)


JOBS = (Job("monitoring.verify_cases", verify_cases, idempotent=True),)
