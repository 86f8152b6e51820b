"""Reservations on hot balance rows, 8 clients, against pgbench writing the same rows and entries.

Ours is the whole command, permission, policy, idempotency key, resolution, judgement and trail included, in two worker processes
of four threads as in a small installation. The peer is a bare transaction of the same writes (lock, update, document, lines,
entries, trail) with prepared statements in C. Same server, fsync on, in turns.
"""

import itertools
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
from bihuan.features.control.policy import Trees
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.store.embedded import lease
from bihuan.store.embedded.binaries import find_binaries
from bihuan.store.schema import create_all
from bihuan.store.unit_of_work import open_database

WORKERS, THREADS = 2, 4
BAR = 1 / 0.5  # at least half the peer's rate
BATCH = 100  # documents of one batch call
MONTHS = tuple(f"2026-{m:02d}" for m in range(1, 13))
CLERK = Principal(7, "zhang", "张三", grants=(Grant("control.*"),))
ORGS = ("A", "B", "C")


@dataclass(frozen=True)
class Case:
    """``lines`` of a document, each on ``windows`` balance rows; ``leaves`` > 0: a line falls on any of so many organisations.

    ``depth``: rules that count a line, from its organisation up.
    """

    name: str
    lines: int
    window: str
    windows: int
    leaves: int = 0
    depth: int = 1

    @property
    def orgs(self) -> tuple[str, ...]:
        return tuple(f"o{n}" for n in range(self.leaves)) if self.leaves else ORGS

    def pick(self, n: int) -> tuple[str, ...]:
        """The organisations of the n-th document's lines."""
        every = self.orgs
        return tuple(every[(n * self.lines + i) % len(every)] for i in range(self.lines))


CASES = (
    Case("1 row, 1 entry", 1, "year", 1),
    Case("36 rows, 3 entries", 3, "cumulative", 12),
    Case("200 leaves", 1, "year", 1, leaves=200),
    Case("roll-up depth 3", 1, "year", 3, leaves=200, depth=3),
    Case("100-line document", 100, "year", 1, leaves=200),
)


def run(quick: bool) -> list[Result]:
    """A result per case; seconds for the same number of reservations."""
    count, rounds = (160, 2) if quick else (800, 5)
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as folder, lease(Path(folder) / "data") as urls:
        owner = open_database(urls.owner)
        create_all(owner.engine)
        owner.engine.dispose()
        found = [_measure(case, urls.owner, urls.app, count, rounds) for case in CASES]
        return [*found, _batched(urls.app, count, rounds)]


