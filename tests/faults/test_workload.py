"""A random workload on the ledger: many processes from a barrier, some killed in the middle, every answer predicted afterwards.

Each worker writes down what it is about to ask, asks, and writes down the answer with its place in the order of commits: the last
entry's id, read while the balance rows are still locked, so that of two operations on one row the later has the larger. The
independent model (`ledger_world`) then plays everything in that order and must predict every answer; what a killed worker never
heard is looked up by its mark in the action trail. In the end rows = entries = model.

BIHUAN_WORKLOAD_OPERATIONS, BIHUAN_WORKLOAD_WORKERS, BIHUAN_WORKLOAD_BATCH (documents of one batch), BIHUAN_WORKLOAD_KILLS,
BIHUAN_FAULT_SEED. A million operations: BIHUAN_WORKLOAD_OPERATIONS=120000 BIHUAN_WORKLOAD_BATCH=100 BIHUAN_WORKLOAD_KILLS=200.
"""

import json
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.faults.ledger_worker import CLERK, CODE, PERIODS, cell, line, work, yuan
from tests.faults.ledger_world import DIVISION, MONTHS, ORGS, World

from bihuan.features.control import commands, queries
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import Request
from bihuan.features.control.package import read_policy
from bihuan.features.control.policy import Trees
from bihuan.features.control.reconcile import reconcile
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.store.embedded import lease
from bihuan.store.schema import create_all
from bihuan.store.unit_of_work import Database, open_database

pytestmark = pytest.mark.faults

OPERATIONS = int(os.environ.get("BIHUAN_WORKLOAD_OPERATIONS", "20000"))
WORKERS = int(os.environ.get("BIHUAN_WORKLOAD_WORKERS", "8"))
BATCH = int(os.environ.get("BIHUAN_WORKLOAD_BATCH", "20"))
KILLS = int(os.environ.get("BIHUAN_WORKLOAD_KILLS", "30"))
SEED = int(os.environ.get("BIHUAN_FAULT_SEED", "20261122"))
POOL = 24  # documents that everybody works on
CALENDAR = ControlCalendar((YearPeriods("2026", PERIODS),))
TREES = Trees({"org": {"G": "", "A": "G", "B": "G", **DIVISION}})
RULES = [
    {"code": "月", "window": "month", "by": {"org": "leaf"}},
    {"code": "累计", "window": "cumulative", "by": {"org": 1}},
    {"code": "年", "window": "year", "by": {"org": 0}},
]


@dataclass
class Played:
    """What there is to look at afterwards."""

    database: Database
    owner: str
    policy: PolicyInForce
    world: World
    log: list[dict[str, Any]]  # asked and answered, in the order of commits
    kills: Counter[str]  # "worker", "connection", "server"
    seconds: float


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("workload")
    folder.chmod(0o711)
    with lease(folder / "data") as urls:
        owner = open_database(urls.owner)
        create_all(owner.engine)
        owner.engine.dispose()
        database = open_database(urls.app)
        policy, world, pool = found(database)
        started = time.monotonic()
        kills = run(urls.app, urls.owner, folder, pool)
        log = ordered(urls.owner, folder)
        yield Played(database, urls.owner, policy, world, log, kills, time.monotonic() - started)
        database.engine.dispose()


def found(database: Database) -> tuple[PolicyInForce, World, dict[str, int]]:
    """The policy, some budget, and documents that everybody works on; the model knows them too."""
    world, pool = World(), {}
    with database.writing() as uow:
        made = commands.put_policy(
            uow, CLERK, read_policy({"policy": CODE, "rules": RULES}, calendar=CALENDAR, trees=TREES)
        )
        cells = [cell(o, m, 60_000) for o in ORGS for m in MONTHS]
        commands.book_budget(uow, "boss", made, cells).write()
        for o in ORGS:
            for m in MONTHS:
                world.budget((o, m), 60_000)
        for n in range(POOL):
            place = (ORGS[n % 4], n % 12)
            asked = Request(f"P{n}", f"P{n}", (line(*place, 9_000),))
            pool[f"P{n}"] = commands.reserve(uow, CLERK, policy=CODE, request=asked).document_id
            assert world.play("reserve", {"number": f"P{n}", "lines": [[*place, 9_000]]}) == "ok"
    return made, world, pool


