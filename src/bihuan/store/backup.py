"""Backup of a running installation into one file, and its restoration into an empty place.

The file is a tar: ``database.dump`` (pg_dump's own format), ``warehouse/<file>`` for every file the dumped rows name, and last
``manifest.json`` with the hashes of all of them and the digest of the content. A backup without a manifest is not one.

A lease keeps the sweep from deleting files while they are copied; dump, list of files and digest see one snapshot.
"""

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from bihuan import __version__
from bihuan.kernel.errors import BihuanError
from bihuan.store.digest import FILES, digest_of, digests, file_path, sha256_of
from bihuan.store.embedded import find_binaries
from bihuan.store.embedded.upgrade import run_tool
from bihuan.store.grants import CREATE_ROLE
from bihuan.store.unit_of_work import open_database, utc_now

FORMAT = 1
DUMP, MANIFEST, FOLDER = "database.dump", "manifest.json", "warehouse"
LEASE = timedelta(hours=6)


class BackupDamaged(BihuanError):
    """The backup is not whole, or its content is not what its manifest says."""

    code = "backup_damaged"


class NotEmpty(BihuanError):
    """A backup is restored into an empty place only."""

    code = "not_empty"


def backup(url: str, warehouse: Path, target: Path) -> Mapping[str, str]:
    """Writes ``target`` (whole or not at all) and returns the digest of what is in it. ``url`` is the owner's."""
    part = target.with_name(f".{target.name}.part")
    try:
        with _lease(url, str(target)), tarfile.open(part, "w") as archive, tempfile.TemporaryDirectory() as folder:
            manifest = _write(url, warehouse, archive, Path(folder) / DUMP)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return dict(manifest["digest"])


def _write(url: str, warehouse: Path, archive: tarfile.TarFile, dump: Path) -> Mapping[str, Any]:
    with psycopg.connect(url) as conn:
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = conn.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        run_tool(find_binaries(), "pg_dump", url, "--format=custom", f"--snapshot={row[0]}", f"--file={dump}")
        hashes = {DUMP: sha256_of(dump)}
        archive.add(dump, DUMP)
        for name, kind in conn.execute(FILES).fetchall():
            path = file_path(warehouse, name, kind)
            if sha256_of(path) != name:
                raise BackupDamaged(f"仓库文件缺失或损坏：{path}", file=str(path))
            archive.add(path, f"{FOLDER}/{path.name}")
            hashes[f"{FOLDER}/{path.name}"] = name
        digest = digests(conn, warehouse)
    manifest = {
        "format": FORMAT,
        "version": __version__,
        "at": utc_now().isoformat(),
        "sha256": hashes,
        "digest": digest,
    }
    _add_text(archive, dump.parent / MANIFEST, manifest)
    return manifest


def _add_text(archive: tarfile.TarFile, path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1))
    archive.add(path, path.name)


@contextmanager
def _lease(url: str, holder: str) -> Iterator[None]:
    """No warehouse file is deleted while the block runs (or for six hours, should this process die in it)."""
    database = open_database(url, pool_size=1)
    try:
        with database.writing() as uow:
            now = uow.now()
            lease = uow.value("warehouse.take_lease", holder=f"backup {holder}", now=now, expires_at=now + LEASE)
        try:
            yield
        finally:
            with database.writing() as uow:
                uow.run("warehouse.release_lease", id=lease)
    finally:
        database.engine.dispose()


def read_manifest(source: Path) -> Mapping[str, Any]:
    """What a backup file says about itself."""
    try:
        with tarfile.open(source, "r") as archive:
            file = archive.extractfile(MANIFEST)
            assert file is not None
            manifest: Mapping[str, Any] = json.load(file)
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise BackupDamaged(f"{source} 不是完整的备份：{error}") from error
    if manifest.get("format") != FORMAT:
        raise BackupDamaged(f"{source} 的格式是 {manifest.get('format')}，本版本只认识 {FORMAT}")
    return manifest


def unpack(source: Path, folder: Path, warehouse: Path) -> Path:
    """Puts the warehouse files in place and the dump into ``folder``, every hash checked; returns the dump's path."""
    expected = read_manifest(source)["sha256"]
    warehouse.mkdir(parents=True, exist_ok=True)
    with tarfile.open(source, "r") as archive:
        for name, sha256 in expected.items():
            target = folder / DUMP if name == DUMP else warehouse / Path(name).name
            packed = archive.extractfile(name)
            assert packed is not None
            with packed, target.open("wb") as file:
                shutil.copyfileobj(packed, file, 1 << 20)
                file.flush()
                os.fsync(file.fileno())
            if sha256_of(target) != sha256:
                raise BackupDamaged(f"{source}：{name} 的内容与清单不符", file=name)
    return folder / DUMP


def restore(source: Path, url: str, warehouse: Path) -> Mapping[str, str]:
    """Fills an empty database and an empty warehouse folder; the digest afterwards must be the manifest's."""
    digest = read_manifest(source)["digest"]
    with psycopg.connect(url, autocommit=True) as conn:
        if conn.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone():
            raise NotEmpty("数据库里已经有表；恢复需要空的数据目录或空的数据库")
        conn.execute(CREATE_ROLE.encode())
    with tempfile.TemporaryDirectory() as folder:
        dump = unpack(source, Path(folder), warehouse)
        run_tool(find_binaries(), "pg_restore", url, "--exit-on-error", "--single-transaction", "--no-owner", str(dump))
    found = digest_of(url, warehouse)
    if found != digest:
        differing = sorted(name for name in found if found[name] != digest.get(name))
        raise BackupDamaged(f"恢复后的内容与备份不同：{'、'.join(differing)}", tables=differing)
    return found
