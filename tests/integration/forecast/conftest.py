"""The starter company with two forecasts as text, actuals from 2025-01 to 2026-10, and people."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from bihuan.bootstrap import build, load_roles, models_folder
from bihuan.engine.formula.bound import ItemRef
from bihuan.features.access import commands as access
from bihuan.features.access import queries as sessions
from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling.folder import read_folder
from bihuan.features.planning import commands as planning
from bihuan.features.planning import packages
from bihuan.features.planning import queries as plans
from bihuan.features.planning.model import CellEdit
from bihuan.settings import Settings
from bihuan.store.unit_of_work import UnitOfWork
from bihuan.web.app import create_app

FOLDER = models_folder() / "starter"
AMOUNT = ItemRef("费用", "金额")
ORGS, ACCOUNTS = ("FIN", "HR", "MM", "MP", "PM", "PP"), ("差旅", "招待", "办公", "会议")
MONTHS = [f"{y}-{m:02d}" for y in (2025, 2026) for m in range(1, 13)]
TEXT = """
forecast: 费用预测
title: 费用滚动预测
items: [费用!金额]
version: {code: "{year}预测", name: "{year} 年预测", role: 预测}
budget: 预算
where: {科目: [差旅, 招待, 办公会议]}
festival: spring-festival
"""
# one more, as text only: last year's months, three ahead, one account
NAIVE_TEXT = """
forecast: 差旅同期
items: [费用!金额]
version: {code: 同期, role: 预测}
horizon: 3
method: seasonal_naive
where: {科目: [差旅]}
"""
TEXTS = {"forecasts/费用预测.yaml": TEXT, "forecasts/差旅同期.yaml": NAIVE_TEXT}
PEOPLE: dict[str, tuple[str, dict[str, Any]]] = {
    "yusuan": ("budget-admin", {}),
    "cfo": ("cfo", {}),
    "bumen": ("department-owner", {"org": ["MM"]}),
    "shenji": ("auditor", {}),
}
Call = Callable[..., tuple[int, Any]]


def amounts(seed: int = 7) -> dict[tuple[str, str, str], Decimal]:
    """(org, account, month) -> amount: a season per account, sizes and growth of their own, noise; 会议 only in some months."""
    rng = np.random.default_rng(seed)
    out = {}
    season = {account: np.exp(rng.normal(0, 0.25, 12)) for account in ACCOUNTS}
    for org in ORGS:
        for account in ACCOUNTS:
            size, growth = np.exp(rng.normal(9, 0.7)), rng.normal(1.08, 0.03)
            for t, month in enumerate(MONTHS):
                value = size * growth ** (t / 12) * season[account][t % 12] * np.exp(rng.normal(0, 0.06))
                if account == "会议" and t % 3:
                    continue
                out[org, account, month] = Decimal(f"{value:.2f}")
    return out


def enter(uow: UnitOfWork, version: str, cells: dict[tuple[str, str, str], Decimal]) -> None:
    """Writes cells as a load does."""
    found = plans.version(uow, "starter", version)
    edits = [CellEdit(AMOUNT, {"org": o, "科目": a}, m, None, v) for (o, a, m), v in cells.items()]
    planning.append(uow, system(), version_id=found.id, edits=edits, source="load", reason="测试")


@pytest.fixture(scope="module")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    container = build(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    with container.database.writing() as uow:
        modelling.apply(uow, system(), {**read_folder(FOLDER), **TEXTS}, name="starter")
        packages.load_data(uow, system(), model="starter", folder=FOLDER)
        enter(uow, "实际", {k: v for k, v in amounts().items() if k[2] <= "2026-10"})
        access.set_business_date(uow, system(), date(2026, 10, 31))
        load_roles(uow, system())
        for login, (role, limits) in PEOPLE.items():
            access.add_user(uow, system(), login=login, name=login, password=None)
            access.assign_roles(uow, system(), login=login, assignments=[{"role": role, "limits": limits}])
        access.add_user(uow, system(), login="stranger", name="stranger", password=None)
    with TestClient(create_app(container), raise_server_exceptions=False) as client:
        client.container = container  # type: ignore[attr-defined]
        yield client
    container.database.engine.dispose()


@pytest.fixture
def call(app: TestClient) -> Call:
    """``call("cfo", "POST", "/forecasts/费用预测/runs", {...})``: the answer's status and JSON."""

    def call(login: str | None, method: str, path: str, body: object = None) -> tuple[int, Any]:
        headers = {}
        if login is not None:
            with app.container.database.writing() as uow:  # type: ignore[attr-defined]
                user = uow.row("access.user_by_login", login=login)
                secret = access.open_session(uow, user["id"]).secret
            headers = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": sessions.csrf_token(secret)}
        answer = app.request(method, f"/api/v1{path}", headers=headers, json=body)
        return answer.status_code, answer.json()

    return call
