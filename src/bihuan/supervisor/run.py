"""The order of things: lock, leftovers, port, PostgreSQL, schema, job process, web workers; then watching until told to stop.

Whoever ends is started again. Stopping goes the other way round: web workers finish their requests, the job process its
jobs, PostgreSQL last. When the supervisor itself is killed, the kernel ends its children.
"""

import fcntl
import http.client
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from bihuan import bootstrap
from bihuan.bootstrap import Container
from bihuan.kernel.errors import BihuanError
from bihuan.settings import Settings
from bihuan.store.embedded import Cluster, Server, Urls, external
from bihuan.store.embedded.lease import locked, owner_lock
from bihuan.store.embedded.process import ProcessId
from bihuan.store.embedded.upgrade import prepare
from bihuan.store.migrations import migrate
from bihuan.supervisor.child import Child
from bihuan.supervisor.forked import fork
from bihuan.supervisor.record import Record, forget, stop_leftovers

TICK_S = 0.1
READY_S = 120.0
STOP_S = 12.0
GIVE_UP_AFTER = 6  # restarts of one child before the first readiness


class AlreadyRunning(BihuanError):
    """This installation is already being served."""

    code = "already_running"


class PortTaken(BihuanError):
    """Another program listens on the port."""

    code = "port_taken"


class NotReady(BihuanError):
    """The service did not come up."""

    code = "not_ready"


class Stopped(BaseException):
    """SIGTERM or Ctrl-C; not an error."""


def say(line: str) -> None:
    """One short line on the console."""
    print(line, flush=True)


