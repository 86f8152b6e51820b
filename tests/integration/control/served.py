"""The office behind a real socket, and service accounts for it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from bihuan.features.access import commands as access
from bihuan.features.access import service_accounts
from bihuan.features.access.model import system
from bihuan.features.access.service_accounts import MadeAccount

from .office import Office

SCOPES = ("control.request", "control.read", "control.execute", "model.read")


@dataclass(frozen=True)
class Served:
    """Where it listens."""

    url: str
    office: Office


@contextmanager
def served(office: Office) -> Iterator[Served]:
    """A server in a thread."""
    config = uvicorn.Config(office.client.app, host="127.0.0.1", port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Served(f"http://127.0.0.1:{port}", office)
    server.should_exit = True
    thread.join(10)


def make_account(
    office: Office, *, scopes: Any = SCOPES, org: str = "G", name: str = "费控系统", **more: Any
) -> MadeAccount:
    """An account that may ask, execute and read under ``org``; facts have no place, so executing is granted whole."""
    with office.database.writing() as uow:
        root = system()
        actions = ["control.request", "control.read", "model.read"]
        access.define_role(uow, root, code="svc", name="svc", grants=[{"action": a} for a in actions])
        access.define_role(uow, root, code="svc-books", name="svc-books", grants=[{"action": "control.execute"}])
        roles = [
            {"role": "svc", "limits": {"model": ["office"], "org": [org]}},
            {"role": "svc-books", "limits": {"model": ["office"]}},
        ]
        return service_accounts.add_account(uow, root, name=name, scopes=scopes, roles=roles, **more)
