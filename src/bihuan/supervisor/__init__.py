"""The process that starts and ends PostgreSQL, web workers and the job process.

run.py      the order of starting, watching, restarting, stopping
child.py    one child: its process, its log, its next start after a crash
record.py   who is running, on disk; what a killed supervisor left behind
forked.py   a copy of this process that runs one function
entry.py    what a child process runs
"""

from bihuan.supervisor.run import AlreadyRunning, PortTaken, Supervisor

__all__ = ["AlreadyRunning", "PortTaken", "Supervisor"]
