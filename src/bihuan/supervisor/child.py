"""One child of the supervisor: its process, its log, and when it may start again after it ended."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bihuan.store.embedded.process import ProcessId
from bihuan.supervisor import entry
from bihuan.supervisor.forked import Forked, fork

FIRST_DELAY_S, LONGEST_DELAY_S = 0.2, 10.0
SETTLED_S = 5.0  # who lived this long did not fail at its start: it starts again without delay
LOG_LIMIT = 20 * 2**20


@dataclass
class Child:
    """``arguments`` for ``entry.main``; ``descriptors`` are kept open in it."""

    name: str
    arguments: Sequence[str]
    env: Mapping[str, str]
    log: Path
    descriptors: Sequence[int] = ()
    process: Forked | None = None
    restarts: int = 0
    _started: float = field(default=0.0)
    _delay: float = field(default=FIRST_DELAY_S)
    _not_before: float = field(default=0.0)

    def start(self) -> None:
        """Starts the process; a grown log becomes ``.1``."""
        self.log.parent.mkdir(exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_name(f"{self.log.name}.1"))
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self.process = fork(lambda: entry.main(self.arguments), env=self.env, log=descriptor, keep=self.descriptors)
        finally:
            os.close(descriptor)
        self._started = time.monotonic()

    @property
    def id(self) -> ProcessId | None:
        return ProcessId.of(self.process.pid) if self.process else None

    def ended(self) -> int | None:
        """The exit status, once, when the process has ended by itself; plans the next start."""
        status = self.process.poll() if self.process else None
        if status is None:
            return None
        now = time.monotonic()
        self._delay = FIRST_DELAY_S if now - self._started > SETTLED_S else min(self._delay * 2, LONGEST_DELAY_S)
        self._not_before, self.process = now + self._delay, None
        self.restarts += 1
        return status

    def due(self) -> bool:
        """True when it is not running and may start again."""
        return self.process is None and time.monotonic() >= self._not_before

    def ask_to_stop(self) -> None:
        """SIGTERM; does not wait."""
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def wait_stopped(self, seconds: float) -> None:
        """Waits so long, then kills."""
        if not self.process:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
