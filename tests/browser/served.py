"""The real application on a real socket, with the example models and people: what browser tests look at."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from bihuan.bootstrap import Container, build, load_roles, models_folder
from bihuan.features.access import commands as access
from bihuan.features.access.model import system
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling.folder import read_folder
from bihuan.features.planning import packages
from bihuan.settings import Settings
from bihuan.web.app import create_app
from bihuan.web.frontpage import FOLDER

PASSWORD = "correct horse 42"
PEOPLE = {"yusuan": "于算", "linjing": "林静"}
MODELS = ("m-company", "starter")


@dataclass(frozen=True)
class Site:
    """Where it is, and the container behind it."""

    url: str
    container: Container

    def session(self, login: str) -> str:
        """The secret of a fresh session."""
        with self.container.database.writing() as uow:
            user = uow.row("access.user_by_login", login=login)
            assert user is not None
            return access.open_session(uow, user["id"]).secret


@contextmanager
def served(database_url: str, data: Path) -> Iterator[Site]:
    """Serves until the block ends. The front end must have been built (`make front`)."""
    assert (FOLDER / "index.html").is_file(), f"no front end in {FOLDER}: run `make front` first"
    container = build(Settings(data=data, database_url=database_url))
    prepare(container)
    with serving(container) as site:
        yield site


@contextmanager
def serving(container: Container) -> Iterator[Site]:
    """Serves what is in a container's database until the block ends."""
    # live event streams never end by themselves: the server does not wait for them
    config = uvicorn.Config(
        create_app(container), host="127.0.0.1", port=0, log_level="critical", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{_port(server)}", container)
    finally:
        server.should_exit = True
        thread.join(10)
        container.database.engine.dispose()


@contextmanager
def unanswered(page: Any, address: str) -> Iterator[None]:
    """The first answer of this address waits until the block ends: meanwhile the page is one that does not know it yet."""
    waiting: list[Any] = []
    page.route(address, lambda route: waiting.append(route), times=1)  # noqa: PLW0108 - the handler's signature is read
    yield
    for route in waiting:
        route.continue_()


def _port(server: uvicorn.Server) -> int:
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.02)
    return int(server.servers[0].sockets[0].getsockname()[1])


def prepare(container: Container) -> None:
    """Two budget administrators, the models, and their data."""
    actor = system("browser test")
    with container.database.writing() as uow:
        load_roles(uow, actor)
        for login, name in PEOPLE.items():
            access.add_user(uow, actor, login=login, name=name, password=PASSWORD)
            access.assign_roles(uow, actor, login=login, assignments=[{"role": "budget-admin"}])
    for model in MODELS:
        folder = models_folder() / model
        with container.database.writing() as uow:
            modelling.apply(uow, actor, read_folder(folder), name=model)
        with container.database.writing() as uow:
            packages.load_data(uow, actor, model=model, folder=folder)
