"""Reservations on hot balance rows, 8 clients, against pgbench writing the same rows and entries.

Ours is the whole command, permission, policy, idempotency key, resolution, judgement and trail included, in two worker processes
of four threads as in a small installation. The peer is a bare transaction of the same writes (lock, update, document, lines,
entries, trail) with prepared statements in C. Same server, fsync on, in turns.
"""

import multiprocessing
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from harness import Result, commit

from bihuan.features.access.model import Grant, Principal
from bihuan.features.control import commands, queries
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import BudgetCell, Request, RequestLine
from bihuan.features.control.package import read_policy
from bihuan.features.control.policy import ControlCalendar, Trees, YearPeriods
from bihuan.store.embedded import lease
from bihuan.store.embedded.binaries import find_binaries
from bihuan.store.schema import create_all
from bihuan.store.unit_of_work import open_database

WORKERS, THREADS = 2, 4
BAR = 1 / 0.3  # at least 0.3 of the peer's rate
MONTHS = tuple(f"2026-{m:02d}" for m in range(1, 13))
CLERK = Principal(7, "zhang", "张三", grants=(Grant("control.*"),))
ORGS = ("A", "B", "C")


@dataclass(frozen=True)
class Case:
    """``lines`` of a document, each on ``windows`` balance rows."""

    name: str
    lines: int
    window: str
    windows: int


CASES = (Case("1 row, 1 entry", 1, "year", 1), Case("36 rows, 3 entries", 3, "cumulative", 12))


def run(quick: bool) -> list[Result]:
    """A result per case; seconds for the same number of reservations."""
    count, rounds = (160, 2) if quick else (800, 5)
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as folder, lease(Path(folder) / "data") as urls:
        owner = open_database(urls.owner)
        create_all(owner.engine)
        owner.engine.dispose()
        return [_measure(case, urls.owner, urls.app, count, rounds) for case in CASES]