def run(url: str, owner: str, folder: Path, pool: dict[str, int]) -> Counter[str]:
    """Starts all from a barrier; kills workers, connections and the server meanwhile; what was killed is gone on with."""
    rng = random.Random(SEED)
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(WORKERS + 1)
    share = OPERATIONS // WORKERS
    running: dict[str, Any] = {}
    turns: Counter[int] = Counter()

    def start(n: int, left: int, wait: Any) -> None:
        turns[n] += 1
        name = f"w{n}-{turns[n]}"
        arguments = (url, name, SEED + 1000 * n + turns[n], str(folder / f"{name}.log"), pool, BATCH, left, wait)
        process = context.Process(target=work, args=arguments, daemon=True)
        process.start()
        running[name] = (process, n, left)

    for n in range(WORKERS):
        start(n, share, barrier)
    kills: Counter[str] = Counter()
    barrier.wait(180)
    while running:
        time.sleep(rng.uniform(0.2, 1.0))
        for name in [n for n, (p, _, _) in running.items() if not p.is_alive()]:
            process = running.pop(name)[0]
            assert process.exitcode == 0, f"{name} ended with {process.exitcode}"
        alive = list(running)
        if alive and kills["worker"] < KILLS:
            name = rng.choice(alive)
            process, n, left = running.pop(name)
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            kills["worker"] += 1
            asked = (
                sum('"op"' in x for x in (folder / f"{name}.log").read_text().splitlines())
                if (folder / f"{name}.log").exists()
                else 0
            )
            if left > asked:
                start(n, left - asked, None)
        ended = kills["connection"] + kills["server"]
        if alive and ended < KILLS:
            how = "server" if ended % 10 == 4 else "connection"
            kills[how] += cut_off(owner, how, rng)
    return kills


def cut_off(owner: str, how: str, rng: random.Random) -> int:
    """Ends a session in the middle of its work; 1 when there was one.

    "server": kill -9 of its process, upon which PostgreSQL throws out every session and recovers from its log.
    """
    try:
        with psycopg.connect(owner, autocommit=True) as conn:
            victims = conn.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND state = 'active'"
                " AND pid <> pg_backend_pid()"
            ).fetchall()
            if not victims:
                return 0
            (pid,) = rng.choice(victims)
            if how == "connection":
                conn.execute("SELECT pg_terminate_backend(%s)", (pid,))
            else:
                os.kill(pid, signal.SIGKILL)
            return 1
    except psycopg.OperationalError:
        return 0  # it is still recovering


def ordered(owner: str, folder: Path) -> list[dict[str, Any]]:
    """Everything that happened, in the order of commits; what nobody heard is looked up."""
    asked: dict[str, dict[str, Any]] = {}
    last: dict[str, int] = Counter()
    for path in sorted(folder.glob("w*.log")):
        for text in path.read_text(encoding="utf-8").splitlines():
            try:
                said = json.loads(text)
            except json.JSONDecodeError:
                continue  # the worker was killed while it wrote
            if "op" in said:
                asked[said["mark"]] = {**said, "worker": path.stem, "turn": len(asked)}
            elif "answer" in said:
                asked[said["mark"]] |= said | {"heard": True}
    with psycopg.connect(owner) as conn:
        for one in asked.values():
            if "answer" not in one:
                one.update(look_up(conn, one, last[one["worker"]]), heard=False)
            last[one["worker"]] = max(last[one["worker"]], one["at"])
    return sorted(asked.values(), key=lambda x: (x["at"], wrote_nothing(x["answer"]), x["turn"]))


def wrote_nothing(answer: str | list[str]) -> bool:
    """Such an operation saw the number of the last that wrote, and comes after it."""
    return answer in ("refused", "again") or (isinstance(answer, list) and "ok" not in answer)


def look_up(conn: Any, one: dict[str, Any], before: int) -> dict[str, Any]:
    """What became of an operation whose answer was lost: its entries carry its number, its voucher or its mark as reason.

    One that left no trace is "lost": refused or never begun, it changed nothing either way.
    """
    op, said, mark = one["op"], one["said"], one["mark"]
    if op in ("reserve", "draw", "batch"):
        found = dict(conn.execute(_FILED, (mark, f"{mark}/%")).fetchall())
        answers = ["ok" if f"{mark}/{n}" in found else "refused" for n in range(len(said.get("each", ())))]
        return {"answer": (answers or "ok") if found else "lost", "at": max(found.values(), default=before)}
    if op == "execute":
        at = conn.execute(_POSTED, (mark,)).fetchone()[0]
    elif op == "expire":
        at = conn.execute(_EXPIRED, (said["number"], before)).fetchone()[0]
    else:
        at = conn.execute("SELECT max(id) FROM ledger_entry WHERE reason = %s", (mark,)).fetchone()[0]
        if at is None and conn.execute("SELECT FROM action_entry WHERE reason = %s", (mark,)).fetchone():
            at = before  # done, with nothing to book
    return {"answer": "lost" if at is None else "ok", "at": before if at is None else at}


