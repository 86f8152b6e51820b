"""The command line of models and users, on an installation of its own."""

import io
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bihuan.bootstrap import models_folder
from bihuan.cli import main
from bihuan.store.embedded import lease


@pytest.fixture(scope="module")
def installation() -> Iterator[Path]:
    """A data folder whose server runs for all tests here; each command attaches to it."""
    folder = Path(tempfile.mkdtemp(prefix="bihuan-cli-"))
    folder.chmod(0o711)  # the server's user must get through, when root runs the tests
    with lease(folder / "data"):
        yield folder / "data"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def run(installation: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> object:
    """``run("user", "add", …)`` -> (exit status, what it printed)."""
    monkeypatch.setenv("BIHUAN_DATA", str(installation))
    monkeypatch.delenv("BIHUAN_DATABASE_URL", raising=False)

    def command(*args: str, typed: str = "") -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        status = main(args)
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return command


def test_a_folder_is_applied_changed_applied_again_and_exported(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]  # the fixture above
    folder = tmp_path / "starter"
    shutil.copytree(models_folder() / "starter", folder)
    assert "新增模型 starter" in run("model", "apply", str(folder), "--plan")[1]
    assert not (folder / ".revision").exists(), "a plan changes nothing"
    assert run("model", "apply", str(folder))[0] == 0
    assert json.loads((folder / ".revision").read_text()) == {"model": "starter", "revision": 1}

    org = folder / "dimensions" / "org.csv"
    org.write_text(org.read_text(encoding="utf-8") + "IT,信息部,HQ,\n", encoding="utf-8")
    status, said = run("model", "apply", str(folder), "--reason", "新设信息部")
    assert (status, "新增成员 org:IT" in said, "第 2 版" in said) == (0, True, True)

    stale = tmp_path / "stale"
    shutil.copytree(models_folder() / "starter", stale)
    (stale / "model.yaml").write_text((stale / "model.yaml").read_text().replace("星河", "银河"))
    assert run("model", "apply", str(stale), "--from-revision", "1")[0] == 1

    out = tmp_path / "out"
    assert run("model", "export", "starter", str(out))[0] == 0
    for path in (p for p in out.rglob("*") if p.is_file()):
        assert path.read_bytes() == (folder / path.relative_to(out)).read_bytes(), path
    assert run("model", "apply", str(out)) == (0, "没有变化\n模型 starter 现为第 2 版\n")

    status, said = run("model", "rollback", "starter", "1", "--reason", "先不设")
    assert (status, "停用成员 org:IT" in said, "第 3 版" in said) == (0, True, True)
    assert run("model", "rollback", "starter", "2")[0] == 0
    assert run("model", "rollback", "starter", "99")[0] == 1


def test_a_wrong_folder_names_every_place_and_exits_with_one(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "starter"
    shutil.copytree(models_folder() / "starter", folder)
    org = folder / "dimensions" / "org.csv"
    org.write_text(org.read_text(encoding="utf-8") + "X,某部,没有的上级,\n", encoding="utf-8")
    status, said = run("model", "apply", str(folder), "--from-revision", "2")
    assert (status, "dimensions/org.csv:12" in said) == (1, True)


def test_a_user_is_added_once_with_a_typed_password(run) -> None:  # type: ignore[no-untyped-def]
    assert run("user", "add", "zhang", "--name", "张三", "--role", "it", typed="correct horse\n")[0] == 0
    assert run("user", "add", "zhang", typed="correct horse\n")[0] == 1
    assert run("user", "add", "li", typed="short\n")[0] == 1
    assert run("user", "passwd", "zhang", typed="battery staple\n")[0] == 0
    assert "预算管理员" in run("user", "roles")[1]


def test_the_trail_of_all_this_is_whole(run) -> None:  # type: ignore[no-untyped-def]
    status, said = run("audit", "verify")
    assert (status, said.endswith("0 处不符\n")) == (0, True)


def test_the_api_description_is_the_committed_one(run) -> None:  # type: ignore[no-untyped-def]
    committed = Path(__file__).parents[2] / "contract" / "openapi.json"
    assert run("openapi")[1] == committed.read_text(encoding="utf-8")
