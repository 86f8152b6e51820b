"""Random scopes over every route: no name, amount or total that needs a hidden cell, by a naive second predicate.

``BIHUAN_SEED`` takes other scopes, names and amounts than the usual run; ``BIHUAN_SEED=random`` new ones every time;
``BIHUAN_PEOPLE`` asks as so many people (each costs half a minute: every route, with every argument there is).
"""

import os
import random
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.scopes import shop as company
from tests.scopes.asked import ASKED, NOT_ASKED, asks
from tests.scopes.naive import Box, Rights
from tests.scopes.shop import Shop

from bihuan.bootstrap import build
from bihuan.settings import Settings
from bihuan.web.app import create_app

_SEED = os.environ.get("BIHUAN_SEED", "20261031")
SEED = random.SystemRandom().randrange(10**6) if _SEED == "random" else int(_SEED)
PEOPLE = int(os.environ.get("BIHUAN_PEOPLE", "3"))
NUMBER = re.compile(r"\d+(?:\.\d+)?")
GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
READS = {"GET"}
LARGE = Decimal(100_000)  # smaller numbers are counts, dates, ids


@pytest.fixture(scope="module")
def shop(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    data = Path(tmp_path_factory.mktemp("data"))
    container = build(Settings(data=data, database_url=database_url))
    with TestClient(create_app(container), raise_server_exceptions=False) as client:
        made = company.make(container, client, random.Random(SEED), data)
        made.person("seer", Rights(Box()))
        buckets = made.caller("seer")("GET", "/api/v1/control/buckets?policy=secret&limit=500").json()
        made.ids["bucket"] = [b["bucket"] for b in buckets][:60]
        yield made
    container.database.engine.dispose()


def told(text: str) -> set[Decimal]:
    """The amounts in an answer, with or without separators of thousands."""
    whole = GROUPED.sub("", text)
    return {number for found in NUMBER.findall(f"{text} {whole}") if (number := Decimal(found)) >= LARGE}


def test_every_route_is_asked_or_says_why_not(shop: Shop) -> None:
    document = shop.client.get("/api/openapi.json").json()
    reading = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method.upper() in READS or str(operation.get("x-action", "")).endswith(".read")
    }
    assert reading <= ASKED.keys() | NOT_ASKED.keys(), "say in tests/scopes/asked.py what is asked of a new route"


def test_who_may_see_everything_is_told_the_secrets(shop: Shop) -> None:
    """Else the tests below could not fail."""
    ask = shop.caller("seer")
    nobody = Rights(Box(org=("nowhere",)))
    secrets, words = shop.world.secrets(nobody), [w for said in shop.words.values() for w in said]
    silent = []
    for route in ASKED:
        texts = [ask(route[0], path, json).text for path, json in asks(shop, route)]
        if not any(told(text) & secrets or any(word in text for word in words) for text in texts):
            silent.append(" ".join(route))
    assert set(silent) <= SILENT, f"these tell nothing: {sorted(set(silent) - SILENT)}"


# Routes whose answers hold no name, amount or text of an organisation even for who may see everything.
SILENT = {
    "GET /api/v1/cycles",
    "GET /api/v1/cycles/templates",
    "GET /api/v1/cycles/{cycle_id}",
    "GET /api/v1/batches",
    "GET /api/v1/cases/{instance_id}/candidates",
    "GET /api/v1/inbox",
    "GET /api/v1/batches/{batch}/corrections",
    "GET /api/v1/batches/{batch}/desk",
    "GET /api/v1/control/policies",
    "GET /api/v1/control/policies/{code}/text",  # rules, no amounts
    "GET /api/v1/control/policies/{code}/editions",
    "GET /api/v1/models/{code}/formulas",  # of items; what it may not name is tested with the route
    "GET /api/v1/loads",
    "GET /api/v1/loads/{run}",
    "GET /api/v1/comments/marks",
    "GET /api/v1/comments/mentions",
    "GET /api/v1/comments/people",
    "GET /api/v1/forecasts",
    "GET /api/v1/forecasts/runs/{run_id}",
    "POST /api/v1/forecasts/{code}/backtest",  # how well the methods did, as shares
    "GET /api/v1/forms",
    "POST /api/v1/forms/fill",  # how many cells, not what in them
    "GET /api/v1/control/reconcile",
    "GET /api/v1/control/reconciliations",
    "GET /api/v1/control/exceptions",
    "GET /api/v1/control/exceptions/{exception_id}",
    "POST /api/v1/control/reconciliations",
    "GET /api/v1/service-accounts",
    "GET /api/v1/models",
    "GET /api/v1/models/{code}",
    "GET /api/v1/models/{code}/revisions",
    "GET /api/v1/plan/branches/{branch}/merge",  # nothing to merge; what it may not tell is tested with the route
    "GET /api/v1/plan/versions",
    "GET /api/v1/roles",
    "GET /api/v1/sources",
    "GET /api/v1/sources/{source}",
    "GET /api/v1/plan-units",
    "GET /api/v1/sources/{source}/tie-out",
    "GET /api/v1/started",
    "GET /api/v1/tasks",
    "GET /api/v1/tasks/all",
    "GET /api/v1/tasks/done",
    "GET /api/v1/todos",
    "GET /api/v1/transfers",
    "GET /api/v1/users",
    "POST /api/v1/plan/save",  # released cells: refused for what they are, whoever asks
    "POST /api/v1/spend/requests/{document_id}/commitment",
    "POST /api/v1/spend/requests/{document_id}/submission",
}


@pytest.mark.parametrize("person", range(PEOPLE))
def test_nothing_hidden_is_told_by_any_route(shop: Shop, person: int) -> None:
    rights = company.rights(random.Random(SEED * 100 + person))
    login = f"p{person}"
    shop.person(login, rights)
    ask = shop.caller(login)
    secrets = shop.world.secrets(rights)
    words = [(org, word) for org in sorted(shop.world.hidden_orgs(rights)) for word in shop.words[org]]
    leaks = []
    for route in ASKED:
        for path, json in asks(shop, route):
            answer = ask(route[0], path, json)
            assert answer.status_code < 500, f"{route} {path} {json}: {answer.text[:300]}"
            text = answer.text
            numbers = told(text) & secrets
            names = [f"{org}:{word}" for org, word in words if word in text]
            if numbers or names:
                leaks.append(f"{route[0]} {path} {json}: {sorted(numbers)[:3]} {names[:3]} in {text[:200]}")
    assert not leaks, f"seed {SEED}, {rights}: {len(leaks)} leaks\n" + "\n".join(leaks[:12])
