"""Live events over real sockets: told on commit only, to those who may know, and silent once the session has ended."""

import json
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from bihuan.bootstrap import build
from bihuan.features.access import commands
from bihuan.features.access.http import COOKIE
from bihuan.features.access.live import Event, announce
from bihuan.features.access.model import system
from bihuan.settings import Settings
from bihuan.store.unit_of_work import Database, UnitOfWork
from bihuan.web import events
from bihuan.web.app import create_app


@pytest.fixture(scope="module")
def address(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A worker on a port of its own."""
    container = build(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(container), log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    container.database.engine.dispose()


@pytest.fixture(scope="module")
def cookies(database: Database) -> dict[str, str]:
    """Sessions of one who reads plans everywhere, of one who reads them in model b, and of one who reads nothing."""
    out = {}
    roles = {"all": [{"action": "plan.read"}], "b": [{"action": "plan.read", "limits": {"model": ["b"]}}], "none": []}
    with database.writing() as uow:
        for login, grants in roles.items():
            user_id = commands.add_user(uow, system(), login=login, name=login, password=None)
            commands.define_role(uow, system(), code=login, name=login, grants=grants)
            commands.assign_roles(uow, system(), login=login, assignments=[{"role": login}])
            out[login] = commands.open_session(uow, user_id).secret
    return out


Listen = Callable[[str], "queue.Queue[tuple[str, dict[str, object]]]"]


@pytest.fixture
def listen(address: str, cookies: dict[str, str]) -> Iterator[Listen]:
    """Opens a stream for a login; what it hears arrives in a queue."""
    stop = threading.Event()
    threads = []

    def open_stream(login: str) -> "queue.Queue[tuple[str, dict[str, object]]]":
        heard: queue.Queue[tuple[str, dict[str, object]]] = queue.Queue()
        ready = threading.Event()

        def run() -> None:
            headers = {"cookie": f"{COOKIE}={cookies[login]}"}
            with httpx.stream("GET", f"{address}/api/v1/events", headers=headers, timeout=5) as answer:
                topic = ""
                for line in answer.iter_lines():
                    ready.set()
                    if stop.is_set():
                        return
                    if line.startswith("event: "):
                        topic = line[7:]
                    elif line.startswith("data: "):
                        heard.put((topic, json.loads(line[6:])))

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        threads.append(thread)
        assert ready.wait(5)
        return heard

    yield open_stream
    stop.set()
    for thread in threads:
        thread.join(3)


@pytest.fixture(autouse=True)
def fast_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.3)


def saved(model: str) -> Event:
    return Event("plan.saved", "plan.read", model, data={"seq": 7})


def test_the_anonymous_get_no_stream(address: str) -> None:
    assert httpx.get(f"{address}/api/v1/events").status_code == 401


def test_a_commit_is_told_once_to_who_may_know_and_a_rollback_to_nobody(database: Database, listen: Listen) -> None:
    hears_all, hears_b, hears_none = listen("all"), listen("b"), listen("none")
    with database.engine.connect() as conn:
        announce(UnitOfWork(conn), saved("rolled-back"))
        conn.rollback()
    with database.writing() as uow:
        announce(uow, saved("a"))
        announce(uow, saved("b"))
    assert [hears_all.get(timeout=5)[1]["model"] for _ in "ab"] == ["a", "b"]
    assert hears_b.get(timeout=5) == ("plan.saved", {"model": "b", "where": {}, "data": {"seq": 7}})
    time.sleep(0.3)
    assert hears_all.empty()
    assert hears_b.empty()
    assert hears_none.empty()


def test_an_event_may_name_who_it_is_for(database: Database, listen: Listen) -> None:
    with database.reading() as reader:
        user = reader.row("access.user_by_login", login="b")
    assert user is not None
    hears_all, hears_b = listen("all"), listen("b")
    with database.writing() as uow:
        announce(uow, Event("task", "plan.read", "b", to=(user["id"],)))
    assert hears_b.get(timeout=5)[0] == "task"
    assert hears_all.empty()


def test_a_stream_ends_when_its_session_does(database: Database, listen: Listen) -> None:
    hears = listen("none")
    with database.writing() as uow:
        user = uow.row("access.user_by_login", login="none")
        assert user is not None
        commands.sign_out_everywhere(uow, system(), user_id=user["id"])
    assert hears.get(timeout=5) == ("signed_out", {})


def test_a_large_event_is_told_without_its_data(database: Database, listen: Listen) -> None:
    hears = listen("all")
    with database.writing() as uow:
        announce(uow, Event("plan.saved", "plan.read", "a", data={"cells": "万" * 5000}))
    assert hears.get(timeout=5)[1]["data"] == {"truncated": True}


def test_a_listener_that_lost_its_connection_comes_back_and_says_so(
    database: Database, owner_url: str, listen: Listen
) -> None:
    import psycopg

    hears = listen("all")
    with psycopg.connect(owner_url, autocommit=True) as conn:
        conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN bihuan'")
    assert hears.get(timeout=10)[0] == "reset"
    with database.writing() as uow:
        announce(uow, saved("a"))
    assert hears.get(timeout=5)[1]["model"] == "a"


def test_a_reader_too_far_behind_is_told_to_read_again() -> None:
    import asyncio

    async def scenario() -> list[str]:
        hub = events.Hub("")
        async with hub.subscription() as inbox:
            for _ in range(events.BACKLOG_MAX + 2):
                hub.publish(saved("a"))
            return [inbox.get_nowait().topic for _ in range(inbox.qsize())]

    assert asyncio.run(scenario()) == ["reset", "plan.saved", "plan.saved"]
