"""Alerts are looked at after every load (`jobs.verify_cases`), and every morning: time passes without loads too."""

from bihuan.bootstrap import Container
from bihuan.features.access.model import system
from bihuan.features.monitoring.alerting import evaluate
from bihuan.jobs.registry import Job


def evaluate_model(container: Container, *, model: str) -> None:
    """The alerts of one model in one transaction."""
    with container.database.writing() as uow:
        evaluate(uow, system("alerts"), model=model)


def evaluate_all(container: Container) -> None:
    """Every model, each in a transaction of its own."""
    with container.database.reading() as reader:
        models = [row["code"] for row in reader.rows("monitoring.models")]
    for model in models:
        evaluate_model(container, model=model)


JOBS = (
    Job("monitoring.evaluate_alerts", evaluate_model, idempotent=True),
    Job("monitoring.evaluate_all", evaluate_all, idempotent=True, every="40 5 * * *"),
)
