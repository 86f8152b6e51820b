"""One starter, many users: whoever comes first runs the server, the others attach; it stops when the last one is done.

``owner.lock`` is held by the process whose child the server is (the supervisor for its whole life, or a command-line
run for a moment); ``users.lock`` is shared by everyone who uses it. Both fall with their process, however it ends.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from bihuan.store.embedded.cluster import START_SECONDS, Cluster, Secrets, Urls, answers, external
from bihuan.store.embedded.errors import ServerTrouble
from bihuan.store.embedded.upgrade import prepare


@contextmanager
def locked(path: Path, mode: int) -> Iterator[bool]:
    """An advisory lock on ``path``; False when it is taken and ``mode`` says not to wait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        held = False
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, mode)
            held = True
        yield held
    finally:
        os.close(descriptor)


def owner_lock(data: Path) -> Path:
    """Who holds this may start the server."""
    return data / "owner.lock"


@contextmanager
def lease(
    data: Path, *, environ: Mapping[str, str] = os.environ, settings: Mapping[str, str] | None = None
) -> Iterator[Urls]:
    """The URLs of the running server of ``data``, started for the time of the ``with`` block when nobody runs it."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        with locked(owner_lock(data), fcntl.LOCK_EX | fcntl.LOCK_NB) as first:
            if first:
                with _own_server(data, environ, settings) as urls:
                    yield urls
                return
        with locked(data / "users.lock", fcntl.LOCK_SH):
            running = _running(data)
            if running:
                yield running
                return
        if time.monotonic() > deadline:
            raise ServerTrouble(f"另一个进程占用 {data}，但它的数据库没有应答")
        time.sleep(0.05)


@contextmanager
def database(data: Path, url: str | None = None, app_url: str | None = None) -> Iterator[Urls]:
    """The URLs to work with: of the external server ``url``, else of the installation's own, started when need be."""
    if url:
        yield external(url, app_url)
    else:
        with lease(data) as urls:
            yield urls


@contextmanager
def _own_server(data: Path, environ: Mapping[str, str], settings: Mapping[str, str] | None) -> Iterator[Urls]:
    cluster = Cluster.at(data, environ=environ, settings=settings)
    prepare(cluster, environ)
    server = cluster.start()
    try:
        yield server.urls
    finally:
        with locked(data / "users.lock", fcntl.LOCK_EX):  # others have attached meanwhile: wait for them
            server.stop()


def _running(data: Path) -> Urls | None:
    known = Secrets.load(data / "postgres.json")
    if known is None or not answers(known.urls().app):
        return None
    return known.urls()
