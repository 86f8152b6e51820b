"""Loads as jobs: seen while they run, stopped at every stage without a trace, begun again when their process was killed."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import nullcontext
from decimal import Decimal

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError
from tests.support.workbook import workbook

from bihuan.features.access import commands as access
from bihuan.features.access.model import Grant, Principal
from bihuan.features.access.scope import Limit
from bihuan.features.integration import loads
from bihuan.features.integration.loads import Watch
from bihuan.features.integration.model import TooLateToCancel
from bihuan.kernel.errors import Forbidden

from .books import HEADER, ROBOT, Books, definition, voucher
from .conftest import MAPPING

STAGES = ("recognise", "map", "validate", "publish")


def test_a_stranger_may_neither_load_nor_watch_nor_stop(books: Books) -> None:
    run = books.ask(voucher("记-1", "300.00"))
    limited = Grant("integration.*", limits={"org": ((Limit("D110"),),)})
    for actor in (Principal(7, "stranger", "路人", grants=(Grant("plan.read"),)), Principal(8, "x", "x")):
        with books.container.database.writing() as uow:
            with pytest.raises(Forbidden):
                loads.start(uow, actor, books.container.warehouse, source=books.source, file_name="x", chunks=[b""])
            with pytest.raises(Forbidden):
                loads.cancel(uow, actor, run_id=run.id)
            with pytest.raises(Forbidden):
                loads.runs(uow, actor)
            with pytest.raises(Forbidden):
                loads.seen(uow, actor, run_id=run.id)
    part = Principal(9, "part", "一部", grants=(limited,))
    with books.container.database.writing() as uow, pytest.raises(Forbidden):  # a file holds every part of a company
        loads.start(uow, part, books.container.warehouse, source=books.source, file_name="x", chunks=[b""])


def test_a_load_goes_through_every_stage_and_its_result_stands_in_the_list(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, int, int]] = []
    tell = Watch._tell

    def told(watch: Watch, done: int) -> None:
        tell(watch, done)
        run = books.run(watch.run_id)  # as another session sees it, while the load runs
        seen.append((run.stage, run.lines_done, run.lines_total))

    monkeypatch.setattr(Watch, "_tell", told)
    run = books.upload(voucher("记-1", "300.00"), voucher("记-2", "20.00", account="6699"))
    assert [stage for stage, _, _ in seen] == list(STAGES)
    assert seen[-1] == ("publish", 0, 4)
    assert (run.state, run.stage, run.unexplained, run.message) == ("done", "tie_out", None, "")
    batch = books.batch(run.batch_id)
    assert {n: (c.lines, c.debit) for n, c in batch.counts.items()} == {
        "ACCEPTED": (1, 300), "IGNORED": (1, 0), "UNMAPPED": (1, 20), "VOUCHER_REJECTED": (1, 0),
    }  # fmt: skip
    assert (books.travel(), books.stored()) == (Decimal("300.00"), 2)


def test_the_queue_carries_a_load_out(books: Books) -> None:
    from tests.support.queue import run_queue

    run = books.ask(voucher("记-1", "300.00"))
    assert run.state == "queued"
    run_queue(books.container)
    assert (books.run(run.id).state, books.travel()) == ("done", Decimal("300.00"))


def test_the_same_file_counts_once_however_often_it_is_uploaded(books: Books) -> None:
    waiting = books.ask(voucher("记-1", "300.00"))
    assert books.ask(voucher("记-1", "300.00")).id == waiting.id  # a second click
    first = books.carry_out(waiting.id)
    again = books.upload(voucher("记-1", "300.00"), name="renamed.csv")
    assert (again.state, again.message, again.batch_id) == ("done", "same_file", first.batch_id)
    whole = books.upload(voucher("记-1", "300.00"), voucher("记-2", "20.00"), name="month.csv")
    assert books.batch(whole.batch_id).counts["ALREADY_IMPORTED"].lines == 2
    assert (books.travel(), books.stored()) == (Decimal("320.00"), 4)


def test_a_check_alone_enters_nothing_and_may_be_entered_later(books: Books) -> None:
    run = books.upload(voucher("记-1", "300.00"), check_only=True)
    assert (run.state, books.travel(), books.stored()) == ("held", None, 0)
    assert run.batch_id is not None
    done = books.reload(run.batch_id)
    assert (done.state, done.batch_id, books.travel()) == ("done", run.batch_id, Decimal("300.00"))


def test_more_rejected_than_allowed_is_held_with_its_desk(books: Books) -> None:
    with books.container.database.writing() as uow:
        loads.commands.define_source(
            uow, ROBOT, definition=definition(books.source) + "max_rejected: 0.1\n", mapping=MAPPING
        )
    run = books.upload(voucher("记-1", "300.00"), voucher("记-2", "1.00", account="7"))
    assert (run.state, run.message, books.travel()) == ("held", "too_many_rejected", None)
    assert [x.outcome for x in books.desk()] == ["UNMAPPED", "VOUCHER_REJECTED"]


def test_an_unreadable_file_fails_with_the_reason(books: Books) -> None:
    with books.container.database.writing() as uow:
        run = loads.start(
            uow, ROBOT, books.container.warehouse, source=books.source, file_name="x.xlsx", chunks=[b"PK\x03\x04 cut"]
        )
    ended = books.carry_out(run.id)
    assert (ended.state, ended.message.partition(":")[0]) == ("failed", "CORRUPT_FILE")


def test_an_excel_file_is_loaded_like_any_other(books: Books) -> None:
    rows = [line.split(",") for line in (HEADER + voucher("记-1", "300.00")).splitlines()]
    cells = [[float(c) if c in ("300.00", "660202", "1002") else c or None for c in row] for row in rows]
    path = workbook(books.folder / "november.xlsx", cells)
    with books.container.database.writing() as uow:
        names = {"source": books.source, "file_name": path.name}
        run = loads.start(uow, ROBOT, books.container.warehouse, chunks=[path.read_bytes()], **names)
    done = books.carry_out(run.id)
    assert (done.state, done.message, books.travel()) == ("done", "", Decimal("300.00"))


def test_a_load_runs_with_the_rights_its_author_has_now(books: Books) -> None:
    with books.container.database.writing() as uow:
        if uow.row("access.user_by_login", login="dengji") is None:
            access.add_user(uow, ROBOT, login="dengji", name="登记", password=None)
            access.define_role(uow, ROBOT, code="loader", name="装载", grants=[{"action": "integration.*"}])
        access.assign_roles(uow, ROBOT, login="dengji", assignments=[{"role": "loader"}])
    actor = _person(books, "dengji")
    run_ids = []
    for number in ("记-1", "记-2"):
        with books.container.database.writing() as uow:
            content = (HEADER + voucher(number, "300.00")).encode()
            names = {"source": books.source, "file_name": number}
            run_ids.append(loads.start(uow, actor, books.container.warehouse, chunks=[content], **names).id)
    assert books.carry_out(run_ids[0]).state == "done"
    with books.container.database.writing() as uow:
        access.set_active(uow, ROBOT, login="dengji", active=False)
    after = books.carry_out(run_ids[1])
    assert (after.state, after.message.partition(":")[0]) == ("failed", "forbidden")
    assert books.travel() == Decimal("300.00")


def _person(books: Books, login: str) -> Principal:
    from bihuan.features.access.queries import principal_of

    with books.container.database.reading() as reader:
        found = principal_of(reader, login, books.container.trees)
    assert found is not None
    return found


# --- stopping --------------------------------------------------------------------------------------------------------


def stop_at(books: Books, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    """Somebody presses cancel as soon as the load has come to ``stage``."""
    tell = Watch._tell

    def told(watch: Watch, done: int) -> None:
        if watch.stage == stage:
            with books.container.database.writing() as uow:
                loads.cancel(uow, ROBOT, run_id=watch.run_id)
        tell(watch, done)

    monkeypatch.setattr(Watch, "_tell", told)


@pytest.mark.parametrize("stage", STAGES)
def test_a_load_stopped_at_any_stage_leaves_nothing(books: Books, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    stop_at(books, monkeypatch, stage)
    run = books.upload(voucher("记-1", "300.00"), voucher("记-2", "1.00", account="7"))
    assert run.state == "cancelled"
    assert (books.travel(), books.stored(), books.batches(), books.desk()) == (None, 0, [], [])
    monkeypatch.undo()
    assert books.upload(voucher("记-1", "300.00")).state == "done"
    assert books.travel() == Decimal("300.00")


def test_a_stop_asked_while_it_is_being_entered_still_counts(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    publish = loads.publishing.publish

    def slow(*args: object, **named: object) -> object:
        done = publish(*args, **named)
        (run,) = [r for r in _runs(books) if r.state == "running"]
        with books.container.database.writing() as uow:
            loads.cancel(uow, ROBOT, run_id=run.id)
        return done

    monkeypatch.setattr(loads.publishing, "publish", slow)
    assert books.upload(voucher("记-1", "300.00")).state == "cancelled"
    assert (books.travel(), books.stored(), books.batches()) == (None, 0, [])


def _runs(books: Books) -> list[loads.Run]:
    with books.container.database.reading() as reader:
        return loads.runs(reader, ROBOT, source=books.source)


def test_a_waiting_load_is_stopped_at_once_and_an_entered_one_never(books: Books) -> None:
    waiting = books.ask(voucher("记-1", "300.00"))
    with books.container.database.writing() as uow:
        assert loads.cancel(uow, ROBOT, run_id=waiting.id).state == "cancelled"
    assert books.carry_out(waiting.id).state == "cancelled"  # its job finds nothing to do
    assert books.batches() == []
    done = books.upload(voucher("记-1", "300.00"))
    with books.container.database.writing() as uow, pytest.raises(TooLateToCancel):
        loads.cancel(uow, ROBOT, run_id=done.id)
    assert books.travel() == Decimal("300.00")


def test_a_stopped_reload_leaves_the_desk_as_it_was(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    first = books.upload(voucher("记-1", "300.00"), voucher("记-2", "1.00", account="7"))
    before = books.desk()
    stop_at(books, monkeypatch, "publish")
    assert first.batch_id is not None
    assert books.reload(first.batch_id).state == "cancelled"
    assert (books.desk(), [b.id for b in books.batches()]) == (before, [first.batch_id])


# --- killed ----------------------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
from bihuan.bootstrap import build
from bihuan.features.integration import loads
from bihuan.settings import Settings

url, data, run, where = sys.argv[1:]
container = build(Settings(data=Path(data), database_url=url))
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
tell, end = loads.Watch._tell, loads._end
def told(watch, done):
    tell(watch, done)
    if watch.stage == where: die()
loads.Watch._tell = told
if where == "entering":
    publish = loads.publishing.publish
    def last(*args, **named):
        publish(*args, **named)
        die()
    loads.publishing.publish = last
if where == "entered":
    loads._end = die
loads.carry_out(container.database, container.warehouse, container.trees, int(run))
"""


