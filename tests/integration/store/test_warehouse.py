"""Files of the warehouse: named by content, existing only by a row, swept only when nobody needs them."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from bihuan.store.unit_of_work import Database, UnitOfWork
from bihuan.store.warehouse import Warehouse, WarehouseDamaged, release_lease, take_lease

LINES = pa.table({"account": ["6602", "1002"], "amount": pa.array([300, -300], pa.decimal128(18, 2))})


@pytest.fixture
def warehouse(tmp_path: Path, wipe: Callable[..., None]) -> Iterator[Warehouse]:
    yield Warehouse(tmp_path / "warehouse")
    wipe("warehouse_manifest", "warehouse_file", "backup_lease")


def publish(uow: UnitOfWork, warehouse: Warehouse, table: pa.Table, batch: int, period: str) -> str:
    file = warehouse.put_table(uow, table)
    uow.run(
        "warehouse.add_to_manifest",
        table_name="line",
        hash=file.hash,
        batch_id=batch,
        rows=table.num_rows,
        min_period=period,
        max_period=period,
    )
    return file.hash


def test_a_published_file_is_read_back_and_verified(warehouse: Warehouse, database: Database) -> None:
    with database.writing() as uow:
        name = publish(uow, warehouse, LINES, 1, "2026-01")
    with database.reading() as reader:
        lines = warehouse.scan(reader, "line")
        assert lines is not None
        assert lines.amount.abs().sum().to_pyarrow().as_py() == 600
        assert warehouse.verify(reader) == []
        assert warehouse.read_table(reader, name).equals(LINES)


def test_periods_prune_whole_files(warehouse: Warehouse, database: Database) -> None:
    with database.writing() as uow:
        publish(uow, warehouse, LINES, 1, "2026-01")
        publish(uow, warehouse, LINES.slice(0, 1), 2, "2026-03")
    with database.reading() as reader:
        assert [
            _count(warehouse, reader, *span) for span in (("2026-02", "2026-12"), ("2026-01", "2026-01"), (None, None))
        ] == [1, 2, 3]
        assert warehouse.scan(reader, "line", first="2027-01") is None


def _count(warehouse: Warehouse, reader: object, first: str | None, last: str | None) -> int:
    lines = warehouse.scan(reader, "line", first=first, last=last)  # type: ignore[arg-type]
    assert lines is not None
    return int(lines.count().to_pyarrow().as_py())


def test_a_rolled_back_write_leaves_an_orphan_that_no_query_sees_and_the_sweep_removes(
    warehouse: Warehouse, database: Database
) -> None:
    with database.engine.connect() as conn:
        publish(UnitOfWork(conn), warehouse, LINES, 1, "2026-01")  # closed without a commit, as by a crash
    assert len(list(warehouse.root.iterdir())) == 1
    with database.writing() as uow:
        assert warehouse.scan(uow, "line") is None
        assert warehouse.sweep(uow) == 1
    assert list(warehouse.root.iterdir()) == []


def test_the_sweep_spares_files_with_a_row_and_everything_while_a_backup_copies(
    warehouse: Warehouse, database: Database
) -> None:
    (warehouse.root / "tmp-left-by-a-crash").write_bytes(b"x")
    with database.writing() as uow:
        name = publish(uow, warehouse, LINES, 1, "2026-01")
        lease = take_lease(uow, "backup")
    with database.writing() as uow:
        assert warehouse.sweep(uow) == 0
        release_lease(uow, lease)
        assert warehouse.sweep(uow) == 1
    assert [p.stem for p in warehouse.root.iterdir()] == [name]


def test_a_lease_that_ran_out_stops_nothing(warehouse: Warehouse, database: Database) -> None:
    (warehouse.root / "orphan").write_bytes(b"x")
    with database.writing() as uow:
        uow.now = lambda: datetime(2026, 1, 1, tzinfo=UTC)
        take_lease(uow, "backup", hours=6)
        uow.now = lambda: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=7)
        assert warehouse.sweep(uow) == 1


def test_the_sweep_waits_for_a_writer_whose_row_is_not_committed(warehouse: Warehouse, database: Database) -> None:
    """Without the shared lock the file would be removed between its writing and the commit of its row."""
    removed: list[int] = []

    def sweep() -> None:
        with database.writing() as uow:
            removed.append(warehouse.sweep(uow))

    with database.writing() as uow:
        name = publish(uow, warehouse, LINES, 1, "2026-01")
        sweeper = threading.Thread(target=sweep)
        sweeper.start()
        sweeper.join(0.3)
        assert sweeper.is_alive()
    sweeper.join(10)
    assert removed == [0]
    assert warehouse.path(name, "parquet").exists()


def test_a_damaged_file_is_named(warehouse: Warehouse, database: Database) -> None:
    with database.writing() as uow:
        kept, lost = warehouse.put(uow, "raw", [b"ab", b"c"]), warehouse.put(uow, "raw", [b"other"])
        assert warehouse.put(uow, "raw", [b"abc"]).hash == kept.hash  # same content, one file
    warehouse.path(lost.hash, "raw").unlink()
    with database.reading() as reader:
        assert warehouse.verify(reader) == [lost.hash]
        with pytest.raises(WarehouseDamaged):
            warehouse.open(reader, lost.hash)