@dataclass
class Supervisor:
    """Serves one installation until it is told to stop. ``prepared`` runs once the schema is there, before the first request."""

    settings: Settings
    prepared: Callable[[Container], None] | None = None
    ready: Callable[[str], None] = field(default=lambda url: say(f"ready {url}"))
    children: list[Child] = field(default_factory=list)
    server: Server | None = None

    @property
    def url(self) -> str:
        return f"http://{self.settings.host}:{self.settings.port}"

    def run(self) -> int:
        """Returns the exit status after an orderly stop."""
        data = self.settings.data
        data.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            stack.enter_context(self._sole_owner())
            for name in stop_leftovers(data):
                say(f"停止了上次遗留的进程 {name}")
            stack.enter_context(stopping_signals())
            try:
                listener = stack.enter_context(listen(self.settings.host, self.settings.port))
                self._start(listener)
                self._watch()
            except Stopped:
                say("正在停止…")
            finally:
                self._stop()
        return 0

    @contextmanager
    def _sole_owner(self) -> Iterator[None]:
        """Waits for a command-line run that uses the server just now; refuses when another supervisor lives."""
        deadline = time.monotonic() + 60
        while True:
            with locked(owner_lock(self.settings.data), fcntl.LOCK_EX | fcntl.LOCK_NB) as held:
                if held:
                    yield
                    return
            record = Record.load(self.settings.data)
            if record and record.supervisor.alive():
                raise AlreadyRunning(f"已在运行：{record.url}（进程 {record.supervisor.pid}）", url=record.url)
            if time.monotonic() > deadline:
                raise AlreadyRunning(f"{self.settings.data} 被另一个命令占用")
            time.sleep(0.1)

    def _start(self, listener: socket.socket) -> None:
        urls = self._start_database()
        say(f"数据库结构 {migrate(urls.owner)}")
        settings = replace(self.settings, database_url=urls.app)
        if self.prepared:
            self._prepare(settings, self.prepared)
        self.children = self._make_children(settings, listener)
        for child in self.children:
            child.start()
        self._save_record()
        self._wait_ready()

    def _prepare(self, settings: Settings, prepared: Callable[[Container], None]) -> None:
        """Runs in a process of its own, so that none of its threads and caches are copied into the workers."""

        def run() -> None:
            container = bootstrap.build(settings)
            prepared(container)
            container.database.engine.dispose()

        if fork(run, env={**os.environ, **environment_of(settings)}, log=2).wait():
            raise NotReady("启动前的准备没有完成，原因见上")

    def _start_database(self) -> Urls:
        if self.settings.database_url:
            return external(self.settings.database_url, self.settings.app_database_url)
        cluster = Cluster.at(self.settings.data)
        prepare(cluster)
        self.server = cluster.start()
        self._save_record()
        say(f"PostgreSQL {cluster.binaries.version} 已启动")
        return self.server.urls

    def _follow_port(self, before: Urls) -> None:
        """When the database's port was taken meanwhile, children start again with the new one."""
        assert self.server
        if self.server.urls == before:
            return
        for child in self.children:
            child.env = {**child.env, "BIHUAN_DATABASE_URL": self.server.urls.app}
            child.ask_to_stop()

    def _make_children(self, settings: Settings, listener: socket.socket) -> list[Child]:
        env = {**os.environ, **environment_of(settings), "PYTHONUNBUFFERED": "1"}
        logs = settings.data / "logs"
        descriptor = listener.fileno()
        web = [
            Child(f"web-{n}", ["web", str(descriptor)], env, logs / f"web-{n}.log", [descriptor])
            for n in range(1, settings.workers + 1)
        ]
        return [Child("jobs", ["jobs"], env, logs / "jobs.log"), *web]

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while not healthy(self.settings.host, self.settings.port):
            self._look()
            worst = max(self.children, key=lambda c: c.restarts)
            if worst.restarts >= GIVE_UP_AFTER or time.monotonic() > deadline:
                raise NotReady(f"服务没有就绪，原因见 {worst.log}")
            time.sleep(TICK_S)
        self.ready(self.url)

    def _watch(self) -> None:
        while True:
            self._look()
            time.sleep(TICK_S)

    def _look(self) -> None:
        """One round: whoever has ended is started again."""
        changed = self._look_at_database()
        for child in self.children:
            status = child.ended()
            if status is not None:
                say(f"{child.name} 退出（{status}），重新启动；日志 {child.log}")
            if child.due():
                child.start()
                changed = True
        if changed:
            self._save_record()

    def _look_at_database(self) -> bool:
        if self.server is None or self.server.process.poll() is None:
            return False
        say(f"PostgreSQL 退出（{self.server.process.returncode}），重新启动；日志 {self.server.cluster.log_file}")
        before = self.server.urls
        self.server = self.server.cluster.start()
        self._follow_port(before)
        return True

    def _save_record(self) -> None:
        running = {c.name: i for c in self.children if (i := c.id)}
        if self.server:
            running["postgres"] = ProcessId.of(self.server.process.pid)
        Record(ProcessId.of(os.getpid()), self.url, running).save(self.settings.data)

    def _stop(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_S
        for child in self.children:
            child.wait_stopped(max(deadline - time.monotonic(), 0.1))
        if self.server:
            self.server.stop()
        forget(self.settings.data)


def environment_of(settings: Settings) -> dict[str, str]:
    """What a child reads its settings from."""
    assert settings.database_url
    return {
        "BIHUAN_DATA": str(settings.data),
        "BIHUAN_PORT": str(settings.port),
        "BIHUAN_HOST": settings.host,
        "BIHUAN_DATABASE_URL": settings.database_url,
    }


@contextmanager
def listen(host: str, port: int) -> Iterator[socket.socket]:
    """The listening socket all web workers share; a killed worker takes no waiting connection with it."""
    try:
        listener = socket.create_server((host, port), backlog=2048)
    except OSError as error:
        raise PortTaken(f"端口 {host}:{port} 不能用（{error.strerror}）；换一个：--port N") from error
    with listener:
        yield listener


def healthy(host: str, port: int) -> bool:
    """True when a worker answers ``GET /healthz`` with 200."""
    connection = http.client.HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=2)  # noqa: S104
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def stopping_signals() -> Iterator[None]:
    """SIGTERM and SIGINT raise `Stopped` in the main thread."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Stopped

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def running_url(data: Path) -> str | None:
    """Where the installation is served now, if it is."""
    record = Record.load(data)
    return record.url if record and record.supervisor.alive() else None
