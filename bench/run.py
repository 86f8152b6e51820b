"""Runs the benchmarks: ``python bench/run.py [--quick] [NAME …]``."""

import argparse
import importlib
import json
import pkgutil
import platform
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from harness import Memory, Result  # noqa: E402  # the folder is not a package: it is never installed


def modules() -> list[str]:
    """The modules of this folder that measure something."""
    return sorted(m.name for m in pkgutil.iter_modules([str(HERE)]) if m.name not in {"harness", "run"})


def measure(names: list[str], *, quick: bool) -> list[Result | Memory]:
    """All results, printed as they come."""
    results: list[Result | Memory] = []
    for name in names:
        run = getattr(importlib.import_module(name), "run", None)
        for result in run(quick) if run else ():
            results.append(result)
            print(line(result), flush=True)
    return results


def line(r: Result | Memory) -> str:
    """One result, ratio first."""
    if isinstance(r, Memory):
        shared, own = f"{r.pss_bytes_per_cell:.1f}", f"{r.uss_bytes_per_cell_and_worker:.1f}"
        return (
            f"       {r.bench}, {r.size}, {r.threads} workers: {shared} B together (PSS), {own} B of each alone (USS)"
        )
    verdict = {None: "      ", True: "ok    ", False: "MISSED"}[r.passed]
    bar = f"<= {r.bar:g}" if r.bar is not None else ""
    return (
        f"{verdict} {r.ratio:8.3f}x {bar:>8}  {r.bench:<34} {r.size:<22} {r.threads} thr  "
        f"{r.ours_s * 1e3:10.2f} ms  vs {r.peer} {r.peer_s * 1e3:.2f} ms"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    results = measure(args.names or modules(), quick=args.quick)
    target = HERE / ("results-quick.json" if args.quick else "results.json")
    rows = [r.as_dict() for r in results]
    if not args.names:
        target.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{platform.machine()}, Python {platform.python_version()}")
    judged = [r for r in results if r.passed is not None]
    failed = sum(not r.passed for r in judged)
    print(f"{len(judged) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
