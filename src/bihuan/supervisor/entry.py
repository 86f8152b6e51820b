"""What a child process runs. Settings come in the environment, the listening socket as a descriptor."""

import socket
from collections.abc import Sequence

import uvicorn

from bihuan import bootstrap
from bihuan.jobs import worker
from bihuan.settings import from_environment
from bihuan.web import app

GRACE_S = 5


def web(descriptor: int) -> None:
    """A web worker on the listening socket it inherited."""
    config = uvicorn.Config(
        app.from_settings,
        factory=True,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=30,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


def jobs() -> None:
    """The job process."""
    worker.main(bootstrap.build(from_environment()))


def main(arguments: Sequence[str]) -> None:
    """``web FD`` or ``jobs``."""
    match arguments:
        case ["web", descriptor]:
            web(int(descriptor))
        case ["jobs"]:
            jobs()
        case _:
            raise AssertionError(f"no such role: {arguments}")
