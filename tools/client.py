"""The generated client is current: tests/contract/openapi.json is what the app says, schema.d.ts what follows from it.

client.py write     writes both
client.py check     fails when writing them would change anything
"""

import importlib.util
import json
import sys
from pathlib import Path

import front

ROOT = Path(__file__).resolve().parent.parent
OPENAPI = ROOT / "tests" / "contract" / "openapi.json"
TYPES = ROOT / "frontend" / "src" / "api" / "schema.d.ts"


def main(command: str) -> int:
    """Returns the exit status."""
    if importlib.util.find_spec("bihuan.web.app") is None:
        print("client: no web application yet, skipped")
        return 0
    before = {path: path.read_bytes() if path.exists() else None for path in (OPENAPI, TYPES)}
    write()
    if command == "write":
        return 0
    stale = [path for path, content in before.items() if (path.read_bytes() if path.exists() else None) != content]
    for path in stale:
        print(f"client: {path.relative_to(ROOT)} 已过期；it is now rewritten, commit it (make client)")
        if before[path] is not None and "--keep" in sys.argv:
            path.write_bytes(before[path] or b"")
    return 1 if stale else 0


def write() -> None:
    """Regenerates both files from the code."""
    from bihuan.web.app import openapi_document

    OPENAPI.parent.mkdir(parents=True, exist_ok=True)
    OPENAPI.write_text(json.dumps(openapi_document(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if front.main("api"):
        raise SystemExit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