@pytest.mark.parametrize("where", [*STAGES, "entering", "entered"])
def test_a_load_whose_process_was_killed_is_carried_out_once_by_the_next(books: Books, where: str) -> None:
    vouchers = (voucher("记-1", "300.00"), voucher("记-2", "1.00", account="7"))
    run = books.ask(*vouchers)
    settings = books.container.settings
    arguments = [sys.executable, "-c", KILLED, str(settings.database_url), str(settings.data), str(run.id), where]
    assert subprocess.run(arguments, env=os.environ, timeout=60).returncode == -signal.SIGKILL
    assert books.run(run.id).state == "running"
    assert books.travel() == (Decimal("300.00") if where == "entered" else None)
    done = books.carry_out(run.id)
    assert (done.state, done.message, done.attempts) == ("done", "", 2)
    assert (books.travel(), books.stored(), len(books.desk())) == (Decimal("300.00"), 2, 2)
    assert [b.state for b in books.batches()] == ["published"]


def test_a_load_that_kills_its_process_again_and_again_is_given_up(books: Books) -> None:
    run = books.ask(voucher("记-1", "300.00"))
    with books.container.database.writing() as uow:
        for _ in range(loads.ATTEMPTS_MAX):
            uow.run("integration.take_run", id=run.id, now=uow.now())
    ended = books.carry_out(run.id)
    assert (ended.state, ended.message.partition(":")[0], books.travel()) == ("failed", "job_died", None)


