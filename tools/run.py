"""The checking targets of the Makefile. Each runs its steps to the end and closes with ``N passed, N failed``.

run.py check | test | test-slow | faults | conformance | test-cases DIR
"""

import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
BUILD = ROOT / "build"
PYTHON = str(BIN / "python")


@dataclass(frozen=True)
class Count:
    """What one step found."""

    passed: int
    failed: int
    skipped: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)


Step = Callable[[], Count]


def one(*command: str, env: dict[str, str] | None = None) -> Step:
    """A command that counts as a single check."""

    def step() -> Count:
        return Count(1, 0) if call(command, env) == 0 else Count(0, 1)

    return step


def pytest(name: str, *arguments: str, env: dict[str, str] | None = None) -> Step:
    """A pytest run; the counts come from its JUnit report."""

    def step() -> Count:
        report = BUILD / f"{name}.xml"
        report.unlink(missing_ok=True)
        status = call((PYTHON, "-m", "pytest", f"--junitxml={report}", "-q", *arguments), env)
        if not report.exists():
            return Count(0, 1)
        count = Count(0, 0)
        for suite in ET.parse(report).getroot().iter("testsuite"):
            total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
            failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            count += Count(max(total - failed - skipped, 0), failed, skipped)
        unexplained = status not in (0, 5) and not count.failed
        return count + Count(0, int(unexplained))

    return step


def front_tests() -> Count:
    """The front end's unit tests."""
    if not (ROOT / "frontend" / "package.json").exists():
        return Count(0, 0)
    status = call((PYTHON, str(ROOT / "tools" / "front.py"), "test"))
    report = BUILD / "vitest.json"
    if not report.exists():
        return Count(0, int(status != 0))
    found = json.loads(report.read_text())
    count = Count(found["numPassedTests"], found["numFailedTests"], found["numPendingTests"])
    return count + Count(0, int(status != 0 and not count.failed))


def call(command: Sequence[str], env: dict[str, str] | None = None) -> int:
    """Runs a command in the repository, its output shown as it comes."""
    shown = " ".join(part.replace(f"{ROOT}/", "") for part in command)
    print(f"\n→ {shown}", flush=True)
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **(env or {})}, check=False).returncode


def check_steps() -> list[Step]:
    """Format, lint, strict types in both languages, import contract, generated client, permission matrix."""
    tool = str(ROOT / "tools")
    return [
        one(str(BIN / "ruff"), "format", "--check", "."),
        one(str(BIN / "ruff"), "check", "."),
        one(str(BIN / "mypy")),
        one(str(BIN / "lint-imports")),
        one(PYTHON, f"{tool}/front.py", "check"),
        one(PYTHON, f"{tool}/client.py", "check"),
        one(PYTHON, f"{tool}/client.py", "matrix"),
    ]


def test_steps() -> list[Step]:
    """Everything that needs no extra folder and no minutes."""
    workers = os.environ.get("BIHUAN_TEST_WORKERS", str(min(os.cpu_count() or 1, 8)))
    select = ("-m", "not slow and not faults and not cases")
    return [pytest("pytest", *select, "-n", workers, "--dist", "loadscope"), front_tests]


def cases_steps(folder: str) -> list[Step]:
    """Acceptance on a folder of real data; without it there is nothing to run, and it says so."""
    cases = Path(folder).resolve()
    if not folder or not cases.is_dir():
        print(f"跳过：没有案例数据目录 CASES={folder or '（未给出）'}；skipped, no such folder")
        return []
    return [pytest("cases", "tests/cases", "-m", "cases or not cases", env={"CASES": str(cases)})]


def steps_of(target: str, arguments: Sequence[str]) -> list[Step]:
    match target:
        case "check":
            return check_steps()
        case "test":
            return test_steps()
        case "test-slow":
            return [pytest("slow", "tests", "--ignore", "tests/conformance", "-m", "slow and not faults and not cases")]
        case "faults":
            return [pytest("faults", "tests/faults", "-m", "faults", "-s")]
        case "conformance":
            return [pytest("conformance", "tests/conformance", "tests/contract")]
        case "test-cases":
            return cases_steps(arguments[0] if arguments else "")
    raise SystemExit(f"unknown target {target}")


def main(target: str, *arguments: str) -> int:
    """Runs every step, whatever the earlier ones found; returns the exit status."""
    started = time.monotonic()
    BUILD.mkdir(exist_ok=True)
    total = Count(0, 0)
    for step in steps_of(target, arguments):
        total += step()
    print(f"\n{target}: {time.monotonic() - started:.0f} s, {total.skipped} skipped")
    print(f"{total.passed} passed, {total.failed} failed", flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
