"""Folds the tails of plan logs into blocks, one version per transaction, while people go on writing."""

from bihuan.bootstrap import Container
from bihuan.features.access.model import system
from bihuan.features.planning import commands
from bihuan.jobs.registry import Job

LEAST = 200  # change sets; a cold start replays about this many in a few milliseconds


def fold_all(container: Container, least: int = LEAST) -> None:
    """Every version whose log has run at least ``least`` change sets ahead of its blocks."""
    with container.database.reading() as reader:
        behind = [row["version_id"] for row in reader.rows("planning.unfolded", least=least)]
    for version_id in behind:
        with container.database.writing() as uow:
            commands.fold(uow, system("fold"), version_id=version_id)


JOBS = (Job("planning.fold", fold_all, idempotent=True, every="* * * * *"),)