GIVES_WAY = """
CREATE SEQUENCE publishing_tries; GRANT USAGE ON SEQUENCE publishing_tries TO PUBLIC;
CREATE FUNCTION give_way() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('publishing_tries') <= {times} THEN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '{state}'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER give_way BEFORE UPDATE ON load_batch FOR EACH ROW WHEN (NEW.state = 'published') EXECUTE FUNCTION give_way();
"""


@pytest.mark.parametrize(
    ("state", "times", "attempts"),
    [
        ("40P01", 1, 2),  # chosen as the victim of a deadlock: done again
        ("40001", 2, 3),
        ("40P01", 9, 3),
        ("23514", 1, 1),  # a broken constraint is broken the second time too
    ],
)
def test_a_load_that_gave_way_to_another_transaction_is_done_again(
    books: Books, owner_url: str, state: str, times: int, attempts: int
) -> None:
    ends = "done" if attempts > times else "failed"
    run = books.ask(voucher("记-1", "300.00"))
    with psycopg.connect(owner_url) as conn:
        conn.execute(GIVES_WAY.format(times=times, state=state))
    try:
        with pytest.raises(DBAPIError) if ends == "failed" else nullcontext():
            books.carry_out(run.id)
    finally:
        with psycopg.connect(owner_url) as conn:
            conn.execute("DROP FUNCTION give_way CASCADE")
            conn.execute("DROP SEQUENCE publishing_tries")
    assert (books.run(run.id).state, books.run(run.id).attempts) == (ends, attempts)
    assert books.travel() == (Decimal("300.00") if ends == "done" else None)


