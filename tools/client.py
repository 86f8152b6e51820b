"""What is generated from the application's routes is current, and every route says who may call it.

client.py write     writes tests/contract/openapi.json, tests/contract/permission_matrix.csv and the front end's types
client.py check     fails when writing them changes anything
client.py matrix    fails when a route declares no action, or is not in permission_matrix.csv with that action
"""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import front

from bihuan import bootstrap
from bihuan.features.access.model import Grant, Principal
from bihuan.features.access.roles import ROLES
from bihuan.settings import Settings
from bihuan.web.app import create_app

ROOT = Path(__file__).resolve().parent.parent
OPENAPI = ROOT / "tests" / "contract" / "openapi.json"
MATRIX = ROOT / "tests" / "contract" / "permission_matrix.csv"
TYPES = ROOT / "frontend" / "src" / "api" / "schema.d.ts"
METHODS = {"get", "post", "put", "patch", "delete"}


def document() -> dict[str, Any]:
    """The OpenAPI document of the application; nothing connects to the database it names."""
    nowhere = Settings(data=ROOT / "build", database_url="postgresql://nobody@127.0.0.1:1/none")
    return create_app(bootstrap.build(nowhere)).openapi()


def routes(openapi: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Method, path and declared action (empty when none) of every operation."""
    for path, operations in sorted(openapi["paths"].items()):
        for method, operation in sorted(operations.items()):
            if method in METHODS:
                yield method.upper(), path, operation.get("x-action", "")


def allowed(action: str) -> Iterator[str]:
    """For each role: ``yes``, ``scope`` (only within what its assignment limits), or ``-``."""
    for role in ROLES:
        grants = tuple(Grant(str(g["action"]), g["effect"]) for g in role.grants)
        may = action in ("public", "signed-in") or Principal(0, "", "", grants=grants).holds(action)
        yield "-" if not may else "scope" if role.scoped and action not in ("public", "signed-in") else "yes"


def write() -> int:
    """Regenerates the three files from the code."""
    openapi = document()
    OPENAPI.parent.mkdir(parents=True, exist_ok=True)
    OPENAPI.write_text(json.dumps(openapi, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    with MATRIX.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("method", "path", "action", *(role.code for role in ROLES)))
        writer.writerows((method, path, action, *allowed(action)) for method, path, action in routes(openapi))
    return front.main("api")


def check() -> int:
    """Writes, and says what was stale; the fresh files stay, ready to be committed."""
    files = (OPENAPI, MATRIX, TYPES)
    before = {path: path.read_bytes() if path.exists() else None for path in files}
    if write():
        return 1
    stale = [path for path in files if path.exists() and path.read_bytes() != before[path]]
    for path in stale:
        print(f"client: {path.relative_to(ROOT)} 已过期，现已重新生成，请提交；was stale, rewritten, commit it")
    return 1 if stale else 0


def matrix() -> int:
    """Every route has an action, and the committed matrix has every route."""
    with MATRIX.open(encoding="utf-8", newline="") as file:
        known = {(row["method"], row["path"]): row["action"] for row in csv.DictReader(file)}
    wrong = 0
    for method, path, action in routes(document()):
        listed = known.pop((method, path), None)
        if not action or action != listed:
            wrong += 1
            print(f"permissions: {method} {path}: declared {action or 'nothing'}, in permission_matrix.csv {listed}")
    for method, path in known:
        wrong += 1
        print(f"permissions: {method} {path} is in permission_matrix.csv, but there is no such route")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit({"write": write, "check": check, "matrix": matrix}[sys.argv[1]]())
