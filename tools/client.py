"""What is generated from the application's routes is current, and every route says who may call it.

client.py write     writes tests/contract/openapi.json, tests/contract/permission_matrix.csv and the front end's types
client.py check     fails when writing them changes anything
client.py matrix    fails when a route declares no action, or is not in permission_matrix.csv with that action
"""

import json
import sys
from pathlib import Path
from typing import Any

import front

from bihuan import bootstrap
from bihuan.settings import Settings
from bihuan.web.app import create_app

ROOT = Path(__file__).resolve().parent.parent
OPENAPI = ROOT / "tests" / "contract" / "openapi.json"
MATRIX = ROOT / "tests" / "contract" / "permission_matrix.csv"
TYPES = ROOT / "frontend" / "src" / "api" / "schema.d.ts"


def document() -> dict[str, Any]:
    """The OpenAPI document of the application; nothing connects to the database it names."""
    nowhere = Settings(data=ROOT / "build", database_url="postgresql://nobody@127.0.0.1:1/none")
    return create_app(bootstrap.build(nowhere)).openapi()


def write() -> int:
    """Regenerates both files from the code."""
    openapi = document()
    OPENAPI.parent.mkdir(parents=True, exist_ok=True)
    OPENAPI.write_text(json.dumps(openapi, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return front.main("api")


def check() -> int:
    """Writes, and says what was stale; the fresh files stay, ready to be committed."""
    files = (OPENAPI, TYPES)
    before = {path: path.read_bytes() if path.exists() else None for path in files}
    if write():
        return 1
    stale = [path for path in files if path.exists() and path.read_bytes() != before[path]]
    for path in stale:
        print(f"client: {path.relative_to(ROOT)} 已过期，现已重新生成，请提交；was stale, rewritten, commit it")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit({"write": write, "check": check}[sys.argv[1]]())