def test_a_load_whose_job_is_gone_is_ended_by_the_tidying(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    run = books.ask(voucher("记-1", "300.00"))
    monkeypatch.setattr(loads, "SILENT_S", -1.0)
    loads.tidy(books.container.database)
    assert books.run(run.id).state == "queued"  # its job still waits
    with books.container.database.writing() as uow:
        uow.run("integration.run_job", id=run.id, job_id=-1)
    loads.tidy(books.container.database)
    assert (books.run(run.id).state, books.run(run.id).message) == ("failed", "job_died")


# --- two at once -----------------------------------------------------------------------------------------------------


def test_two_loads_of_one_source_at_once_count_a_shared_voucher_once(books: Books) -> None:
    asked = [books.ask(voucher("记-1", "300.00"), voucher(f"记-{n}", "1.00"), name=f"{n}.csv").id for n in (11, 12)]
    barrier = threading.Barrier(2)

    def one(run_id: int) -> None:
        barrier.wait()
        books.carry_out(run_id)

    threads = [threading.Thread(target=one, args=(run_id,)) for run_id in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [books.run(r).state for r in asked] == ["done", "done"]
    assert (books.travel(), books.stored()) == (Decimal("302.00"), 6)


def test_the_seconds_left_follow_the_pace_of_the_stage(books: Books) -> None:
    run = books.ask(voucher("记-1", "300.00"))
    from dataclasses import replace
    from datetime import timedelta

    going = replace(run, state="running", lines_done=50, lines_total=200, seen_at=run.stage_at + timedelta(seconds=4))
    assert going.seconds_left == 12
    assert run.seconds_left is None
