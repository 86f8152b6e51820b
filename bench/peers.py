"""What the engine is measured against, on the same data: bare numpy, DuckDB in three layouts, Polars, pandas.

The data: ``rows`` × 12 periods of volume, price and rate; 5 % of the volumes blank; the result rounded to two decimals.
"""

from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

PERIODS = 12
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Data:
    """Matrices [rows, 12]; ``blank`` marks the volumes that are blank (their number is 0.0)."""

    volume: Matrix
    price: Matrix
    rate: Matrix
    blank: NDArray[np.bool_]

    @property
    def rows(self) -> int:
        return len(self.volume)


def make(rows: int, seed: int = 7) -> Data:
    """Volumes are whole numbers, prices have two decimals, rates three."""
    rng = np.random.default_rng(seed)
    shape = (rows, PERIODS)
    blank = rng.random(shape) < 0.05
    volume = rng.integers(1, 10_000, shape).astype(np.float64)
    volume[blank] = 0.0
    return Data(volume, rng.integers(100, 99_999, shape) / 100.0, rng.integers(0, 300, shape) / 1000.0, blank)


def bare_numpy(d: Data, threads: int) -> object:
    """One preallocated multiply per operator of volume × price × (1 − rate), whole matrices, rows split over threads."""
    from concurrent.futures import ThreadPoolExecutor

    a, b = np.empty_like(d.volume), np.empty_like(d.volume)
    parts = np.array_split(np.arange(d.rows), threads)
    spans = [slice(int(p[0]), int(p[-1]) + 1) for p in parts]
    pool = ThreadPoolExecutor(threads)

    def part(s: slice) -> None:
        np.multiply(d.rate[s], d.volume[s], out=a[s])
        np.multiply(d.volume[s], d.price[s], out=b[s])
        np.multiply(a[s], b[s], out=a[s])

    return lambda: list(pool.map(part, spans))


def _column(values: Matrix, blank: NDArray[np.bool_] | None = None) -> pa.Array:
    return pa.array(values, mask=blank)


def dense_table(d: Data) -> pa.Table:
    """v1…v12, p1…p12, r1…r12 with nulls for blanks."""
    columns = {}
    for t in range(PERIODS):
        columns[f"v{t}"] = _column(np.ascontiguousarray(d.volume[:, t]), d.blank[:, t])
        columns[f"p{t}"] = _column(np.ascontiguousarray(d.price[:, t]))
        columns[f"r{t}"] = _column(np.ascontiguousarray(d.rate[:, t]))
    return pa.table(columns)


def long_tables(d: Data) -> list[pa.Table]:
    """(item, row, period, value), one line per cell, none for a blank; a table per item, in the order of the keys."""
    rows = np.repeat(np.arange(d.rows, dtype=np.int32), PERIODS)
    periods = np.tile(np.arange(PERIODS, dtype=np.int16), d.rows)
    there, full = ~d.blank.ravel(), np.ones(d.blank.size, np.bool_)
    tables = []
    for item, (values, kept) in enumerate(((d.volume, there), (d.price, full), (d.rate, full))):
        columns = {"row": rows[kept], "period": periods[kept], "value": values.ravel()[kept]}
        tables.append(pa.table({"item": np.full(int(kept.sum()), item, np.int32), **columns}))
    return tables


def three_column_table(d: Data) -> pa.Table:
    """(row, period, v, p, r): the three operands of a cell already stand in one line."""
    rows = np.repeat(np.arange(d.rows, dtype=np.int32), PERIODS)
    periods = np.tile(np.arange(PERIODS, dtype=np.int16), d.rows)
    return pa.table(
        {
            "row": rows,
            "period": periods,
            "v": _column(d.volume.ravel(), d.blank.ravel()),
            "p": _column(d.price.ravel()),
            "r": _column(d.rate.ravel()),
        }
    )


def connect(threads: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    return connection


def duckdb_long(d: Data, threads: int) -> object:
    """A planning table as it stands in a database: a line per cell and item; the operands are joined on (row, period)."""
    connection = connect(threads)
    connection.execute("CREATE TABLE f (item INTEGER, row INTEGER, period SMALLINT, value DOUBLE)")
    for table in long_tables(d):
        connection.register("source", table)
        connection.execute("INSERT INTO f SELECT * FROM source")
        connection.unregister("source")
    query = """
        CREATE OR REPLACE TABLE g AS
        SELECT 3 AS item, v.row, v.period, round(v.value * p.value * (1 - r.value), 2) AS value
        FROM f AS v JOIN f AS p ON p.row = v.row AND p.period = v.period JOIN f AS r ON r.row = v.row AND r.period = v.period
        WHERE v.item = 0 AND p.item = 1 AND r.item = 2"""
    return lambda: connection.execute(query)


def duckdb_three_columns(d: Data, threads: int) -> object:
    """A kinder table, one line per cell with its three operands beside each other: nothing to join."""
    connection = connect(threads)
    source = three_column_table(d)
    connection.execute("CREATE TABLE f AS SELECT * FROM source")
    del source
    query = "CREATE OR REPLACE TABLE g AS SELECT row, period, round(v * p * (1 - r), 2) AS x FROM f"
    return lambda: connection.execute(query)


def duckdb_dense(d: Data, threads: int) -> object:
    """The same with a column per period."""
    connection = connect(threads)
    source = dense_table(d)
    connection.execute("CREATE TABLE f AS SELECT * FROM source")
    del source
    columns = ", ".join(f"round(v{t} * p{t} * (1 - r{t}), 2) AS x{t}" for t in range(PERIODS))
    return lambda: connection.execute(f"CREATE OR REPLACE TABLE g AS SELECT {columns} FROM f")


def polars_dense(d: Data) -> object:
    """The same in Polars; its threads come from POLARS_MAX_THREADS, set by the caller before import."""
    frame = pl.from_arrow(dense_table(d))
    expressions = [
        (pl.col(f"v{t}") * pl.col(f"p{t}") * (1 - pl.col(f"r{t}"))).round(2).alias(f"x{t}") for t in range(PERIODS)
    ]
    return lambda: frame.select(expressions)  # type: ignore[union-attr]  # a table gives a DataFrame


def pandas_dense(d: Data) -> object:
    """The same in pandas, one frame per operand, NaN for blanks."""
    volume = pd.DataFrame(np.where(d.blank, np.nan, d.volume))
    price, rate = pd.DataFrame(d.price), pd.DataFrame(d.rate)
    return lambda: (volume * price * (1 - rate)).round(2)
