"""What checking by SUM overspends: three patterns read in other systems' sources, beside the ledger, on the same server.

Each is the pattern, written as plainly as it can be, not the product it was read in: 8 clients from a barrier, requests of 100
against 10,000. ``ours_s`` and ``peer_s`` are seconds for the same number of requests, granted or refused; the note says what each
let through. A pattern that overspends is no peer to be faster than, so there is no bar.

A   insert the request, SUM, compare, at REPEATABLE READ        (ecosoft / Odoo; ERPNext's shape)
B   SUM, compare, then insert, at READ COMMITTED                (Axelor, KFS, VIENNA)
F   SELECT the budget FOR UPDATE, SUM, at REPEATABLE READ       (a natural "fix" there)
"""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from harness import Result, commit

from bihuan.features.access.model import Grant, Principal
from bihuan.features.control import commands, queries
from bihuan.features.control.model import BudgetCell, BudgetExceeded, Request, RequestLine
from bihuan.features.control.package import read_policy
from bihuan.features.control.policy import Trees
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.store.embedded import lease
from bihuan.store.schema import create_all
from bihuan.store.unit_of_work import Database, open_database

CLIENTS, BUDGET, EACH = 8, 10_000, 100
CLERK = Principal(7, "zhang", "张三", grants=(Grant("control.*"),))
Client = Callable[[], bool]


def run(quick: bool) -> list[Result]:
    """A result per pattern."""
    turns, rounds = (30, 1) if quick else (50, 3)
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as folder, lease(Path(folder) / "data") as urls:
        owner = open_database(urls.owner)
        create_all(owner.engine)
        owner.engine.dispose()
        with psycopg.connect(urls.owner, autocommit=True) as conn:
            conn.execute("CREATE TABLE p_budget (id int PRIMARY KEY, amount int)")
            conn.execute("CREATE TABLE p_entry (id bigserial PRIMARY KEY, budget int, amount int)")
        database = open_database(urls.app, pool_size=CLIENTS)
        out = []
        for name, pattern in PATTERNS.items():
            mine, theirs, passed, over = [], [], [], []
            for n in range(rounds):
                seconds, granted = _race(_ledger(database), turns)
                mine.append(seconds)
                passed.append(granted * EACH)
                with _table(urls.owner, n) as client:
                    seconds, granted = _race(lambda make=client, p=pattern: make(p), turns)
                theirs.append(seconds)
                over.append(granted * EACH - BUDGET)
            assert max(passed) <= BUDGET, f"the ledger overspent: {passed}"
            out.append(
                Result(
                    bench="check by SUM beside it",
                    size=f"{name} {CLIENTS} clients x {turns} of {EACH}",
                    threads=CLIENTS,
                    ours_s=sorted(mine)[len(mine) // 2],
                    peer=f"pattern {name}",
                    peer_s=sorted(theirs)[len(theirs) // 2],
                    ours_raw=mine,
                    peer_raw=theirs,
                    note=f"ours granted {max(passed)} of {BUDGET}; pattern {name} overspent {over}",
                    commit=commit(),
                )
            )
        database.engine.dispose()
        return out


def _race(make: Callable[[], Client], turns: int) -> tuple[float, int]:
    """Seconds and grants of all clients together, from a barrier."""
    barrier, granted = threading.Barrier(CLIENTS + 1), [0] * CLIENTS

    def loop(n: int) -> None:
        client = make()
        barrier.wait()
        for _ in range(turns):
            granted[n] += client()

    threads = [threading.Thread(target=loop, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    barrier.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start, sum(granted)


def _ledger(database: Database) -> Callable[[], Client]:
    """The whole command on a policy of its own."""
    text = {"policy": uuid4().hex, "rules": [{"code": "r", "window": "year", "by": {"org": "leaf"}}]}
    calendar = ControlCalendar((YearPeriods("2026", ("2026-01",)),))
    with database.writing() as uow:
        policy = commands.put_policy(uow, CLERK, read_policy(text, calendar=calendar, trees=Trees({"org": {"A": ""}})))
        commands.book_budget(uow, "bench", policy, [BudgetCell({"org": "A"}, "2026-01", Decimal(BUDGET))]).write()
        assert queries.balances(uow, policy)

    def client() -> bool:
        number = uuid4().hex
        asked = Request(number, number, (RequestLine({"org": "A"}, "2026-01", Decimal(EACH)),))
        try:
            with database.writing() as uow:
                commands.reserve(uow, CLERK, policy=policy.policy.code, request=asked)
        except BudgetExceeded:
            return False
        return True

    return lambda: client


@contextmanager
def _table(url: str, n: int) -> Iterator[Callable[[Any], Client]]:
    """A budget row of its own, and connections closed at the end."""
    opened: list[psycopg.Connection[Any]] = []
    budget = int(time.time() * 1000) % 10**9 + n

    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("INSERT INTO p_budget VALUES (%s, %s)", (budget, BUDGET))

    def make(pattern: Callable[[Any, int], bool]) -> Client:
        conn = psycopg.connect(url)
        opened.append(conn)

        def client() -> bool:
            try:
                with conn.transaction():
                    return pattern(conn, budget)
            except (psycopg.errors.SerializationFailure, _Refused):
                return False

        return client

    yield make
    for conn in opened:
        conn.close()


class _Refused(Exception):
    """Rolls the insert back."""


def _spent(conn: Any, budget: int) -> int:
    return int(conn.execute("SELECT coalesce(sum(amount), 0) FROM p_entry WHERE budget = %s", (budget,)).fetchone()[0])


def _a(conn: Any, budget: int) -> bool:
    conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    conn.execute("INSERT INTO p_entry (budget, amount) VALUES (%s, %s)", (budget, EACH))
    if _spent(conn, budget) > BUDGET:
        raise _Refused
    return True


def _b(conn: Any, budget: int) -> bool:
    if _spent(conn, budget) + EACH > BUDGET:
        return False
    conn.execute("INSERT INTO p_entry (budget, amount) VALUES (%s, %s)", (budget, EACH))
    return True


def _f(conn: Any, budget: int) -> bool:
    conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    conn.execute("SELECT amount FROM p_budget WHERE id = %s FOR UPDATE", (budget,))
    return _b(conn, budget)


PATTERNS = {"A": _a, "B": _b, "F": _f}
