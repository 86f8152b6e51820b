"""Jobs exist exactly when the transaction that asked for them commits; those of a dead process are not forgotten."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bihuan import bootstrap
from bihuan.bootstrap import Container
from bihuan.jobs import registry
from bihuan.jobs.registry import Job
from bihuan.jobs.worker import queue_app, reap
from bihuan.settings import Settings
from bihuan.store.jobs import enqueue
from bihuan.store.unit_of_work import Database


@pytest.fixture
def container(database_url: str, tmp_path: Path) -> Iterator[Container]:
    held = bootstrap.build(Settings(data=tmp_path, database_url=database_url))
    yield held
    held.database.engine.dispose()


def run_queue(container: Container) -> None:
    """Runs what waits, then returns."""

    async def once() -> None:
        app = queue_app(container)
        async with app.open_async():
            await app.run_worker_async(wait=False, listen_notify=False, install_signal_handlers=False)

    asyncio.run(once())


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the jobs ``note`` and ``note_once`` have written."""
    seen: list[str] = []

    def note(container: Container, text: str) -> None:
        seen.append(text)

    jobs = {name: Job(name, note, idempotent=name == "note") for name in ("note", "note_once")}
    monkeypatch.setattr("bihuan.jobs.worker.all_jobs", lambda: jobs)
    return seen


def test_a_job_runs_after_its_transaction_commits(container: Container, database: Database, done: list[str]) -> None:
    with database.writing() as uow:
        enqueue(uow, "note", {"text": "已提交"})
    run_queue(container)
    assert done == ["已提交"]


def test_a_job_of_a_rolled_back_transaction_never_was(
    container: Container, database: Database, done: list[str]
) -> None:
    with contextlib.suppress(KeyError), database.writing() as uow:
        enqueue(uow, "note", {"text": "回滚"})
        raise KeyError
    run_queue(container)
    assert done == []


def test_jobs_with_one_lock_run_in_order(container: Container, database: Database, done: list[str]) -> None:
    with database.writing() as uow:
        for n in range(5):
            enqueue(uow, "note", {"text": str(n)}, lock="model:1")
    run_queue(container)
    assert done == ["0", "1", "2", "3", "4"]


def test_jobs_of_a_dead_process_run_again_or_are_marked_failed(
    container: Container, database: Database, owner_url: str, done: list[str]
) -> None:
    with database.writing() as uow:
        again, once = (enqueue(uow, name, {"text": name}) for name in ("note", "note_once"))
    with psycopg.connect(owner_url) as conn:  # what a killed process leaves: running jobs and a heartbeat that stopped
        dead = conn.execute(
            "INSERT INTO procrastinate.procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
        ).fetchone()
        conn.execute(
            "UPDATE procrastinate.procrastinate_jobs SET status = 'doing', worker_id = %s WHERE status = 'todo'", dead
        )

    async def reap_once() -> int:
        app = queue_app(container)
        async with app.open_async():
            return await reap(app)

    assert asyncio.run(reap_once()) == 2
    with database.reading() as reader:
        assert [reader.value("jobs.state", id=job) for job in (again, once)] == ["todo", "failed"]
    run_queue(container)
    assert done == ["note"]


def test_every_registered_job_has_a_name_of_its_module_and_a_purpose() -> None:
    for job in registry.all_jobs().values():
        assert "." in job.name
        assert job.run.__doc__
