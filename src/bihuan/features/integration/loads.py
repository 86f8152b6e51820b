"""A load carried out by the job process while people watch: receive, recognise, map, validate, publish, tie out.

Each step is a transaction; where the load stands is written beside them, in transactions of its own. Preparing and publishing
commit or leave nothing, so a load may be stopped, or its process killed, at any moment: stopped, it takes back its batch; killed,
it begins again and finds what has been committed. Once published it can no longer be stopped.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from sqlalchemy.exc import DBAPIError

from bihuan.features.access.commands import record
from bihuan.features.access.live import Event, announce
from bihuan.features.access.model import Principal, system
from bihuan.features.access.queries import Trees, principal_of
from bihuan.features.integration import commands, publishing, queries
from bihuan.features.integration.model import (
    Batch,
    BatchNotReady,
    NoSuchRun,
    Run,
    RunState,
    Stage,
    TooLateToCancel,
    TooManyRejected,
)
from bihuan.features.integration.tie_out import tie_out
from bihuan.kernel.errors import BihuanError, Forbidden
from bihuan.store.jobs import enqueue
from bihuan.store.unit_of_work import Database, Reader, UnitOfWork
from bihuan.store.warehouse import Warehouse

JOB = "integration.load"
ATTEMPTS_MAX = 3  # a file that kills its process three times is given up
TELL_S = 0.4  # at most so often is progress written
SILENT_S = 60.0
GAVE_WAY = ("40001", "40P01")  # serialization failure, deadlock: the same work may be done again
PROGRESS, ENDED = "load.progress", "load.ended"


class Stopped(Exception):
    """Somebody asked the load to stop."""


class JobDied(BihuanError):
    """装载作业多次中断，已停止。没有入账，可重新上传；仍不行请联系管理员。"""

    code = "job_died"


# --- asking ----------------------------------------------------------------------------------------------------------


def start(
    uow: UnitOfWork,
    actor: Principal,
    warehouse: Warehouse,
    *,
    source: str,
    file_name: str,
    chunks: Iterable[bytes],
    check_only: bool = False,
) -> Run:
    """Keeps the file and puts its load into the queue; the same file while it waits or runs is the same load."""
    _require(actor, check_only)
    queries.source(uow, source)
    file = warehouse.put(uow, "raw", chunks)
    return _queue(uow, actor, "load", source=source, file_hash=file.hash, file_name=file_name, check_only=check_only)


def reload(uow: UnitOfWork, actor: Principal, *, batch_id: int) -> Run:
    """Loads the lines on a batch's desk again, with what was mended since; or enters a batch that was only checked."""
    _require(actor, check_only=False)
    batch = queries.found(uow.row("integration.lock_batch", id=batch_id), batch_id)
    newest = uow.value("integration.newest_of_file", id=batch_id)
    done = batch.state == "published" and not uow.value("integration.open_rejected", batch_id=batch_id)
    if batch.state == "refused" or newest != batch_id or done:
        raise BatchNotReady(batch=batch_id, state=batch.state, newest=newest)
    names = {"source": batch.source, "file_hash": batch.file_hash, "file_name": batch.file_name}
    return _queue(uow, actor, "reload", check_only=False, **names)


def _require(actor: Principal, check_only: bool) -> None:
    actor.require("integration.load")
    if not check_only:
        actor.require("integration.publish")


def _queue(
    uow: UnitOfWork,
    actor: Principal,
    kind: Literal["load", "reload"],
    *,
    source: str,
    file_hash: str,
    file_name: str,
    check_only: bool,
) -> Run:
    same = uow.value("integration.run_of_batch", source=source, file_hash=file_hash, kind=kind)
    if same is not None:
        return run(uow, int(same))
    run_id = uow.value(
        "integration.add_run",
        source=source,
        kind=kind,
        file_hash=file_hash,
        file_name=file_name,
        batch_id=None,
        check_only=check_only,
        author=actor.user_id,
        author_login=actor.login,
        author_name=actor.name,
        now=uow.now(),
    )
    job = enqueue(uow, JOB, {"run": run_id}, lock=f"{JOB} {source}")
    uow.run("integration.run_job", id=run_id, job_id=job)
    record(uow, actor, f"integration.{kind}", ("load", run_id), after={"file": file_name, "hash": file_hash})
    _tell(uow, run(uow, run_id), PROGRESS)
    return run(uow, run_id)