def _measure(case: Case, owner_url: str, url: str, count: int, rounds: int) -> Result:
    policy = _policy(case, url)
    script = _script(case, url, policy)
    ours, peers = [], []
    with _workers(url, policy.policy.code, case) as ask:
        ask(count // 4)
        _pgbench(owner_url, script, count // 4)
        for _ in range(rounds):
            ours.append(ask(count))
            peers.append(_pgbench(owner_url, script, count))
    return Result(
        bench="reservations",
        size=f"{case.name} x {count}",
        threads=WORKERS * THREADS,
        ours_s=statistics.median(ours),
        peer="pgbench, bare SQL",
        peer_s=statistics.median(peers),
        bar=BAR,
        ours_raw=ours,
        peer_raw=peers,
        note=f"{count / statistics.median(ours):.0f}/s against {count / statistics.median(peers):.0f}/s",
        commit=commit(),
    )


def _policy(case: Case, url: str) -> PolicyInForce:
    """A scheme of its own with budget nobody can use up."""
    calendar = ControlCalendar((YearPeriods("2026", MONTHS),))
    rule = {"code": "r", "window": case.window, "by": {"org": "leaf"}}
    trees = Trees({"org": {"g": "", **dict.fromkeys(ORGS, "g")}})
    database = open_database(url, pool_size=1)
    with database.writing() as uow:
        policy = read_policy({"policy": uuid4().hex, "rules": [rule]}, calendar=calendar, trees=trees)
        made = commands.put_policy(uow, CLERK, policy)
        cells = [BudgetCell({"org": org}, MONTHS[0], Decimal(10) ** 12) for org in ORGS]
        commands.book_budget(uow, "bench", made, cells).write()
    database.engine.dispose()
    return made


# --- ours ------------------------------------------------------------------------------------------------------------


@contextmanager
def _workers(url: str, code: str, case: Case) -> Iterator[Any]:
    """Worker processes that are up and connected; ``ask(count)`` answers the seconds for so many reservations."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for _ in range(WORKERS):
        mine, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, url, code, case), daemon=True)
        process.start()
        pipes.append(mine)
        processes.append(process)

    def ask(count: int) -> float:
        start = time.perf_counter()
        for pipe in pipes:
            pipe.send(count // WORKERS)
        for pipe in pipes:
            pipe.recv()
        return time.perf_counter() - start

    yield ask
    for pipe in pipes:
        pipe.send(0)
    for process in processes:
        process.join(20)


def _serve(pipe: Any, url: str, code: str, case: Case) -> None:
    database = open_database(url, pool_size=THREADS)

    def client(count: int) -> None:
        for _ in range(count):
            number = uuid4().hex
            lines = tuple(RequestLine({"org": org}, MONTHS[0], Decimal("1.25")) for org in ORGS[: case.lines])
            with database.writing() as uow:
                commands.reserve(uow, CLERK, policy=code, request=Request(number, number, lines))

    with ThreadPoolExecutor(THREADS) as pool:
        barrier = threading.Barrier(THREADS)
        list(pool.map(lambda _: (barrier.wait(), client(1)), range(THREADS)))
        while count := pipe.recv():
            list(pool.map(client, [count // THREADS] * THREADS))
            pipe.send(True)
    database.engine.dispose()


# --- the peer ----------------------------------------------------------------------------------------------------------


def _script(case: Case, url: str, policy: PolicyInForce) -> str:
    """The same writes as one bare transaction."""
    database = open_database(url, pool_size=1)
    with database.reading() as reader:
        rows = queries.balances(reader, policy, limit=1000)
    database.engine.dispose()
    by_org = [[b.id for b in rows if f'"{org}"' in b.key] for org in ORGS[: case.lines]]
    assert all(len(ids) == case.windows for ids in by_org), "the case is what it says"
    ids = ",".join(str(i) for found in by_org for i in found)
    lines = [f'({n},\'{{"org": "{o}"}}\'::jsonb)' for n, o in enumerate(ORGS[: case.lines], 1)]
    entries = [f"({n},'{{{','.join(map(str, i))}}}'::bigint[])" for n, i in enumerate(by_org, 1)]
    return f"""
BEGIN;
INSERT INTO document (policy_id, kind, number, status, requester, idem_key, fingerprint)
VALUES ({policy.id}, 'bench', gen_random_uuid()::text, 'held', 'pgbench', gen_random_uuid()::text, '') RETURNING id \\gset
SELECT id, reserved FROM bucket WHERE id = ANY('{{{ids}}}'::bigint[]) ORDER BY id FOR NO KEY UPDATE;
UPDATE bucket SET reserved = reserved + 1.25 WHERE id = ANY('{{{ids}}}'::bigint[]);
INSERT INTO document_line (document_id, line_no, coordinate, period, amount)
SELECT :id, l.n, l.c, '2026-01', 1.25 FROM (VALUES {", ".join(lines)}) AS l(n, c);
INSERT INTO ledger_entry (policy_id, stage, kind, amount, coordinate, period, buckets, document_id, line_no, actor)
SELECT {policy.id}, 'reserved', 'reserve', 1.25, l.c, '2026-01', e.b, :id, l.n, 'pgbench'
FROM (VALUES {", ".join(lines)}) AS l(n, c) JOIN (VALUES {", ".join(entries)}) AS e(n, b) USING (n);
INSERT INTO action_entry (actor_id, actor, action, subject_kind, subject_id)
VALUES (7, 'pgbench', 'control.request', 'document', :id);
COMMIT;
"""


def _pgbench(url: str, script: str, count: int) -> float:
    """Seconds that pgbench's clients take for ``count`` transactions, its connecting not counted."""
    clients = WORKERS * THREADS
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [find_binaries().program("pgbench"), "-n", "-M", "prepared", "-f", file.name, "-d", url]
        command[-2:] = [url]
        told = subprocess.run(
            [*command, "-c", str(clients), "-j", str(WORKERS), "-t", str(count // clients)],
            capture_output=True,
            text=True,
            check=False,
        )
    found = re.search(r"tps = ([\d.]+)", told.stdout)
    if told.returncode or found is None:
        print(told.stderr, file=sys.stderr)
        raise RuntimeError("pgbench failed")
    return count / float(found[1])
