"""Immutable files named by the hash of their content, and the columnar tables made of them.

A file is written and fsynced (the file, then its folder) before its row is inserted; it exists only by that row. A crash at
any moment leaves at most an orphan file, which `sweep` removes. Nothing here reads a file that has no row. What queries see
of a table is its manifest: rows written by the transaction that publishes.

This is the one module that speaks to the query engine of the warehouse (Ibis over DuckDB).
"""

import hashlib
import os
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import ibis
import ibis.backends.duckdb
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from bihuan.store.unit_of_work import Reader, UnitOfWork

Kind = Literal["raw", "parquet"]
_SUFFIX = {"raw": "", "parquet": ".parquet"}


class WarehouseDamaged(Exception):
    """A file that the manifest names is missing or has other content: our storage is at fault, not the request."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is on disk and synced, its row not necessarily committed."""

    hash: str
    kind: Kind
    bytes: int


class Warehouse:
    """The files under one folder. One query connection per thread, because a connection runs one query at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self._local = threading.local()

    # --- files

    def path(self, file_hash: str, kind: str) -> Path:
        """Where a file stands; says nothing about whether it exists."""
        return self.root / f"{file_hash}{_SUFFIX[kind]}"

    def put(self, uow: UnitOfWork, kind: Kind, chunks: Iterable[bytes]) -> StoredFile:
        """Writes and syncs a file, then inserts its row; the file counts once ``uow`` commits."""
        uow.run("warehouse.share_files")
        with self._temporary() as temporary:
            digest, size = hashlib.sha256(), 0
            with temporary.open("wb") as out:
                for chunk in chunks:
                    digest.update(chunk)
                    size += out.write(chunk)
            return self._adopt(uow, temporary, StoredFile(digest.hexdigest(), kind, size))

    def put_table(self, uow: UnitOfWork, table: pa.Table) -> StoredFile:
        """Writes a table as Parquet, likewise. Columns that come coded are kept coded; the others repeat too little to gain.

        No least and greatest values: lines come unsorted, so they rule nothing out; the manifest's periods rule out files.
        """
        uow.run("warehouse.share_files")
        coded = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
        with self._temporary() as temporary:
            pq.write_table(
                table, temporary, compression="zstd", compression_level=1, use_dictionary=coded, write_statistics=False
            )
            with temporary.open("rb") as written:
                digest = hashlib.file_digest(written, "sha256").hexdigest()
            return self._adopt(uow, temporary, StoredFile(digest, "parquet", temporary.stat().st_size))

    @contextmanager
    def _temporary(self) -> Iterator[Path]:
        path = self.root / f"tmp-{uuid.uuid4().hex}"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _adopt(self, uow: UnitOfWork, temporary: Path, file: StoredFile) -> StoredFile:
        _sync(temporary)
        os.replace(temporary, self.path(file.hash, file.kind))
        _sync(self.root)
        uow.run("warehouse.add_file", hash=file.hash, kind=file.kind, bytes=file.bytes, now=uow.now())
        return file

    def open(self, reader: Reader, file_hash: str) -> Path:
        """The path of a file that has a row."""
        row = reader.row("warehouse.file", hash=file_hash)
        if row is None:
            raise WarehouseDamaged(f"no such file: {file_hash}")
        path = self.path(row["hash"], row["kind"])
        if not path.exists() or path.stat().st_size != row["bytes"]:
            raise WarehouseDamaged(f"{path.name}: missing, or not {row['bytes']} bytes")
        return path

    def read_table(self, reader: Reader, file_hash: str) -> pa.Table:
        """A whole Parquet file, in the order it was written."""
        return pq.read_table(self.open(reader, file_hash))

    def verify(self, reader: Reader) -> list[str]:
        """The files that the rows name and the disk does not hold with that content; empty when all is well."""
        return [
            row["hash"]
            for row in reader.rows("warehouse.files")
            if not _holds(self.path(row["hash"], row["kind"]), row["hash"])
        ]

    def sweep(self, uow: UnitOfWork) -> int:
        """Removes files without a row; nothing while a backup holds a lease. The number removed."""
        uow.run("warehouse.own_files")
        if uow.value("warehouse.live_leases", now=uow.now()):
            return 0
        named = {self.path(r["hash"], r["kind"]).name for r in uow.rows("warehouse.files")}
        orphans = [p for p in self.root.iterdir() if p.name not in named]
        for orphan in orphans:
            orphan.unlink(missing_ok=True)
        return len(orphans)

    # --- tables

    def scan(
        self,
        reader: Reader,
        table_name: str,
        *,
        first: str | None = None,
        last: str | None = None,
        batches: Sequence[int] | None = None,
        also: Sequence[str] = (),
    ) -> ir.Table | None:
        """The lines of a table as an Ibis table; None where it has no file.

        ``first``/``last`` prune whole files by period and do not filter lines. ``also`` adds files by hash that are not in
        the manifest yet (the batch about to be published).
        """
        rows = reader.rows(
            "warehouse.manifest",
            table_name=table_name,
            first=first,
            last=last,
            batches=None if batches is None else list(batches),
        )
        paths = [str(self.open(reader, h)) for h in dict.fromkeys([*(r["hash"] for r in rows), *also])]
        return self._connection().read_parquet(paths, union_by_name=True) if paths else None

    def _connection(self) -> ibis.backends.duckdb.Backend:
        if not hasattr(self._local, "connection"):
            self._local.connection = ibis.duckdb.connect()
        connection: ibis.backends.duckdb.Backend = self._local.connection
        return connection


def take_lease(uow: UnitOfWork, holder: str, *, hours: int = 6) -> int:
    """Stops the sweep once committed; the lease's id. Waits for a sweep that is under way."""
    uow.run("warehouse.share_files")
    now = uow.now()
    return int(uow.value("warehouse.take_lease", holder=holder, now=now, expires_at=now + timedelta(hours=hours)))


def release_lease(uow: UnitOfWork, lease: int) -> None:
    """Lets the sweep run again."""
    uow.run("warehouse.release_lease", id=lease)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _holds(path: Path, file_hash: str) -> bool:
    if not path.exists():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == file_hash