def cancel(uow: UnitOfWork, actor: Principal, *, run_id: int) -> Run:
    """Asks a load to stop; a queued one stops at once, a running one within a moment, a published one not any more."""
    actor.require("integration.load")
    one = run(uow, run_id)
    if uow.value("integration.ask_cancel", id=run_id, now=uow.now()) is None:
        raise TooLateToCancel(run=run_id, state=one.state)
    record(uow, actor, "integration.cancel", ("load", run_id))
    after = run(uow, run_id)
    _tell(uow, after, ENDED if after.state == "cancelled" else PROGRESS)
    return after


def run(reader: Reader, run_id: int) -> Run:
    """One run; raises `NoSuchRun`. Asks nobody."""
    row = reader.row("integration.run", id=run_id)
    if row is None:
        raise NoSuchRun(run=run_id)
    return Run(**row)


def seen(reader: Reader, actor: Principal, *, run_id: int) -> Run:
    """One run, for who may read loads."""
    actor.require("integration.read")
    return run(reader, run_id)


def runs(reader: Reader, actor: Principal, *, source: str | None = None, count: int = 50) -> list[Run]:
    """The newest runs."""
    actor.require("integration.read")
    return [Run(**r) for r in reader.rows("integration.runs", source=source, count=count)]


# --- carrying out ----------------------------------------------------------------------------------------------------


