"""One cluster: its data folder, passwords and port; initialising, starting, readiness.

Layout under the data folder of an installation (and its ``place``, see account.py)::

    data/instance          id of the installation
    data/postgres.json     passwords and port, readable by us alone
    place/18/              the cluster of major version 18
    place/old-15-<time>/   kept after a change of major version

Two roles: ``bihuan`` owns the schema (migrations, backup), ``bihuan_app`` is what the application connects as.
"""

import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from bihuan.store.embedded.account import Account, reachable_binaries, server_account, server_place
from bihuan.store.embedded.binaries import Binaries, find_binaries
from bihuan.store.embedded.errors import ServerTrouble
from bihuan.store.embedded.process import ProcessId, spawn

OWNER, APP, DATABASE = "bihuan", "bihuan_app", "bihuan"
START_SECONDS = 300  # crash recovery after a power cut may take minutes
_FIRST_EPHEMERAL = 32768  # a listening port from there up could meet one of our own outgoing connections
_BUILTIN_LOCALE_SINCE = 17
_SERVER_ENV = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Urls:
    """``owner`` may change the schema; ``app`` is what workers use."""

    owner: str
    app: str


def external(url: str, app_url: str | None = None) -> Urls:
    """A server that is not ours: the application takes the role ``bihuan_app`` on connecting, unless it has its own URL."""
    if app_url:
        return Urls(url, app_url)
    parts = urlsplit(url)
    option = "options=" + quote(f"-c role={APP}")
    return Urls(url, urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, option])))))


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is in postgres.json."""

    owner_password: str
    app_password: str
    port: int

    @classmethod
    def load(cls, path: Path) -> "Secrets | None":
        try:
            return cls(**json.loads(path.read_text()))
        except FileNotFoundError:
            return None

    def urls(self, database: str = DATABASE) -> Urls:
        """Where the server listens, or will."""
        at = f"127.0.0.1:{self.port}/{database}"
        return Urls(f"postgresql://{OWNER}:{self.owner_password}@{at}", f"postgresql://{APP}:{self.app_password}@{at}")

    def save(self, path: Path) -> None:
        """Readable by us alone; whole or not at all."""
        part = path.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(self), file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


@dataclass(frozen=True, slots=True)
class Cluster:
    """An installation's cluster, and the programs to run it with."""

    data: Path
    place: Path
    binaries: Binaries
    account: Account
    settings: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def at(
        cls, data: Path, *, environ: Mapping[str, str] = os.environ, settings: Mapping[str, str] | None = None
    ) -> "Cluster":
        """The cluster of the installation in ``data``; nothing is started."""
        account = server_account(environ)
        place = server_place(data, account)
        binaries = reachable_binaries(find_binaries(environ), place, account)
        return cls(data, place, binaries, account, settings or {})

    @property
    def folder(self) -> Path:
        return self.place / str(self.binaries.major)

    @property
    def secrets_file(self) -> Path:
        return self.data / "postgres.json"

    def secrets(self) -> Secrets:
        """Passwords and port; made at the first call."""
        found = Secrets.load(self.secrets_file)
        if found is None:
            found = Secrets(secrets.token_urlsafe(24), secrets.token_urlsafe(24), free_port())
            found.save(self.secrets_file)
        return found

    def urls(self, database: str = DATABASE) -> Urls:
        """Where the server listens, or will."""
        return self.secrets().urls(database)

    def initialise(self) -> None:
        """Makes the data folder, whole or not at all."""
        part = self.place / f"init-{uuid.uuid4().hex[:8]}"
        password = self.place / f"{part.name}.pw"
        password.touch(mode=0o600)
        password.write_text(self.secrets().owner_password)
        self.account.own(password)
        try:
            self._initdb(part, password)
        finally:
            password.unlink()
        part.rename(self.folder)

    def _initdb(self, folder: Path, password: Path) -> None:
        locale = ["--locale=C"]
        if self.binaries.major >= _BUILTIN_LOCALE_SINCE:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options = ["--auth=scram-sha-256", f"--pwfile={password}", f"--username={OWNER}", "--encoding=UTF8", *locale]
        if self.settings.get("fsync") == "off":
            options.append("--no-sync")
        done = subprocess.run(
            [self.binaries.program("initdb"), "-D", str(folder), *options],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=_SERVER_ENV,
            user=self.account.uid,
            group=self.account.gid,
            extra_groups=[] if self.account.uid is not None else None,
        )
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise ServerTrouble(f"initdb 失败（{folder}）：{done.stderr.strip()}")

    def start(self) -> "Server":
        """Starts the server as a child of this process and waits until it answers. Leftovers are stopped first."""
        stop_leftover(self.folder)
        deadline = time.monotonic() + START_SECONDS
        while True:
            port = self._usable_port()
            log = self._log()
            process = spawn(
                [self.binaries.program("postgres"), "-D", str(self.folder), *self._flags(port)],
                env=_SERVER_ENV,
                log=log,
                on_parent_death=signal.SIGINT,
                account=self.account,
            )
            os.close(log)
            server = Server(self, process)
            if server.wait_ready(deadline):
                self._provision()
                return server
            # it ended: backends of a killed server may hold its memory for a moment, or the port was taken
            if time.monotonic() > deadline - START_SECONDS + 60:
                raise ServerTrouble(f"PostgreSQL 没有启动，原因见 {self.log_file}", status=process.returncode)
            time.sleep(0.3)

    @property
    def log_file(self) -> Path:
        return self.data / "logs" / "postgres.log"

    def _log(self) -> int:
        self.log_file.parent.mkdir(exist_ok=True)
        return os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def _usable_port(self) -> int:
        known = self.secrets()
        if not can_listen(known.port):
            known = replace(known, port=free_port())
            known.save(self.secrets_file)
        return known.port

    def _flags(self, port: int) -> list[str]:
        flags = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "jit": "off",
            "max_connections": "200",
            "log_line_prefix": "%m [%p] ",
            "log_checkpoints": "off",
        }
        if _small_shared_memory():
            flags["dynamic_shared_memory_type"] = "mmap"
        return [f"-c{name}={value}" for name, value in (flags | dict(self.settings)).items()]

    def _provision(self) -> None:
        """The application's role and database; repeatable."""
        s = self.secrets()
        with psycopg.connect(self.urls("postgres").owner, autocommit=True) as conn:
            if not conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP]).fetchone():
                conn.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(APP)))
            login = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
            conn.execute(login.format(sql.Identifier(APP), sql.Literal(s.app_password)))
            if not conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(DATABASE)))


