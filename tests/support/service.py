"""A real installation in real processes, for tests that kill things: start, find its processes, kill, see what is left."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

ROLES = ("supervisor", "postgres", "web", "jobs")


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def wait_until(true: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"after {seconds} s still not: {what}"
        time.sleep(0.05)


class Service:
    """``bihuan serve`` (or another command that serves) on a data folder of its own."""

    def __init__(
        self, data: Path | None = None, *, command: str = "serve", env: Mapping[str, str] | None = None
    ) -> None:
        self.data = data or Path("/tmp") / f"bihuan-service-{uuid.uuid4().hex[:8]}"
        self.port = free_port()
        self.command = command
        self.env = {**os.environ, "BIHUAN_WORKERS": "2", **(env or {})}
        self.process: subprocess.Popen[bytes] | None = None
        self.console = self.data.with_name(self.data.name + ".console")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, ready_s: float = 90) -> "Service":
        arguments = [sys.executable, "-m", "bihuan", self.command, "--data", str(self.data), "--port", str(self.port)]
        with self.console.open("ab") as console:
            offset = console.tell()
            self.process = subprocess.Popen(
                arguments, stdout=console, stderr=console, env=self.env, start_new_session=True
            )

        def ready() -> bool:
            assert self.process
            assert self.process.poll() is None, self.said()
            return b"ready http" in self.console.read_bytes()[offset:]

        wait_until(ready, ready_s, f"ready\n{self.said()}")
        return self

    def said(self) -> str:
        return self.console.read_text(errors="replace") if self.console.exists() else ""

    def running(self) -> dict[str, int]:
        """Process ids by name, as the supervisor last wrote them."""
        record = json.loads((self.data / "run.json").read_text())
        return {name: child["pid"] for name, child in record["children"].items()}

    def pid_of(self, role: str, pick: int = 0) -> int:
        """The process to kill for a role; of several web workers the ``pick``-th."""
        if role == "supervisor":
            assert self.process
            return self.process.pid
        candidates = [pid for name, pid in sorted(self.running().items()) if name.split("-")[0] == role]
        return candidates[pick % len(candidates)]

    def kill(self, role: str, pick: int = 0) -> int:
        """kill -9, and returns the id of the killed process; one that waits for its restart is waited for."""
        if role != "supervisor":
            wait_until(lambda: any(name.split("-")[0] == role for name in self.running()), 60, f"{role} to kill")
        pid = self.pid_of(role, pick)
        os.kill(pid, signal.SIGKILL)
        if role == "supervisor" and self.process:
            self.process.wait(10)
        return pid

    def healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def left(self) -> list[str]:
        """Every process of this installation that runs now: known by its environment or its working directory."""
        mark = f"BIHUAN_DATA={self.data}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                ours = mark in (entry / "environ").read_bytes() or os.readlink(entry / "cwd").startswith(str(self.data))
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                zombie = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
            except OSError:
                continue
            if ours and not zombie:
                found.append(f"{entry.name} {command}")
        return found

    def stop(self, number: int = signal.SIGTERM) -> int:
        """An orderly stop; returns the exit status."""
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(60)

    def remove(self) -> None:
        """Ends what is left and deletes the folder."""
        if self.process and self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.data, ignore_errors=True)
        self.console.unlink(missing_ok=True)
