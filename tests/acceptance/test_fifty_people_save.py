"""The last evening of the season: fifty people save at once, on two web processes. No error, every number, exact totals."""

import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.service import free_port, wait_until

from bihuan.features.access import commands as access
from bihuan.features.access import queries as sessions
from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling import queries as models
from bihuan.features.planning import commands as versions
from bihuan.features.planning.replica import open_replica
from bihuan.store.unit_of_work import Database

PEOPLE, ROUNDS = 50, 3
ACCOUNTS = ("差旅", "会议", "办公")
MONTHS = tuple(f"2026-{m:02d}" for m in range(1, 13))


@dataclass(frozen=True)
class Company:
    urls: tuple[str, ...]
    version: int
    headers: tuple[dict[str, str], ...]  # of each person
    chief: dict[str, str]


def package() -> dict[str, str]:
    head = "code,name,parent,weight\n"
    return {
        "model.yaml": "name: fifty\ntitle: 五十个部门\ncalendar: {base: month, start: 2026-01, end: 2026-12}\n"
        "currency: 元\nunits: {元: ''}\nversions: [预算]\n",
        "dimensions/org.csv": head + "G,集团,,\n" + "".join(f"D{i},部门{i},G,\n" for i in range(PEOPLE)),
        "dimensions/科目.csv": head + "合计,合计,,\n" + "".join(f"{a},{a},合计,\n" for a in ACCOUNTS),
        "cubes/费用.yaml": "cube: 费用\ntitle: 费用\ndims: [period, org, 科目]\nitems:\n  金额: {unit: 元, scale: 2}\n",
    }


@pytest.fixture(scope="module")
def company(
    database: Database, owner_url: str, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Company]:
    data = Path(tmp_path_factory.mktemp("data"))
    open_replica(database.engine, models=models.compiled, folder=data / "blocks")
    root = system()
    with database.writing() as uow:
        modelling.apply(uow, root, package(), name="fifty")
        model = models.find(uow, "fifty")
        made = versions.create_version(
            uow, root, model_id=model.id, code="B2026", name="2026 预算", role="预算", revision=model.revision
        )
        access.define_role(
            uow, root, code="owner", name="owner", grants=[{"action": a} for a in ("plan.read", "plan.write")]
        )
    headers = tuple(_person(database, f"d{i}", {"org": [f"D{i}"]}) for i in range(PEOPLE))
    chief = _person(database, "chief", {})
    ports = (free_port(), free_port())
    environment = {**os.environ, "BIHUAN_DATABASE_URL": database_url, "BIHUAN_DATA": str(data)}
    command = [sys.executable, "-m", "uvicorn", "--factory", "bihuan.web.app:from_settings", "--log-level", "critical"]
    workers = [subprocess.Popen([*command, "--port", str(port)], env=environment) for port in ports]
    urls = tuple(f"http://127.0.0.1:{port}" for port in ports)
    try:
        for url in urls:
            wait_until(lambda url=url: _up(url), 60, f"{url} answers")
        yield Company(urls, made.id, headers, chief)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def _person(database: Database, login: str, limits: dict[str, list[str]]) -> dict[str, str]:
    with database.writing() as uow:
        user = access.add_user(uow, system(), login=login, name=login, password=None)
        access.assign_roles(uow, system(), login=login, assignments=[{"role": "owner", "limits": limits}])
        secret = access.open_session(uow, user).secret
    return {"cookie": f"{COOKIE}={secret}", "x-csrf-token": sessions.csrf_token(secret)}


def _up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def test_fifty_people_save_at_once(company: Company) -> None:
    rng = random.Random()
    amounts = [  # person, round, (account, month) -> fen
        [{(a, m): rng.randrange(1, 10**9) for a in ACCOUNTS for m in rng.sample(MONTHS, 6)} for _ in range(ROUNDS)]
        for _ in range(PEOPLE)
    ]
    for turn in range(ROUNDS):
        start = threading.Barrier(PEOPLE)

        def save(person: int, turn: int = turn, start: threading.Barrier = start) -> httpx.Response:
            before = _merged(amounts[person][:turn])
            edits = [
                {
                    "cube": "费用", "item": "金额", "members": {"org": f"D{person}", "科目": account}, "period": month,
                    "before": _yuan(before.get((account, month))), "after": _yuan(fen),
                }
                for (account, month), fen in amounts[person][turn].items()
            ]  # fmt: skip
            content = {"version": company.version, "base_seq": 0, "edits": edits}
            url = company.urls[person % len(company.urls)]
            start.wait(60)
            return httpx.post(f"{url}/api/v1/plan/save", json=content, headers=company.headers[person], timeout=120)

        with ThreadPoolExecutor(PEOPLE) as pool:
            answers = list(pool.map(save, range(PEOPLE)))
        assert {(a.status_code, a.json()["outcome"]) for a in answers} == {(200, "saved")}
        assert len({a.json()["seq"] for a in answers}) == PEOPLE, "each its own place in the order"
    final = [_merged(person) for person in amounts]
    for url in company.urls:  # both processes, at once
        for account in ACCOUNTS:
            shown = _read(company, url, account)
            for month in MONTHS:
                expected = [fen for person in final if (fen := person.get((account, month))) is not None]
                assert shown[month] == (_yuan(sum(expected)) if expected else None), (url, account, month)
        total = sum(fen for person in final for fen in person.values())
        assert _read(company, url, "合计")["2026"] == _yuan(total)


def _merged(rounds: list[dict[tuple[str, str], int]]) -> dict[tuple[str, str], int]:
    return {key: fen for one in rounds for key, fen in one.items()}


def _yuan(fen: int | None) -> str | None:
    return None if fen is None else f"{Decimal(fen).scaleb(-2):.2f}"


def _read(company: Company, url: str, account: str) -> dict[str, Any]:
    asked = {
        "version": company.version, "cube": "费用", "items": ["金额"], "fixed": {"org": "G", "科目": account},
        "columns": "plan-with-totals",
    }  # fmt: skip
    answer = httpx.post(f"{url}/api/v1/plan/query", json=asked, headers=company.chief, timeout=60).json()
    return {c["code"]: cell["v"] for c, cell in zip(answer["columns"], answer["cells"][0], strict=True)}
