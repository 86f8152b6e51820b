"""A copy of this process that runs one function and ends: the code is loaded once, and a killed worker is back at once.

The supervisor has one thread, so a copy of it is whole. What the copy must not keep: the lock of the installation, signal
handlers, the terminal. It ends when the supervisor does.
"""

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from bihuan.store.embedded.process import dies_with_parent

_SIGNALS = {signal.SIGTERM, signal.SIGINT}


@dataclass
class Forked:
    """What the supervisor asks of a child process; the same words as ``subprocess.Popen``."""

    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        """The exit status (minus the signal's number when killed), None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def terminate(self) -> None:
        """SIGTERM."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self, timeout: float | None = None) -> int:
        """Raises ``subprocess.TimeoutExpired`` like Popen."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("forked", timeout or 0.0)
            time.sleep(0.02)
        return status


def fork(run: Callable[[], None], *, env: Mapping[str, str], log: int, keep: Collection[int] = ()) -> Forked:
    """Runs ``run`` in a copy of this process with only the descriptors ``keep`` and its output in ``log``."""
    tie_to_parent = dies_with_parent(signal.SIGKILL)
    sys.stdout.flush()
    sys.stderr.flush()
    # no signal may reach the copy before it has let go of the supervisor's handlers
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return Forked(pid)
    status = 1
    try:
        if tie_to_parent:
            tie_to_parent()
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.setsid()
        _redirect(log)
        _close_others(keep)
        os.environ.clear()
        os.environ.update(env)
        run()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:  # never back into the supervisor's stack
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _redirect(log: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)


def _close_others(keep: Collection[int]) -> None:
    last = 2
    for descriptor in [*sorted(keep), os.sysconf("SC_OPEN_MAX")]:
        os.closerange(last + 1, descriptor)
        last = descriptor
