"""Large forecasts, with their progress told while they run; as the person who asked, with the rights of today."""

from time import monotonic

from bihuan.bootstrap import Container
from bihuan.features.access.queries import principal_of
from bihuan.features.forecast import commands, queries
from bihuan.features.forecast.computing import compute
from bihuan.features.forecast.text import definition
from bihuan.features.modelling import queries as modelling
from bihuan.jobs.registry import Job
from bihuan.kernel.errors import BihuanError, NotFound

EVERY_S = 0.5


def run_forecast(container: Container, *, run: int, login: str) -> None:
    """Computes outside any lock, then writes in one transaction; a refusal is kept with the run."""
    database, told = container.database, 0.0
    with database.reading() as reader:
        asked = queries.run_by_id(reader, run)
        if asked.state not in ("queued", "running"):
            return  # done before this process was killed

    def progress(step: str, done: int, total: int) -> None:
        nonlocal told
        if monotonic() - told >= EVERY_S:
            told = monotonic()
            with database.writing() as uow:
                uow.run("forecast.set_step", id=run, step=step, done=done, total=total)

    try:
        with database.reading() as reader:
            said = definition(reader, modelling.find(reader, asked.model_id).code, asked.code)
            computed = compute(reader, asked.model_id, said, progress)
        with database.writing() as uow:
            actor = principal_of(uow, login, container.trees)
            if actor is None:
                raise NotFound(f"没有账号 {login}", login=login)
            commands.publish(uow, actor, run_id=run, computed=computed)
    except BihuanError as error:
        with database.writing() as uow:
            uow.run("forecast.fail", id=run, problem=str(error), at=uow.now())


JOBS = (Job(commands.JOB, run_forecast, idempotent=True),)