@dataclass(frozen=True, slots=True)
class Server:
    """A started server: a direct child of this process."""

    cluster: Cluster
    process: "subprocess.Popen[bytes]"

    @property
    def urls(self) -> Urls:
        return self.cluster.urls()

    def wait_ready(self, deadline: float) -> bool:
        """True once it answers a connection, False when the process has ended."""
        while self.process.poll() is None:
            if answers(self.cluster.urls("postgres").owner):
                return True
            if time.monotonic() > deadline:
                self.stop()
                raise ServerTrouble(f"PostgreSQL 在 {START_SECONDS} 秒内没有就绪，见 {self.cluster.log_file}")
            time.sleep(0.03)
        return False

    def stop(self) -> None:
        """Fast shutdown: running transactions are rolled back, then a checkpoint; harder when that does not end."""
        for number, seconds in ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            if self.process.poll() is None:
                self.process.send_signal(number)
                try:
                    self.process.wait(seconds)
                except subprocess.TimeoutExpired:
                    continue


def answers(url: str) -> bool:
    """True when a server accepts this connection now."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def stop_leftover(folder: Path) -> None:
    """Ends the server of a killed parent that still runs on this folder, and removes a lock file nobody holds.

    PostgreSQL believes any living process with the recorded id; we look whether it is a postgres on this folder.
    """
    lock = folder / "postmaster.pid"
    try:
        pid = int(lock.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return
    leftover = ProcessId.of(pid)
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        command = [] if Path("/proc/self").exists() else [str(folder)]
    if str(folder) in command and leftover.alive():
        if not leftover.stop((signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            raise ServerTrouble(f"另一个 PostgreSQL（进程 {pid}）占用 {folder}，停不下来")
    else:
        lock.unlink(missing_ok=True)


def free_port() -> int:
    """A port nobody listens on, below the range outgoing connections use."""
    generator = random.SystemRandom()
    while True:
        port = generator.randrange(20000, _FIRST_EPHEMERAL)
        if can_listen(port):
            return port


def can_listen(port: int) -> bool:
    """True when a server could bind this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _small_shared_memory() -> bool:
    """Containers often have 64 MB of /dev/shm, too little for parallel queries."""
    try:
        space = os.statvfs("/dev/shm")  # noqa: S108 - only measured
    except OSError:
        return True
    return space.f_frsize * space.f_blocks < 256 * 2**20
