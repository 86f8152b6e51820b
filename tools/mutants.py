"""Removes one guard at a time and runs the tests that must notice; a mutant that survives is a hole in the suite.

A mutant is a line of `tools/mutants.toml`: file, the exact text found there once, what replaces it, and the tests to run. The
source is mutated in a copy of the tree, never in place. Ends with `N passed, N failed`: passed = the suite turned red.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("src", "tests", "models", "docs", "bench", "tools", "pyproject.toml", "README.md", "LICENSE", "NOTICE")
TIMEOUT_S = 600


def copy_tree(target: Path) -> None:
    """The parts of the tree that tests need, in ``target``."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        elif source.exists():
            shutil.copy2(source, target / name)


def run_tests(tree: Path, tests: list[str]) -> int:
    """pytest's exit status with ``tree`` as the package under test."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    env = {**os.environ, "PYTHONPATH": str(tree / "src"), "BIHUAN_NO_BROWSER": "1"}
    try:
        return subprocess.run(
            command, cwd=tree, env=env, capture_output=True, timeout=TIMEOUT_S, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        return 124


def kill(mutant: dict[str, object], tree: Path) -> str:
    """'' when the suite notices; else what went wrong."""
    path = tree / str(mutant["file"])
    source = path.read_text(encoding="utf-8")
    if source.count(str(mutant["find"])) != 1:
        return f"text found {source.count(str(mutant['find']))} times in {mutant['file']}, expected once"
    path.write_text(source.replace(str(mutant["find"]), str(mutant["replace"])), encoding="utf-8")
    try:
        status = run_tests(tree, [str(t) for t in mutant["tests"]])  # type: ignore[attr-defined]  # toml gives a list
    finally:
        path.write_text(source, encoding="utf-8")
    return {0: "survived: the tests stayed green", 4: "pytest found no such test", 5: "no test ran"}.get(status, "")


def main() -> int:
    mutants = tomllib.loads((ROOT / "tools" / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="bihuan-mutants-") as folder:
        tree = Path(folder)
        copy_tree(tree)
        for tests in sorted({tuple(m["tests"]) for m in mutants}):
            if status := run_tests(tree, list(tests)):
                print(f"red before any mutation (exit {status}): {' '.join(tests)}")
                failed += 1
        for mutant in mutants if not failed else []:
            fault = kill(mutant, tree)
            failed += bool(fault)
            print(f"{'SURVIVED' if fault else 'killed  '}  {mutant['name']}{': ' + fault if fault else ''}", flush=True)
    print(f"{max(len(mutants) - failed, 0)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