def _measure(case: Case, owner_url: str, url: str, count: int, rounds: int) -> Result:
    policy = _policy(case, url)
    script = _script(case, url, policy)
    ours, peers, waits = [], [], []
    count = max(8 * WORKERS * THREADS, count // max(1, case.lines // 4))
    with _workers(url, policy.policy.code, case) as ask:
        ask(count // 4)
        _pgbench(owner_url, script, count // 4)
        for _ in range(rounds):
            seconds, each = ask(count)
            ours.append(seconds)
            waits += each
            peers.append(_pgbench(owner_url, script, count))
    p99 = sorted(waits)[len(waits) * 99 // 100]
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
        note=f"{count / statistics.median(ours):.0f}/s against {count / statistics.median(peers):.0f}/s,"
        f" ours p99 {p99 * 1e3:.0f} ms",
        commit=commit(),
    )


def _batched(url: str, count: int, rounds: int) -> Result:
    """A batch call against as many single calls, both ours, on 200 leaves; the bar: five times as fast."""
    case, count = CASES[2], max(count, WORKERS * THREADS * BATCH)
    policy = _policy(case, url)
    single, batch = [], []
    with _workers(url, policy.policy.code, case) as ask:
        for _ in range(rounds):
            single.append(ask(count)[0])
            batch.append(ask(count, BATCH)[0])
    each, all_ = statistics.median(batch), statistics.median(single)
    return Result(
        bench="reservations",
        size=f"batches of {BATCH} x {count}",
        threads=WORKERS * THREADS,
        ours_s=each,
        peer="our single calls",
        peer_s=all_,
        bar=1 / 5,
        ours_raw=batch,
        peer_raw=single,
        note=f"{count / each:.0f}/s in batches, {count / all_:.0f}/s one by one",
        commit=commit(),
    )


def _policy(case: Case, url: str) -> PolicyInForce:
    """A scheme of its own with budget nobody can use up."""
    calendar = ControlCalendar((YearPeriods("2026", MONTHS),))
    levels = ("leaf", 1, 0)[: case.depth]
    rules = [{"code": f"r{n}", "window": case.window, "by": {"org": level}} for n, level in enumerate(levels)]
    divisions = {f"d{n}": "g" for n in range(8)}
    below = {org: f"d{n % 8}" for n, org in enumerate(case.orgs)}
    trees = Trees({"org": {"g": "", **divisions, **below}})
    database = open_database(url, pool_size=1)
    with database.writing() as uow:
        policy = read_policy({"policy": uuid4().hex, "rules": rules}, calendar=calendar, trees=trees)
        made = commands.put_policy(uow, CLERK, policy)
        cells = [BudgetCell({"org": org}, MONTHS[0], Decimal(10) ** 12) for org in case.orgs]
        commands.book_budget(uow, "bench", made, cells).write()
    database.engine.dispose()
    return made


# --- ours ------------------------------------------------------------------------------------------------------------


@contextmanager
def _workers(url: str, code: str, case: Case) -> Iterator[Any]:
    """Worker processes that are up and connected; ``ask(count, batch)`` answers the seconds for so many reservations, and what
    each call took."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for _ in range(WORKERS):
        mine, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, url, code, case), daemon=True)
        process.start()
        pipes.append(mine)
        processes.append(process)

    def ask(count: int, batch: int = 1) -> tuple[float, list[float]]:
        start = time.perf_counter()
        for pipe in pipes:
            pipe.send((count // WORKERS, batch))
        waits = [w for pipe in pipes for w in pipe.recv()]
        return time.perf_counter() - start, waits

    yield ask
    for pipe in pipes:
        pipe.send((0, 0))
    for process in processes:
        process.join(20)


def _serve(pipe: Any, url: str, code: str, case: Case) -> None:
    database = open_database(url, pool_size=THREADS)

    turn = itertools.count(hash(threading.get_ident()) % 1000)

    def request() -> Request:
        number = uuid4().hex
        lines = tuple(RequestLine({"org": org}, MONTHS[0], Decimal("1.25")) for org in case.pick(next(turn)))
        return Request(number, number, lines)

    def client(count: int, batch: int) -> list[float]:
        waits = []
        for _ in range(max(1, count // batch)):
            start = time.perf_counter()
            with database.writing() as uow:
                if batch == 1:
                    commands.reserve(uow, CLERK, policy=code, request=request())
                else:
                    asked = [request() for _ in range(batch)]
                    commands.reserve_each(uow, CLERK, policy=code, requests=asked)
            waits.append(time.perf_counter() - start)
        return waits

    with ThreadPoolExecutor(THREADS) as pool:
        barrier = threading.Barrier(THREADS)
        list(pool.map(lambda _: (barrier.wait(), client(1, 1)), range(THREADS)))
        while True:
            count, batch = pipe.recv()
            if not count:
                break
            found = pool.map(client, [count // THREADS] * THREADS, [batch] * THREADS)
            pipe.send([w for each in found for w in each])
    database.engine.dispose()


# --- the peer ----------------------------------------------------------------------------------------------------------


def _script(case: Case, url: str, policy: PolicyInForce) -> str:
    """The same writes as one bare transaction."""
    database = open_database(url, pool_size=1)
    with database.reading() as reader:
        rows = queries.balances(reader, policy, limit=1000)
    database.engine.dispose()
    # rows that a document of the case touches, with as many lines and entries; its organisations are drawn anew each time
    by_org = {o: sorted(b.id for b in rows if _covers(policy, b, o)) for o in case.orgs}
    assert all(len(ids) == case.windows for ids in by_org.values()), "the case is what it says"
    if case.leaves:
        return _drawn(case, policy, by_org)
    ids = ",".join(str(i) for org in case.orgs[: case.lines] for i in by_org[org])
    lines = [f'({n},\'{{"org": "{o}"}}\'::jsonb)' for n, o in enumerate(ORGS[: case.lines], 1)]
    entries = [f"({n},'{{{','.join(map(str, by_org[o]))}}}'::bigint[])" for n, o in enumerate(ORGS[: case.lines], 1)]
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


def _covers(policy: PolicyInForce, row: Any, org: str) -> bool:
    keys = policy.policy.touched({"org": org}, MONTHS[0])
    return any((k.rule, k.key, k.window) == (row.rule.code, row.key, row.window) for k in keys)


def _drawn(case: Case, policy: PolicyInForce, by_org: dict[str, list[int]]) -> str:
    """The same writes on organisations drawn by pgbench: a run of ``lines`` of them from a random one on."""
    table = ",".join(f"({n},'{{{','.join(map(str, ids))}}}'::bigint[])" for n, ids in enumerate(by_org.values()))
    return f"""
\\set first random(0, {len(by_org) - 1})
BEGIN;
INSERT INTO document (policy_id, kind, number, status, requester, idem_key, fingerprint)
VALUES ({policy.id}, 'bench', gen_random_uuid()::text, 'held', 'pgbench', gen_random_uuid()::text, '') RETURNING id \\gset
CREATE TEMP TABLE IF NOT EXISTS t_{policy.id} AS SELECT * FROM (VALUES {table}) AS t(n, ids);
SELECT b.id, b.reserved FROM bucket b WHERE b.id IN (
    SELECT unnest(t.ids) FROM t_{policy.id} t WHERE (t.n - :first + {len(by_org)}) % {len(by_org)} < {case.lines})
ORDER BY b.id FOR NO KEY UPDATE;
UPDATE bucket SET reserved = reserved + 1.25 WHERE id IN (
    SELECT unnest(t.ids) FROM t_{policy.id} t WHERE (t.n - :first + {len(by_org)}) % {len(by_org)} < {case.lines});
INSERT INTO document_line (document_id, line_no, coordinate, period, amount)
SELECT :id, l, '{{"org": "o"}}', '2026-01', 1.25 FROM generate_series(1, {case.lines}) AS l;
INSERT INTO ledger_entry (policy_id, stage, kind, amount, coordinate, period, buckets, document_id, line_no, actor)
SELECT {policy.id}, 'reserved', 'reserve', 1.25, '{{"org": "o"}}', '2026-01', t.ids, :id, row_number() OVER (), 'pgbench'
FROM t_{policy.id} t WHERE (t.n - :first + {len(by_org)}) % {len(by_org)} < {case.lines};
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