_FILED = """SELECT d.number, max(e.id) FROM document d JOIN ledger_entry e ON e.document_id = d.id AND e.kind = 'reserve'
            WHERE d.number = %s OR d.number LIKE %s GROUP BY 1"""
_POSTED = "SELECT max(id) FROM ledger_entry WHERE voucher = %s AND kind IN ('execute', 'direct')"
_EXPIRED = """SELECT max(e.id) FROM ledger_entry e JOIN document d ON d.id = e.document_id
              WHERE d.number = %s AND e.kind = 'expire' AND e.id > %s"""


@pytest.fixture(scope="module")
def predicted(played: Played) -> list[tuple[dict[str, Any], str]]:
    """The operations that the model answers otherwise; the model has played them all."""
    wrong = []
    for one in played.log:
        if one["answer"] in ("lost", "again"):  # "again": somebody moved the document at that moment; nothing was done
            continue
        if one["op"] == "batch":
            steps = [
                ("reserve", {"number": f"{one['mark']}/{n}", "lines": [x]}) for n, x in enumerate(one["said"]["each"])
            ]
            said = [played.world.play(*step) for step in steps]
            if said != one["answer"]:
                wrong.append((one, str(said)))
        else:
            op = "reserve" if one["op"] == "reserve" else one["op"]
            if (answer := played.world.play(op, one["said"])) != one["answer"]:
                wrong.append((one, answer))
    return wrong


def test_the_kills_met_real_work_and_every_kind_of_operation_was_done_and_refused(played: Played) -> None:
    counts: Counter[str] = Counter()
    for one in played.log:
        answers = one["answer"] if isinstance(one["answer"], list) else [one["answer"]]
        counts.update(f"{one['op']} {a}" for a in answers)
    total = sum(counts.values())
    print(f"{total} operations in {played.seconds:.0f} s, killed: {dict(played.kills)}")
    print(dict(sorted(counts.items())))
    assert sum(not one["heard"] for one in played.log) >= min(5, KILLS), "nothing was cut off"
    for op in ("reserve", "batch", "draw", "commit", "amend", "reverse", "change"):
        assert counts[f"{op} ok"], op
        assert counts[f"{op} refused"], op
    for op in ("execute", "end", "expire"):
        assert counts[f"{op} ok"], op


def test_every_answer_was_the_one_the_model_predicts(predicted: list[tuple[dict[str, Any], str]]) -> None:
    told = "\n".join(f"{one} predicted {answer}" for one, answer in predicted[:3])
    assert predicted == [], f"{len(predicted)} answers differ, the first:\n{told}"


def test_rows_entries_and_model_say_the_same_to_the_fen(
    played: Played, predicted: list[tuple[dict[str, Any], str]]
) -> None:
    assert predicted == []
    world = played.world
    with played.database.reading() as reader:
        assert reconcile(reader, played.policy) == []
        rows = queries.balances(reader, played.policy, limit=10_000)
        assert len(rows) == len(world.cap)
        for row in rows:
            member = json.loads(row.key)[0][1]
            last = 0 if row.rule.code == "年" else PERIODS.index(row.window[-7:])
            where = ("", 0) if row.rule.code == "年" else (member, last)
            key = (row.rule.code, *where)
            used, cap = yuan(world.used[key]), yuan(world.cap[key])
            assert (row.consumed, row.cap, row.forced) == (used, cap, max(Decimal(0), used - cap)), key


def test_nothing_acknowledged_was_lost_and_nothing_was_done_twice(played: Played) -> None:
    with psycopg.connect(played.owner) as conn:
        filed = dict(
            conn.execute(
                "SELECT d.number, sum(e.amount) FROM document d JOIN ledger_entry e ON e.document_id = d.id"
                " WHERE e.kind = 'reserve' GROUP BY 1"
            ).fetchall()
        )
        posted = dict(
            conn.execute(
                "SELECT voucher, sum(amount) FROM ledger_entry"
                " WHERE stage = 'executed' AND kind IN ('execute', 'direct') GROUP BY 1"
            ).fetchall()
        )
    for one in played.log:
        said, mark = one["said"], one["mark"]
        if one["op"] == "reserve" and one["answer"] == "ok":
            assert filed[mark] == yuan(sum(x[2] for x in said["lines"])), mark
        elif one["op"] == "reserve":
            assert mark not in filed
        elif one["op"] == "execute" and one["answer"] == "ok":
            assert posted[mark] == yuan(said["amount"]), mark
