"""After a load: limits that follow revenue move, cases whose decision was carried out are verified on the new numbers, then
the alerts are looked at.

In this order: a case that closes must not be opened again by the alert that opened it.
"""

from bihuan.bootstrap import Container
from bihuan.features.access.model import system
from bihuan.features.monitoring.commands import verify_model
from bihuan.jobs.alerts import evaluate_model
from bihuan.jobs.links import relink_model
from bihuan.jobs.registry import Job


def verify_cases(container: Container, *, model: str) -> None:
    """Limits, cases and alerts of a model, each in transactions of their own."""
    relink_model(container, model)
    with container.database.writing() as uow:
        verify_model(uow, system("verify"), model=model)
    evaluate_model(container, model=model)


JOBS = (Job("monitoring.verify_cases", verify_cases, idempotent=True),)
