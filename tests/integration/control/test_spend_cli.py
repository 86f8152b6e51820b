"""``bihuan spend simulate`` and ``bihuan spend fields``: what they print, and their exit codes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from bihuan.cli import main
from bihuan.features.access import commands as access
from bihuan.features.access.model import system
from bihuan.store import migrations
from bihuan.store.unit_of_work import Database

from .office import POLICY, Office, opened
from .test_field_mapping import FEB, PLANE, TEXTS, bill

Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def office(
    database: Database, owner_url: str, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """100.00 of the thousand are held by BX-1; ``zhi`` may write policies."""
    versions = sorted((Path(migrations.__file__).parent / "versions").glob("0*.py"))
    with psycopg.connect(owner_url) as conn:  # the schema is there; commands ask whether it is up to date
        conn.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
        conn.execute("INSERT INTO alembic_version VALUES (%s)", [versions[-1].stem.split("_")[0]])
    with opened(database, database_url, tmp_path_factory.mktemp("data"), TEXTS) as found:
        with found.database.writing() as uow:
            grants = [{"action": a} for a in ("control.policy", "control.read")]
            access.define_role(uow, system(), code="writer", name="writer", grants=grants)
            access.add_user(uow, system(), login="zhi", name="制度", password=None)
            access.assign_roles(uow, system(), login="zhi", assignments=[{"role": "writer"}])
        found.budget("N1", "差旅费", FEB, "1000.00")
        assert found.call("he", "POST", "/spend/requests", json=bill(PLANE, number="BX-1")).status_code == 201
        yield found


@pytest.fixture
def run(
    office: Office,
    owner_url: str,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """``run("simulate", …)`` -> (exit code, what it printed)."""
    assert office.policy == POLICY
    monkeypatch.setenv("BIHUAN_DATABASE_URL", owner_url)
    monkeypatch.setenv("BIHUAN_APP_DATABASE_URL", database_url)

    def command(*args: str) -> tuple[int, str]:
        status = main(["spend", *args, "--policy", POLICY])
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return command


def test_a_draft_on_history_says_what_it_would_have_stopped(run: Run, tmp_path: Path) -> None:
    text = TEXTS["policies/费用控制.yaml"]
    (same := tmp_path / "same.yaml").write_text(text, encoding="utf-8")
    assert run("simulate", str(same), "--as", "zhi") == (0, "判断了 1 张单据，100.00\n会拦下 0 张，0.00\n")
    rule = "{code: 差旅额, title: 差旅不许超过九十, window: year, by: {org: 0}, bands: [{percent: 9, do: refuse}]}"
    other, none = tmp_path / "other.yaml", f"  - {rule}\n"
    other.write_text(text + none, encoding="utf-8")
    status, said = run("simulate", str(other), "--as", "zhi")
    assert status == 0
    assert "会拦下 1 张，100.00\n拦下  BX-1  何川  100.00" in said
    assert "差旅不许超过九十" in said
    assert "本次 100.00" in said
    assert run("simulate", str(other), "--since", "2999-01-01", "--as", "zhi")[1].startswith("判断了 0 张单据")
    assert run("simulate", str(other), "--as", "he")[0] == 1  # may not write policies


def test_a_bill_s_fields_are_told_way_by_way(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bill.json"
    file.write_text(json.dumps({"head": {"公司": "A"}, "lines": [PLANE]}), encoding="utf-8")
    status, said = run("fields", "报销单", str(file), "--as", "shen")
    assert status == 0
    assert "  org = N1\n    × 承担部门  [已分摊]  条件“已分摊”不成立\n    ✓ 公司 & 中心 → 对照表  N1\n" in said
    file.write_text(json.dumps({"lines": [PLANE]}), encoding="utf-8")
    status, said = run("fields", "报销单", str(file), "--as", "shen")
    assert (status, "org = 对应不出" in said, "公司 是空白" in said) == (1, True, True)
    file.write_text("[]", encoding="utf-8")
    status, said = run("fields", "报销单", str(file), "--as", "shen")
    assert (status, "应为 JSON" in said) == (1, True)
