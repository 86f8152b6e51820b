"""The job process: takes jobs from the queue in PostgreSQL (schema ``procrastinate``) and runs them in threads.

A killed job process leaves its jobs marked as running. The next one, at its start and every 15 seconds, takes those whose
process no longer gives a sign of life: idempotent ones run again, the others are marked failed.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.jobs import Status
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bihuan.bootstrap import Container
from bihuan.jobs.registry import Job, all_jobs
from bihuan.store.migrations.queue import SCHEMA

HEARTBEAT_S = 3.0
DEAD_AFTER_S = 12.0
REAPER = "jobs.reap"


def queue_app(container: Container, *, dead_after_s: float = DEAD_AFTER_S) -> App:
    """The procrastinate application with every registered job and the reaper."""
    assert container.settings.database_url
    app = App(connector=PsycopgConnector(conninfo=in_queue_schema(container.settings.database_url), max_size=8))
    for job in all_jobs().values():
        task = app.task(name=job.name, queue="default", pass_context=False)(_runner(container, job))
        if job.every:
            app.periodic(cron=job.every)(app.task(name=f"{job.name}.tick")(_ticker(container, job)))
        assert task.name == job.name
    app.periodic(cron="* * * * * */15")(
        app.task(name=REAPER, queueing_lock=REAPER)(_reaper(app, dead_after_s)),
    )
    return app


def in_queue_schema(url: str) -> str:
    """The same connection with the queue's schema as its search path, keeping options already there."""
    info = conninfo_to_dict(url)
    info["options"] = f"{info.get('options') or ''} -c search_path={SCHEMA}".strip()
    return make_conninfo("", **info)


def _runner(container: Container, job: Job) -> Callable[..., None]:
    def run(**payload: Any) -> None:
        job.run(container, **payload)

    return run


def _ticker(container: Container, job: Job) -> Callable[[int], None]:
    def tick(timestamp: int) -> None:  # noqa: ARG001 - the queue passes it by name
        job.run(container)

    return tick


def _reaper(app: App, dead_after_s: float) -> Callable[[int], Any]:
    async def reap_now(timestamp: int) -> None:  # noqa: ARG001 - the queue passes it by name
        await reap(app, dead_after_s)

    return reap_now


async def reap(app: App, dead_after_s: float = DEAD_AFTER_S) -> int:
    """Frees the jobs of dead processes and returns how many there were."""
    jobs = all_jobs()
    manager = app.job_manager
    stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=dead_after_s))
    for job in stalled:
        known = jobs.get(job.task_name.removesuffix(".tick"))
        if known and known.idempotent and not job.task_name.endswith(".tick"):
            await manager.retry_job(job)
        else:  # ticks come again by themselves
            await manager.finish_job(job, Status.FAILED, delete_job=False)
    return len(stalled)


async def run_worker(app: App) -> None:
    """Runs until SIGTERM or SIGINT."""
    async with app.open_async():
        await reap(app)
        await app.run_worker_async(
            concurrency=4,
            fetch_job_polling_interval=1.0,
            update_heartbeat_interval=HEARTBEAT_S,
            stalled_worker_timeout=DEAD_AFTER_S,
            shutdown_graceful_timeout=5.0,
            delete_jobs="successful",
        )


def main(container: Container) -> None:
    """The job process."""
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(run_worker(queue_app(container)))
