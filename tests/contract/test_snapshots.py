"""Answers of the API as files; the front end reads the same ones, so that the two sides cannot drift apart.

``BIHUAN_UPDATE_SNAPSHOTS=1 pytest tests/contract/test_snapshots.py`` writes them anew; review the difference.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from bihuan.bootstrap import build, load_roles, models_folder
from bihuan.features.access import commands, queries
from bihuan.features.access.http import COOKIE
from bihuan.features.access.model import system
from bihuan.features.modelling import commands as modelling
from bihuan.features.modelling.folder import read_folder
from bihuan.settings import Settings
from bihuan.store.unit_of_work import Database
from bihuan.web.app import create_app

FOLDER = Path(__file__).parent / "snapshots"
# name of the file, who asks, method and path, content
CASES: tuple[tuple[str, str, str, Any], ...] = (
    ("session", "owner", "GET /api/v1/session", None),
    ("not-signed-in", "", "GET /api/v1/session", None),
    ("forbidden", "owner", "GET /api/v1/users", None),
    ("bad-request", "owner", "POST /api/v1/password", {"old": "x"}),
    ("models", "owner", "GET /api/v1/models", None),
    ("model", "owner", "GET /api/v1/models/starter", None),
    ("members-of-a-department", "owner", "GET /api/v1/models/starter/members?dimension=org", None),
    ("members", "admin", "GET /api/v1/models/starter/members?dimension=org", None),
    ("members-of-accounts", "admin", "GET /api/v1/models/starter/members?dimension=科目", None),
    ("unknown-model", "admin", "GET /api/v1/models/nothing", None),
    ("package-with-problems", "admin", "POST /api/v1/models/plan", {"files": {"model.yaml": "name: x\n", "a.exe": ""}}),
    ("users", "admin", "GET /api/v1/users", None),
)
MASKS = (
    (re.compile(r'"csrf_token": "[0-9a-f]{64}"'), '"csrf_token": "0000"'),
    (re.compile(r'"business_date": "\d{4}-\d\d-\d\d"'), '"business_date": "2026-01-01"'),
    (re.compile(r'"request_id": "[0-9a-f]{16}"'), '"request_id": "0000"'),
    (re.compile(r'"\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+00:00)"'), '"2026-01-01T00:00:00Z"'),
    (re.compile(r'"(user_id|id)": \d+(?=,\n +"login")'), r'"\1": 1'),
)


@pytest.fixture(scope="module")
def people(database: Database, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client and the headers of the budget's administrator and of the owner of one division."""
    container = build(Settings(data=Path(tmp_path_factory.mktemp("data")), database_url=database_url))
    roles = {"admin": ("budget-admin", {}), "owner": ("department-owner", {"org": ["MOT"]})}
    headers: dict[str, dict[str, str]] = {"": {}}
    with database.writing() as uow:
        load_roles(uow, system())
        for login, (role, limits) in roles.items():
            user_id = commands.add_user(uow, system(), login=login, name=login, password=None)
            commands.assign_roles(uow, system(), login=login, assignments=[{"role": role, "limits": limits}])
            secret = commands.open_session(uow, user_id).secret
            headers[login] = {"cookie": f"{COOKIE}={secret}", "x-csrf-token": queries.csrf_token(secret)}
        modelling.apply(uow, system(), read_folder(models_folder() / "starter"))
    with TestClient(create_app(container)) as client:
        yield client, headers
    container.database.engine.dispose()


@pytest.mark.parametrize(("name", "who", "request_line", "content"), CASES, ids=[c[0] for c in CASES])
def test_the_answer_is_the_one_the_front_end_knows(
    people: tuple[TestClient, dict[str, dict[str, str]]], name: str, who: str, request_line: str, content: Any
) -> None:
    client, headers = people
    method, path = request_line.split(" ", 1)
    answer = client.request(method, path, headers=headers[who], json=content)
    shown = {"request": request_line, "status": answer.status_code, "body": answer.json()}
    text = json.dumps(shown, ensure_ascii=False, indent=1) + "\n"
    for pattern, masked in MASKS:
        text = pattern.sub(masked, text)
    file = FOLDER / f"{name}.json"
    if os.environ.get("BIHUAN_UPDATE_SNAPSHOTS"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_no_file_is_left_over() -> None:
    assert {f.stem for f in FOLDER.glob("*.json")} == {c[0] for c in CASES}
