"""One process of the random workload: asks one operation after the other, and writes down what it asks and what it heard."""

import json
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy.exc import OperationalError
from tests.faults.ledger_world import MONTHS, ORGS

from bihuan.features.access.model import Grant, Principal
from bihuan.features.control import commands
from bihuan.features.control.model import BudgetCell, DocumentMoved, Request, RequestLine, VoucherLine
from bihuan.kernel.errors import BihuanError
from bihuan.store.unit_of_work import Database, UnitOfWork, open_database

PERIODS = tuple(f"2026-{m + 1:02d}" for m in MONTHS)
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
    batch: int  # documents of one batch
    turn: int = 0

    def __post_init__(self) -> None:
        self.own: dict[str, int] = {}
        self.numbers: list[str] = []  # of `own`, to choose from
        self.everybody = list(self.pool)
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
            self.wait_for_the_server()
            return  # the connection was cut: nobody knows yet
        self.log.write(json.dumps({"mark": mark, "answer": answer, "at": at}) + "\n")
        self.log.flush()
        if op == "execute":
            self.vouchers.append(said["voucher"])
        elif op in ("reserve", "draw") and answer == "ok":
            self.numbers.append(mark)

    def wait_for_the_server(self) -> None:
        """Until the server answers again; one whose session was killed recovers in seconds."""
        for _ in range(1200):
            with suppress(OperationalError), self.database.engine.connect() as conn:
                conn.exec_driver_sql("SELECT 1")
                return
            time.sleep(0.1)
        raise RuntimeError("the server did not come back in two minutes")

    def choose(self, mark: str) -> tuple[str, dict[str, Any]]:
        place = [self.rng.choice(ORGS), self.rng.choice(MONTHS)]
        amount = self.rng.choice([self.rng.randrange(1, 3_000), self.rng.randrange(1, 30_000)])
        own, anyone = self.numbers, self.rng.choice(self.everybody)
        dice = self.rng.random()
        if dice < 0.28:
            lines = [
                [self.rng.choice(ORGS), self.rng.choice(MONTHS), self.rng.randrange(1, 9_000)]
                for _ in range(self.rng.choice([1, 1, 2, 3]))
            ]
            return "reserve", {"number": mark, "lines": lines, "stage": self.rng.choice(["reserved", "committed"])}
        if dice < 0.36:
            each = [
                [self.rng.choice(ORGS), self.rng.choice(MONTHS), self.rng.randrange(1, 900)] for _ in range(self.batch)
            ]
            return "batch", {"number": mark, "each": each}
        if dice < 0.46:
            return "draw", {"number": mark, "earlier": anyone, "org": place[0], "month": place[1], "amount": amount}
        if dice < 0.54:
            return "commit", {"number": anyone, "amount": amount}
        if dice < 0.66:
            number = self.rng.choice([anyone, self.rng.choice(own or [""]), ""])
            return "execute", {"voucher": mark, "number": number, "org": place[0], "month": place[1], "amount": amount}
        if dice < 0.72:
            return "amend", {"number": anyone, "org": place[0], "month": place[1], "amount": amount * 3}
        if dice < 0.82 and own:
            return "end", {"number": self.rng.choice(own), "how": self.rng.choice(["release", "close", "cancel"])}
        if dice < 0.88 and self.vouchers:
            return "reverse", {"voucher": self.rng.choice(self.vouchers)}
        if dice < 0.91 and own:
            return "expire", {"number": self.rng.choice(own)}
        if dice < 0.96:
            return "change", {"cells": [[*place, self.rng.randrange(-6_000, 30_000) or 1]]}
        other = [self.rng.choice([o for o in ORGS if o != place[0]]), self.rng.choice(MONTHS)]
        return "change", {"cells": [[*place, -amount], [*other, amount]]}

    def ask(self, op: str, said: dict[str, Any], mark: str) -> tuple[Any, int]:
        with self.database.writing() as uow:
            try:
                answer = getattr(self, f"_{op}")(uow, mark, **said)
            except BihuanError as fault:
                answer = "again" if isinstance(fault, DocumentMoved) else "refused"
            at = int(uow.conn.exec_driver_sql("SELECT last_value FROM ledger_entry_id_seq").scalar_one())
            if answer in ("refused", "again"):
                uow.conn.rollback()
            # one that writes nothing is not flushed: a server killed after it would give the numbers that it saw once more
            uow.conn.exec_driver_sql("SELECT pg_logical_emit_message(true, 'workload', '')")
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
    url: str, name: str, seed: int, path: str, pool: dict[str, int], batch: int, share: int, barrier: Any
) -> None:
    """The body of a process: ``share`` operations, after the barrier where there is one."""
    database = open_database(url, pool_size=1)
    with Path(path).open("a", encoding="utf-8") as log:
        worker = Worker(database, name, random.Random(seed), log, pool, batch)
        if barrier is not None:
            barrier.wait(180)
        for _ in range(share):
            worker.step()
        log.write(json.dumps({"done": name}) + "\n")
    database.engine.dispose()
