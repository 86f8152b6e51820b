"""What a child runs: ``python -m bihuan.supervisor.entry web FD`` or ``… jobs``. Settings come in the environment.

Code is loaded first; then the child waits at the gate (BIHUAN_GATE, a pipe) until the database is ready for it.
"""

import importlib
import os
import socket
import sys
from collections.abc import Sequence

import uvicorn

from bihuan import bootstrap
from bihuan.settings import from_environment

GRACE_S = 5


def wait_at_gate() -> None:
    """Returns when the supervisor opens the gate; at once when there is none."""
    gate = os.environ.pop("BIHUAN_GATE", None)
    if gate is not None:
        os.read(int(gate), 1)
        os.close(int(gate))


def web(descriptor: int) -> None:
    """A web worker on the listening socket it inherited."""
    app = importlib.import_module("bihuan.web.app")
    wait_at_gate()
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
    worker = importlib.import_module("bihuan.jobs.worker")
    wait_at_gate()
    worker.main(bootstrap.build(from_environment()))


def main(arguments: Sequence[str]) -> None:
    match arguments:
        case ["web", descriptor]:
            web(int(descriptor))
        case ["jobs"]:
            jobs()
        case _:
            raise SystemExit("usage: python -m bihuan.supervisor.entry web FD | jobs")


if __name__ == "__main__":
    main(sys.argv[1:])
