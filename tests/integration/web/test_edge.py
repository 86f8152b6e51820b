"""The edge of a request: commit before the answer, once per idempotency key, faults answered without their insides."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from bihuan.bootstrap import build
from bihuan.features.access import commands, queries
from bihuan.features.access.http import COOKIE, Edge, requires, signed_in
from bihuan.features.access.model import system
from bihuan.kernel.errors import Conflict
from bihuan.settings import Settings
from bihuan.store.unit_of_work import Database
from bihuan.web.app import create_app


@pytest.fixture(scope="module")
def client(database: Database, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The application with a few routes more, signed in as a user without roles."""
    container = build(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    app = create_app(container)

    @app.post("/api/test/note", **signed_in())
    def note(edge: Edge, body: dict[str, Any]) -> Any:
        def act() -> dict[str, object]:
            entry = commands.record(uow, edge.actor, "test.note", ("note", body["id"]))
            if body.get("refuse"):
                raise Conflict("not today")
            return {"entry": entry}

        with edge.write() as uow:
            return edge.once(uow, body, act)

    @app.get("/api/test/fault", **signed_in())
    def fault() -> None:
        raise RuntimeError("a secret of the house")

    @app.get("/api/test/away", **signed_in())
    def away() -> None:
        raise OperationalError("select 1", {}, Exception("connection refused"))

    @app.get("/api/test/closed", **requires("nobody.has"))
    def closed() -> None:
        raise AssertionError("never reached")

    # the page answers every GET that nothing before it does
    routes = app.router.routes
    routes.append(routes.pop(next(i for i, r in enumerate(routes) if getattr(r, "path", "") == "/{path:path}")))
    with database.writing() as uow:
        user_id = commands.add_user(uow, system(), login="li", name="li", password=None)
        secret = commands.open_session(uow, user_id).secret
    headers = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": queries.csrf_token(secret)}
    with TestClient(app, headers=headers) as client:
        yield client
    container.database.engine.dispose()


def notes(database: Database, note: str) -> list[int]:
    with database.reading() as reader:
        return [r["id"] for r in queries.actions(reader, system(), kind="note", subject=note)]


def test_an_acknowledged_write_is_there_and_a_refused_one_is_not(client: TestClient, database: Database) -> None:
    answer = client.post("/api/test/note", json={"id": "a"})
    assert notes(database, "a") == [answer.json()["entry"]]
    assert client.post("/api/test/note", json={"id": "b", "refuse": True}).json()["detail"] == "not today"
    assert notes(database, "b") == []


def test_the_same_key_acts_once_and_answers_the_same(client: TestClient, database: Database) -> None:
    key = {"idempotency-key": "k1"}
    first = client.post("/api/test/note", json={"id": "c"}, headers=key)
    again = client.post("/api/test/note", json={"id": "c"}, headers=key)
    assert first.json() == again.json()
    assert len(notes(database, "c")) == 1
    other = client.post("/api/test/note", json={"id": "c2"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_eight_at_once_with_one_key_act_once(client: TestClient, database: Database) -> None:
    barrier = threading.Barrier(8)

    def post(_n: int) -> object:
        barrier.wait()
        return client.post("/api/test/note", json={"id": "d"}, headers={"idempotency-key": "k2"}).json()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, range(8)))
    assert [a for a in answers if a != answers[0]] == []
    assert len(notes(database, "d")) == 1


def test_a_refused_request_does_not_use_up_its_key(client: TestClient, database: Database) -> None:
    key = {"idempotency-key": "k3"}
    assert client.post("/api/test/note", json={"id": "e", "refuse": True}, headers=key).status_code == 409
    assert client.post("/api/test/note", json={"id": "e"}, headers=key).status_code == 200
    assert len(notes(database, "e")) == 1


def test_a_fault_is_answered_without_its_insides_and_with_the_request_id(client: TestClient) -> None:
    answer = client.get("/api/test/fault", headers={"x-request-id": "from-the-proxy-1"})
    assert answer.status_code == 500
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "from-the-proxy-1"
    assert "secret" not in answer.text
    assert "content-security-policy" in answer.headers


def test_a_malformed_request_id_is_not_repeated(client: TestClient) -> None:
    assert "<" not in client.get("/healthz", headers={"x-request-id": "<script>"}).headers["x-request-id"]


def test_a_database_that_is_away_is_said_to_be(client: TestClient) -> None:
    answer = client.get("/api/test/away")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_the_trail_knows_the_request(client: TestClient, database: Database) -> None:
    answer = client.post("/api/test/note", json={"id": "f"})
    with database.reading() as reader:
        line = queries.actions(reader, system(), kind="note", subject="f")[0]
    assert (line["actor"], line["request_id"]) == ("li", answer.headers["x-request-id"])


def test_a_refusal_names_the_action_and_nothing_else(client: TestClient) -> None:
    answer = client.get("/api/test/closed")
    assert (answer.status_code, answer.json()["facts"]) == (403, {"action": "nobody.has"})
