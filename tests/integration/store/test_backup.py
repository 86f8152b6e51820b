"""A backup of a living database comes back equal; a damaged one is refused; while it is taken no file is deleted."""

import json
import tarfile
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest

from bihuan.store.backup import BackupDamaged, NotEmpty, backup, read_manifest, restore
from bihuan.store.digest import digest_of, file_path
from bihuan.store.unit_of_work import Database
from bihuan.store.warehouse import Warehouse

LINES = pa.table({"account": ["6602", "1002"], "amount": [300, -300]})


@pytest.fixture
def files(tmp_path: Path, database: Database, wipe: Callable[..., None]) -> Iterator[Path]:
    """A warehouse folder with a raw file and a table that have rows, and one orphan that has none."""
    warehouse = Warehouse(tmp_path / "warehouse")
    with database.writing() as uow:
        warehouse.put(uow, "raw", ["凭证,金额\n记-1,300.00\n".encode()])
        warehouse.put_table(uow, LINES)
    (warehouse.root / "orphan").write_bytes(b"?")
    yield warehouse.root
    wipe("warehouse_file", "backup_lease")


@pytest.fixture
def empty_url(server: str) -> Iterator[str]:
    name = f"r_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield server.replace("/postgres", f"/{name}")
        conn.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_restored_backup_has_the_same_digest(owner_url: str, empty_url: str, files: Path, tmp_path: Path) -> None:
    taken = backup(owner_url, files, tmp_path / "a.bak")
    assert restore(tmp_path / "a.bak", empty_url, tmp_path / "again") == taken == digest_of(owner_url, files)
    assert sorted(p.name for p in (tmp_path / "again").iterdir()) == sorted(
        p.name for p in files.iterdir() if p.name != "orphan"
    )


def test_the_digest_tells_one_changed_value_and_one_changed_file(owner_url: str, files: Path) -> None:
    before = digest_of(owner_url, files)
    with psycopg.connect(owner_url) as conn:
        conn.execute("INSERT INTO setting (name, value) VALUES ('digest', '1')")
    changed = digest_of(owner_url, files)
    assert {name for name in before if before[name] != changed[name]} == {"setting", "all"}
    with psycopg.connect(owner_url) as conn:
        conn.execute("DELETE FROM setting WHERE name = 'digest'")
    assert digest_of(owner_url, files) == before
    next(files.glob("*.parquet")).write_bytes(b"")
    assert digest_of(owner_url, files)["files"] != before["files"]


def test_a_backup_under_writes_holds_one_moment(
    owner_url: str, empty_url: str, files: Path, tmp_path: Path, database: Database
) -> None:
    stop = threading.Event()

    def write() -> None:
        warehouse, n = Warehouse(files), 0
        while not stop.is_set():
            with database.writing() as uow:
                n += 1
                warehouse.put(uow, "raw", [f"文件 {n}".encode()])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        taken = backup(owner_url, files, tmp_path / "a.bak")
    finally:
        stop.set()
        writer.join()
    assert restore(tmp_path / "a.bak", empty_url, tmp_path / "again") == taken


def test_a_missing_warehouse_file_fails_the_backup_and_leaves_no_half_of_one(
    owner_url: str, files: Path, tmp_path: Path
) -> None:
    next(files.glob("*.parquet")).unlink()
    with pytest.raises(BackupDamaged, match="缺失或损坏"):
        backup(owner_url, files, tmp_path / "a.bak")
    assert [p.name for p in tmp_path.iterdir()] == ["warehouse"]


def test_the_sweep_waits_while_a_backup_copies(
    owner_url: str, files: Path, tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed: list[int] = []

    def sweep_then_dump(*arguments: str) -> None:
        with database.writing() as uow:
            removed.append(Warehouse(files).sweep(uow))
        raise BackupDamaged("stop here")

    monkeypatch.setattr("bihuan.store.backup.run_tool", sweep_then_dump)
    with pytest.raises(BackupDamaged, match="stop here"):
        backup(owner_url, files, tmp_path / "a.bak")
    assert removed == [0]
    with database.writing() as uow:
        assert Warehouse(files).sweep(uow) >= 1  # the lease is released, whatever happened


def test_a_backup_is_restored_into_an_empty_place_only(owner_url: str, files: Path, tmp_path: Path) -> None:
    backup(owner_url, files, tmp_path / "a.bak")
    with pytest.raises(NotEmpty):
        restore(tmp_path / "a.bak", owner_url, tmp_path / "again")


@pytest.mark.parametrize(
    ("damage", "said"),
    [("cut", "不是完整的备份"), ("file", "与清单不符"), ("format", "只认识"), ("text", "不是完整的备份")],
)
def test_a_damaged_backup_is_refused(  # noqa: PLR0917
    owner_url: str, empty_url: str, files: Path, tmp_path: Path, damage: str, said: str
) -> None:
    whole = tmp_path / "a.bak"
    backup(owner_url, files, whole)
    manifest = dict(read_manifest(whole))
    match damage:
        case "cut":
            whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
        case "text":
            whole.write_text("这不是备份")
        case "file":
            name = next(n for n in manifest["sha256"] if n.endswith(".parquet"))
            _rewrite(whole, {"sha256": {**manifest["sha256"], name: "0" * 64}})
        case "format":
            _rewrite(whole, {"format": 99})
    with pytest.raises(BackupDamaged, match=said):
        restore(whole, empty_url, tmp_path / "again")


def _rewrite(archive: Path, changes: dict[str, object]) -> None:
    """Another manifest in the same archive (the last one counts)."""
    text = archive.parent / "manifest.json"
    text.write_text(json.dumps({**read_manifest(archive), **changes}))
    with tarfile.open(archive, "a") as file:
        file.add(text, "manifest.json")


def test_both_know_where_a_file_stands(tmp_path: Path) -> None:
    for kind in ("raw", "parquet"):
        assert file_path(tmp_path, "a" * 64, kind) == Warehouse(tmp_path).path("a" * 64, kind)
