"""A random workload on the ledger: many processes from a barrier, some killed in the middle, every answer predicted afterwards.

Each worker writes down what it is about to ask, asks, and writes down the answer with its place in the order of commits: the last
entry's id, read while the balance rows are still locked, so that of two operations on one row the later has the larger. The
independent model (`ledger_world`) then plays everything in that order and must predict every answer; what a killed worker never
heard is looked up by its mark in the action trail. In the end rows = entries = model.

BIHUAN_WORKLOAD_OPERATIONS, BIHUAN_WORKLOAD_WORKERS, BIHUAN_WORKLOAD_KILLS, BIHUAN_FAULT_SEED.
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
from sqlalchemy.exc import OperationalError
from tests.faults.ledger_world import DIVISION, MONTHS, ORGS, World

from bihuan.features.access.model import Grant, Principal
from bihuan.features.control import commands, queries
from bihuan.features.control.ledger import PolicyInForce
from bihuan.features.control.model import BudgetCell, Request, RequestLine, VoucherLine
from bihuan.features.control.package import read_policy
from bihuan.features.control.policy import Trees
from bihuan.features.control.reconcile import reconcile
from bihuan.features.control.windows import ControlCalendar, YearPeriods
from bihuan.kernel.errors import BihuanError
from bihuan.store.embedded import lease
from bihuan.store.schema import create_all
from bihuan.store.unit_of_work import Database, UnitOfWork, open_database

pytestmark = pytest.mark.faults

OPERATIONS = int(os.environ.get("BIHUAN_WORKLOAD_OPERATIONS", "20000"))
WORKERS = int(os.environ.get("BIHUAN_WORKLOAD_WORKERS", "8"))
KILLS = int(os.environ.get("BIHUAN_WORKLOAD_KILLS", "30"))
SEED = int(os.environ.get("BIHUAN_FAULT_SEED", "20261122"))
POOL = 24  # documents that everybody works on
BATCH = 20  # documents of one batch
PERIODS = tuple(f"2026-{m + 1:02d}" for m in MONTHS)
CALENDAR = ControlCalendar((YearPeriods("2026", PERIODS),))
TREES = Trees({"org": {"G": "", "A": "G", "B": "G", **DIVISION}})
RULES = [
    {"code": "月", "window": "month", "by": {"org": "leaf"}},
    {"code": "累计", "window": "cumulative", "by": {"org": 1}},
    {"code": "年", "window": "year", "by": {"org": 0}},
]
CLERK = Principal(7, "zhang", "张三", grants=(Grant("control.*"),))
CODE = "workload"


def yuan(fen: int) -> Decimal:
    return Decimal(fen) / 100


def line(org: str, month: int, fen: int, **more: Any) -> RequestLine:
    return RequestLine({"org": org}, PERIODS[month], yuan(fen), **more)


def cell(org: str, month: int, fen: int) -> BudgetCell:
    return BudgetCell({"org": org}, PERIODS[month], yuan(fen))


@dataclass
class Worker:
    """Asks one operation after the other until its share is done; numbered so that another process can go on."""

    database: Database
    name: str
    rng: random.Random
    log: Any
    pool: dict[str, int]  # number -> document
    turn: int = 0

    def __post_init__(self) -> None:
        self.own: dict[str, int] = {}
        self.vouchers: list[str] = []

    def step(self) -> None:
        self.turn += 1
        mark = f"{self.name}.{self.turn}"
        op, said = self.choose(mark)
        self.log.write(json.dumps({"mark": mark, "op": op, "said": said}) + "\n")
        self.log.flush()
        try:
            answer, at = self.ask(op, said, mark)
        except OperationalError as error:
            if "deadlock" in str(error):
                raise RuntimeError("two operations waited for each other") from error
            return  # the connection was cut: nobody knows yet
        self.log.write(json.dumps({"mark": mark, "answer": answer, "at": at}) + "\n")
        self.log.flush()
        if op == "execute":
            self.vouchers.append(said["voucher"])

    def choose(self, mark: str) -> tuple[str, dict[str, Any]]:
        place = [self.rng.choice(ORGS), self.rng.choice(MONTHS)]
        amount = self.rng.choice([self.rng.randrange(1, 3_000), self.rng.randrange(1, 30_000)])
        own, anyone = list(self.own), self.rng.choice(list(self.pool))
        dice = self.rng.random()
        if dice < 0.28 or not own:
            lines = [
                [self.rng.choice(ORGS), self.rng.choice(MONTHS), self.rng.randrange(1, 9_000)]
                for _ in range(self.rng.choice([1, 1, 2, 3]))
            ]
            return "reserve", {"number": mark, "lines": lines, "stage": self.rng.choice(["reserved", "committed"])}
        if dice < 0.36:
            each = [[self.rng.choice(ORGS), self.rng.choice(MONTHS), self.rng.randrange(1, 900)] for _ in range(BATCH)]
            return "batch", {"number": mark, "each": each}
        if dice < 0.46:
            return "draw", {"number": mark, "earlier": anyone, "org": place[0], "month": place[1], "amount": amount}
        if dice < 0.54:
            return "commit", {"number": anyone, "amount": amount}
        if dice < 0.66:
            number = self.rng.choice([anyone, self.rng.choice(own), ""])
            return "execute", {"voucher": mark, "number": number, "org": place[0], "month": place[1], "amount": amount}
        if dice < 0.72:
            return "amend", {"number": anyone, "org": place[0], "month": place[1], "amount": amount * 3}
        if dice < 0.82:
            return "end", {"number": self.rng.choice(own), "how": self.rng.choice(["release", "close", "cancel"])}
        if dice < 0.88 and self.vouchers:
            return "reverse", {"voucher": self.rng.choice(self.vouchers)}
        if dice < 0.91:
            return "expire", {"number": self.rng.choice(own)}
        if dice < 0.96:
            return "change", {"cells": [[*place, self.rng.randrange(-6_000, 30_000) or 1]]}
        other = [self.rng.choice([o for o in ORGS if o != place[0]]), self.rng.choice(MONTHS)]
        return "change", {"cells": [[*place, -amount], [*other, amount]]}

    def ask(self, op: str, said: dict[str, Any], mark: str) -> tuple[Any, int]:
        with self.database.writing() as uow:
            try:
                answer = getattr(self, f"_{op}")(uow, mark, **said)
            except BihuanError:
                answer = "refused"
            at = int(uow.conn.exec_driver_sql("SELECT last_value FROM ledger_entry_id_seq").scalar_one())
            if answer == "refused":
                uow.conn.rollback()
        return answer, at

    def document(self, number: str) -> int:
        return self.pool.get(number) or self.own[number]

    def _reserve(self, uow: UnitOfWork, mark: str, number: str, lines: list[Any], stage: Any) -> str:
        asked = Request(number, number, tuple(line(*x) for x in lines), stage=stage)
        self.own[number] = commands.reserve(uow, CLERK, policy=CODE, request=asked).document_id
        return "ok"

    def _batch(self, uow: UnitOfWork, mark: str, number: str, each: list[Any]) -> list[str]:
        asked = [Request(f"{number}/{n}", f"{number}/{n}", (line(*x),)) for n, x in enumerate(each)]
        answers = commands.reserve_each(uow, CLERK, policy=CODE, requests=asked)
        return ["refused" if isinstance(a, BihuanError) else "ok" for a in answers]

    def _draw(self, uow: UnitOfWork, mark: str, number: str, earlier: str, org: str, month: int, amount: int) -> str:  # noqa: PLR0917
        asked = Request(
            number, number, (line(org, month, amount, draws=(self.document(earlier), 1)),), stage="committed"
        )
        self.own[number] = commands.reserve(uow, CLERK, policy=CODE, request=asked).document_id
        return "ok"

    def _commit(self, uow: UnitOfWork, mark: str, number: str, amount: int) -> str:
        commands.commit_stage(uow, CLERK, document_id=self.document(number), amounts={1: yuan(amount)}, reason=mark)
        return "ok"

    def _execute(self, uow: UnitOfWork, mark: str, voucher: str, number: str, org: str, month: int, amount: int) -> str:  # noqa: PLR0917
        fact = VoucherLine(voucher, voucher, {"org": org}, PERIODS[month], yuan(amount), number or None, 1)
        commands.execute(uow, CLERK, policy=CODE, lines=[fact])
        return "ok"

    def _amend(self, uow: UnitOfWork, mark: str, number: str, org: str, month: int, amount: int) -> str:  # noqa: PLR0917
        commands.amend(uow, CLERK, document_id=self.document(number), lines=[line(org, month, amount)], reason=mark)
        return "ok"

    def _end(self, uow: UnitOfWork, mark: str, number: str, how: str) -> str:
        getattr(commands, how)(uow, CLERK, document_id=self.document(number), reason=mark)
        return "ok"

    def _reverse(self, uow: UnitOfWork, mark: str, voucher: str) -> str:
        commands.reverse(uow, CLERK, policy=CODE, voucher=voucher, reason=mark)
        return "ok"

    def _expire(self, uow: UnitOfWork, mark: str, number: str) -> str:
        uow.run("control.document_expiry", id=self.document(number), expires_at=uow.now())
        commands.expire(uow, CLERK, document_id=self.document(number))
        return "ok"

    def _change(self, uow: UnitOfWork, mark: str, cells: list[Any]) -> str:
        kind: Any = "transfer" if len(cells) > 1 else "supplement"
        commands.transfer(uow, CLERK, policy=CODE, kind=kind, cells=[cell(*c) for c in cells], reason=mark)
        return "ok"


def work(  # noqa: PLR0917
    url: str, name: str, seed: int, path: str, pool: dict[str, int], share: int, barrier: Any
) -> None:
    database = open_database(url, pool_size=1)
    with Path(path).open("a", encoding="utf-8") as log:
        worker = Worker(database, name, random.Random(seed), log, pool)
        if barrier is not None:
            barrier.wait(180)
        for _ in range(share):
            worker.step()
        log.write(json.dumps({"done": name}) + "\n")
    database.engine.dispose()


@dataclass
class Played:
    """What there is to look at afterwards."""

    database: Database
    owner: str
    policy: PolicyInForce
    world: World
    log: list[dict[str, Any]]  # asked and answered, in the order of commits
    kills: int
    cut: int
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
        kills, cut = run(urls.app, urls.owner, folder, pool)
        log = ordered(urls.owner, folder)
        yield Played(database, urls.owner, policy, world, log, kills, cut, time.monotonic() - started)
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


def run(url: str, owner: str, folder: Path, pool: dict[str, int]) -> tuple[int, int]:
    """Starts all from a barrier; kills workers and cuts connections meanwhile; what was killed is gone on with."""
    rng = random.Random(SEED)
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(WORKERS + 1)
    share = OPERATIONS // WORKERS
    running: dict[str, Any] = {}
    turns: Counter[int] = Counter()

    def start(n: int, left: int, wait: Any) -> None:
        turns[n] += 1
        name = f"w{n}-{turns[n]}"
        arguments = (url, name, SEED + 1000 * n + turns[n], str(folder / f"{name}.log"), pool, left, wait)
        process = context.Process(target=work, args=arguments, daemon=True)
        process.start()
        running[name] = (process, n, left)

    for n in range(WORKERS):
        start(n, share, barrier)
    kills = cut = 0
    barrier.wait(180)
    while running:
        time.sleep(rng.uniform(0.2, 1.0))
        for name in [n for n, (p, _, _) in running.items() if not p.is_alive()]:
            process = running.pop(name)[0]
            assert process.exitcode == 0, f"{name} ended with {process.exitcode}"
        alive = list(running)
        if alive and kills < KILLS:
            name = rng.choice(alive)
            process, n, left = running.pop(name)
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            kills += 1
            asked = (
                sum('"op"' in x for x in (folder / f"{name}.log").read_text().splitlines())
                if (folder / f"{name}.log").exists()
                else 0
            )
            if left > asked:
                start(n, left - asked, None)
        if alive and cut < KILLS:
            with psycopg.connect(owner, autocommit=True) as conn:
                victims = conn.execute(
                    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND state = 'active'"
                    " AND pid <> pg_backend_pid()"
                ).fetchall()
                if victims:
                    conn.execute("SELECT pg_terminate_backend(%s)", rng.choice(victims))
                    cut += 1
    return kills, cut


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
    return sorted(asked.values(), key=lambda x: (x["at"], x["answer"] == "refused", x["turn"]))


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
        if one["answer"] == "lost":
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
    print(f"{total} operations in {played.seconds:.0f} s, {played.kills} workers killed, {played.cut} connections cut")
    print(dict(sorted(counts.items())))
    assert sum(not one["heard"] for one in played.log) >= min(5, KILLS), "nothing was cut off"
    for op in ("reserve", "batch", "draw", "commit", "amend", "reverse", "change"):
        assert counts[f"{op} ok"], op
        assert counts[f"{op} refused"], op
    for op in ("execute", "end", "expire"):
        assert counts[f"{op} ok"], op


def test_every_answer_was_the_one_the_model_predicts(predicted: list[tuple[dict[str, Any], str]]) -> None:
    assert predicted[:3] == [], f"{len(predicted)} answers differ"


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