@dataclass
class Watch:
    """Writes where a run is, at most every `TELL_S` seconds unless the stage changes; raises `Stopped` when asked to."""

    database: Database
    run_id: int
    stage: Stage = "receive"
    lines: int = 0
    _told: float = field(default=0.0)

    def enter(self, stage: Stage, lines: int | None = None) -> None:
        """The next stage begins."""
        self.stage, self.lines = stage, self.lines if lines is None else lines
        self._tell(0)

    def step(self, step: Literal["map", "validate"], lines: int) -> None:
        """As `prepare.Step`."""
        self.enter(step, lines)

    def booked(self, done: int, total: int) -> None:
        """As `control.commands.facts.Progress`; told in lines of the file, of which the ledger books some."""
        if time.monotonic() - self._told >= TELL_S:
            self._tell(done * self.lines // max(1, total))

    def _tell(self, done: int) -> None:
        self._told = time.monotonic()
        with self.database.writing() as uow:
            place = {"stage": self.stage, "lines_done": done, "lines_total": self.lines}
            stop = uow.value("integration.run_progress", id=self.run_id, now=uow.now(), **place)
            _tell(uow, run(uow, self.run_id), PROGRESS)
        if stop:
            raise Stopped


def carry_out(database: Database, warehouse: Warehouse, trees: Trees, run_id: int) -> None:
    """Does one run from where it stands to its end; may be called again after its process died."""
    with database.writing() as uow:
        if uow.value("integration.take_run", id=run_id, now=uow.now()) is None:
            return  # it has ended, or was cancelled while it waited
        one = run(uow, run_id)
    watch = Watch(database, run_id)
    actor = system("load")
    try:
        if one.attempts > ATTEMPTS_MAX:
            raise JobDied
        actor = _person(database, one, trees)
        state, message, unexplained = _load(database, warehouse, actor, one, watch)
        _end(database, run_id, state, message, unexplained)
    except Stopped:
        _take_back(database, actor, run_id)
        _end(database, run_id, "cancelled", "")
    except BihuanError as refused:
        _end(database, run_id, "failed", f"{refused.code}: {refused}")
    except Exception as failure:
        if _gave_way(failure) and one.attempts < ATTEMPTS_MAX:
            carry_out(database, warehouse, trees, run_id)
            return
        _end(database, run_id, "failed", "internal")
        raise


def _gave_way(failure: Exception) -> bool:
    """Whether the database rolled back only because two transactions waited for each other: nothing is wrong with the file."""
    return isinstance(failure, DBAPIError) and getattr(failure.orig, "sqlstate", None) in GAVE_WAY


def _person(database: Database, one: Run, trees: Trees) -> Principal:
    """Who asked, with the rights they hold now."""
    if one.author == 0:
        return system(one.author_login)
    with database.reading() as reader:
        row = reader.row("access.user_by_login", login=one.author_login)
        actor = principal_of(reader, one.author_login, trees)
    if actor is None or row is None or not row["active"]:
        raise Forbidden(login=one.author_login)
    return actor


Ended = tuple[RunState, str, int | None]


def _load(database: Database, warehouse: Warehouse, actor: Principal, one: Run, watch: Watch) -> Ended:
    if one.stage != "tie_out":  # else its process died after publishing
        watch.enter("recognise")
        batch = _batch(database, actor, one)
        if batch.state == "published":
            return "done", "same_file", None
        batch = _check(database, warehouse, actor, batch, watch)
        if batch.state == "refused":
            return "failed", batch.message, None
        if one.check_only:
            watch.enter("validate", batch.records)
            return "held", "check_only", None
        try:
            _publish(database, warehouse, actor, batch, watch)
        except TooManyRejected as refused:
            return "held", refused.code, None
    with database.reading() as reader:
        rows = tie_out(reader, actor, warehouse, source=one.source)
    return "done", "", sum(1 for row in rows if row.difference) if rows else None


def _batch(database: Database, actor: Principal, one: Run) -> Batch:
    """The batch a run works on; the one it had, when it begins again."""
    with database.writing() as uow:
        if one.batch_id is not None:
            return queries.found(uow.row("integration.batch", id=one.batch_id), one.batch_id)
        names = {"source": one.source, "file_hash": one.file_hash, "file_name": one.file_name}
        batch, new = commands.batch_for(uow, actor, **names)
        uow.run("integration.run_batch", id=one.id, batch_id=batch.id, own=new)
        return batch


def _check(database: Database, warehouse: Warehouse, actor: Principal, batch: Batch, watch: Watch) -> Batch:
    with database.writing() as uow:
        model = queries.compiled(uow, batch.source)
        return commands.prepare_batch(uow, actor, warehouse, model, batch_id=batch.id, step=watch.step)


def _publish(database: Database, warehouse: Warehouse, actor: Principal, batch: Batch, watch: Watch) -> None:
    watch.enter("publish", batch.records)
    with database.writing() as uow:
        publishing.publish(uow, actor, warehouse, batch_id=batch.id, progress=watch.booked)
        if uow.value("integration.pass_point", id=watch.run_id, now=uow.now()) is None:
            raise Stopped


def _take_back(database: Database, actor: Principal, run_id: int) -> None:
    """What a stopped run had made, unless it counts."""
    with database.writing() as uow:
        one = run(uow, run_id)
        if one.own_batch and one.batch_id is not None:
            commands.discard(uow, actor, batch_id=one.batch_id)


def _end(database: Database, run_id: int, state: RunState, message: str, unexplained: int | None = None) -> None:
    with database.writing() as uow:
        said = {"state": state, "message": message[:1000], "unexplained": unexplained}
        uow.run("integration.end_run", id=run_id, now=uow.now(), **said)
        _tell(uow, run(uow, run_id), ENDED)


def tidy(database: Database) -> int:
    """Ends runs that no job carries out any more; how many."""
    ended = 0
    with database.reading() as reader:
        silent = reader.rows("integration.silent_runs", before=reader.now() - timedelta(seconds=SILENT_S))
    for row in silent:
        if row["job"] not in ("todo", "doing"):
            with database.writing() as uow:
                uow.run("integration.take_run", id=row["id"], now=uow.now())
            _end(database, row["id"], "failed", JobDied.code)
            ended += 1
    return ended


def _tell(uow: UnitOfWork, one: Run, topic: str) -> None:
    data = {"run": one.id, "source": one.source, "state": one.state, "stage": one.stage}
    announce(uow, Event(topic, "integration.read", one.model, data=data))
