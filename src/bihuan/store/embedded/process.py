"""Children that end when their parent does, and the leftovers of a parent that was killed.

A process is identified by its id and its start time, so that a re-used id never gets another process killed.
"""

import contextlib
import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import IO

from bihuan.store.embedded.account import Account

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class ProcessId:
    """One process for ever: ``started`` is its start time in clock ticks since boot (0 where there is no /proc)."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> "ProcessId":
        return cls(pid, _start_time(pid))

    def alive(self) -> bool:
        """True while it runs; a zombie is dead."""
        if self.started:
            return _start_time(self.pid) == self.started and _state(self.pid) != "Z"
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    def signal(self, number: Signals) -> None:
        """Sends a signal if it is still the same process."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def stop(self, *steps: tuple[Signals, float]) -> bool:
        """Sends each signal in turn, waiting so many seconds after each; True when the process is gone."""
        for number, seconds in steps:
            self.signal(number)
            deadline = time.monotonic() + seconds
            while self.alive() and time.monotonic() < deadline:
                time.sleep(0.02)
        return not self.alive()


def _stat_fields(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return []


def _start_time(pid: int) -> int:
    fields = _stat_fields(pid)
    return int(fields[19]) if fields else 0


def _state(pid: int) -> str:
    fields = _stat_fields(pid)
    return fields[0] if fields else ""


def dies_with_parent(number: Signals) -> Callable[[], None] | None:
    """What a child calls between fork and exec, so that the kernel sends it ``number`` when its parent dies.

    It must run after the change of user, which clears the setting; ``subprocess`` keeps that order. The parent is the
    *thread* that started the child: start children from the main thread only.
    """
    if _LIBC is None:
        return None
    libc, parent = _LIBC, os.getpid()

    def between_fork_and_exec() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:  # it died before the call above
            os._exit(1)

    return between_fork_and_exec


def spawn(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    log: IO[bytes] | int,
    on_parent_death: Signals,
    account: Account | None = None,
) -> "subprocess.Popen[bytes]":
    """Starts a child in its own session (a Ctrl-C reaches the parent alone, which stops the children in order)."""
    account = account or Account()
    return subprocess.Popen(
        list(command),
        env=dict(env),
        cwd="/" if account.uid is not None else None,
        user=account.uid,
        group=account.gid,
        extra_groups=[] if account.uid is not None else None,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=dies_with_parent(on_parent_death),  # noqa: PLW1509 - two system calls, no lock is taken
    )
