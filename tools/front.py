"""The front end: built into src/bihuan/web/static when its sources have changed; checked, tested, its types generated.

front.py build | check | test | api
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from node import ROOT, install, npm

FRONTEND = ROOT / "frontend"
STATIC = ROOT / "src" / "bihuan" / "web" / "static"
NOT_SOURCES = {"node_modules", "dist", ".vite", "coverage"}


def main(command: str) -> int:
    """Returns the exit status."""
    if not (FRONTEND / "package.json").exists():
        print("前端尚不存在：frontend/package.json not found, skipped")
        return 0
    actions = {"build": build, "check": check, "test": test, "api": generate_types}
    try:
        actions[command]()
    except subprocess.CalledProcessError as error:
        print(f"front {command}: {error}", file=sys.stderr)
        return 1
    return 0


def build() -> None:
    """Builds unless the built files come from exactly these sources."""
    stamp, wanted = STATIC / ".sources", sources_hash()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("front: npm ci && npm run build", flush=True)
    install(FRONTEND)
    npm(FRONTEND, "run", "--silent", "build")
    if not (STATIC / "index.html").exists():
        raise subprocess.CalledProcessError(1, f"npm run build (it left no {STATIC / 'index.html'})")
    stamp.write_text(wanted)


def sources_hash() -> str:
    """A digest of every file the build reads."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(FRONTEND):
        folders[:] = sorted(set(folders) - NOT_SOURCES)
        for path in (Path(folder, name) for name in sorted(files)):
            digest.update(f"{path.relative_to(FRONTEND)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def check() -> None:
    """Strict types and lint."""
    install(FRONTEND)
    npm(FRONTEND, "run", "--silent", "typecheck")
    npm(FRONTEND, "run", "--silent", "lint")


def test() -> None:
    """Unit tests; the counts go to build/vitest.json."""
    install(FRONTEND)
    report = ROOT / "build" / "vitest.json"
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    npm(FRONTEND, "test", "--", "--reporter=default", "--reporter=json", f"--outputFile={report}")


def generate_types() -> None:
    """src/api/schema.d.ts from tests/contract/openapi.json."""
    install(FRONTEND)
    npm(FRONTEND, "run", "--silent", "gen:api")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
