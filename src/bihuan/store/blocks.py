"""Plan cells as bytes: change sets and blocks in Arrow, blocks named by their content, unpacked panels as mapped files.

A *panel* here is plain arrays: members int32[n, dims], values float64[n, periods], states uint8[n, periods]. At rest it is cut
into blocks of up to `BLOCK_ROWS` rows × one fiscal year; the list of lists of hashes (row chunk → its years) rebuilds it. For
use it is written once per machine to a folder named by what it holds, and every worker maps the same pages read-only.

Values follow `kernel.state`: scaled integers or plain floats, 0.0 wherever the state is not VALUE.
"""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

BLOCK_ROWS = 65_536
_OPTIONS = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=3))

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Bytes = NDArray[np.uint8]
_COLUMNS = ("item", "members", "period", "before", "before_state", "after", "after_state")


@dataclass(frozen=True, eq=False)
class PanelArrays:
    """Rows of one item over its whole axis; the arrays may be read-only maps of a file."""

    members: Ints
    values: Floats
    states: Bytes


@dataclass(frozen=True, eq=False)
class ChangedCells:
    """The cells of a change set. ``item`` and ``period`` index into the code lists; members are padded with -1 to one width."""

    items: tuple[str, ...]  # cube!item
    periods: tuple[str, ...]  # codes, because positions on an axis move when the calendar grows
    item: Ints
    members: Ints
    period: Ints
    before: Floats
    before_state: Bytes
    after: Floats
    after_state: Bytes

    def __len__(self) -> int:
        return len(self.item)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> "ChangedCells":
        """Some of the cells, the code lists unchanged."""
        columns: list[NDArray[Any]] = [getattr(self, name) for name in _COLUMNS]
        return ChangedCells(self.items, self.periods, *(column[rows] for column in columns))


# --- change sets -----------------------------------------------------------------------------------------------------


def encode_changes(cells: ChangedCells) -> bytes:
    """The payload of a log row; the code lists go into the schema, so that they survive a change set without cells."""
    columns = {name: pa.array(getattr(cells, name)) for name in _COLUMNS if name != "members"}
    members = {f"m{j}": pa.array(cells.members[:, j]) for j in range(cells.members.shape[1])}
    codes = {name: json.dumps(getattr(cells, name), ensure_ascii=False) for name in ("items", "periods")}
    return _write(pa.table({**columns, **members}).replace_schema_metadata(codes))


def decode_changes(payload: bytes) -> ChangedCells:
    """What `encode_changes` wrote."""
    table = _read(payload)
    members = [_numpy(table, name) for name in table.column_names if name.startswith("m")]
    said = table.schema.metadata
    columns = {name: _numpy(table, name) for name in _COLUMNS if name != "members"}
    return ChangedCells(
        items=tuple(json.loads(said[b"items"])),
        periods=tuple(json.loads(said[b"periods"])),
        members=np.stack(members, axis=1) if members else np.empty((len(table), 0), np.int32),
        **columns,
    )


def join_changes(parts: Sequence[ChangedCells]) -> ChangedCells:
    """Several lists of cells as one, in order; the code lists are merged."""
    if len(parts) == 1:
        return parts[0]
    items = tuple(dict.fromkeys(code for part in parts for code in part.items))
    periods = tuple(dict.fromkeys(code for part in parts for code in part.periods))
    width = max((part.members.shape[1] for part in parts), default=0)

    def recoded(codes: tuple[str, ...], own: tuple[str, ...], index: Ints) -> Ints:
        return np.array([codes.index(code) for code in own], np.int32)[index] if own else index

    def padded(members: Ints) -> Ints:
        return np.pad(members, ((0, 0), (0, width - members.shape[1])), constant_values=-1)

    return ChangedCells(
        items,
        periods,
        _concatenate([recoded(items, part.items, part.item) for part in parts], np.int32),
        np.concatenate([padded(part.members) for part in parts]) if parts else np.empty((0, 0), np.int32),
        _concatenate([recoded(periods, part.periods, part.period) for part in parts], np.int32),
        _concatenate([part.before for part in parts], np.float64),
        _concatenate([part.before_state for part in parts], np.uint8),
        _concatenate([part.after for part in parts], np.float64),
        _concatenate([part.after_state for part in parts], np.uint8),
    )


# --- blocks ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block:
    """``hash`` is the sha-256 of ``data``; ``fiscal_year`` 0 for values without period."""

    hash: str
    fiscal_year: int
    rows: int
    data: bytes


def cut(panel: PanelArrays, years: Mapping[int, slice], codes: Sequence[str]) -> list[list[Block]]:
    """The blocks of a panel: one list per chunk of rows, in it one block per fiscal year that holds anything.

    ``years`` gives each fiscal year's columns, ``codes`` the code of every column. The same panel gives the same hashes.
    """
    out = []
    for start in range(0, len(panel.members), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        chunk = [
            _block(panel.members[rows], codes[columns], panel.values[rows, columns], panel.states[rows, columns], year)
            for year, columns in years.items()
            if panel.states[rows, columns].any()
        ]
        if chunk:
            out.append(chunk)
    return out


def _block(members: Ints, codes: Sequence[str], values: Floats, states: Bytes, year: int) -> Block:
    width = values.shape[1]
    columns: dict[str, pa.Array] = {
        **{f"m{j}": pa.array(np.ascontiguousarray(members[:, j])) for j in range(members.shape[1])},
        "values": pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), width),
        "states": pa.FixedSizeListArray.from_arrays(pa.array(states.ravel()), width),
    }
    data = _write(pa.table(columns).replace_schema_metadata({"periods": "\n".join(codes)}))
    return Block(hashlib.sha256(data).hexdigest(), year, len(values), data)


def assemble(chunks: Sequence[Sequence[bytes]], codes: Sequence[str], dims: int) -> PanelArrays:
    """The panel on the axis ``codes`` that these blocks hold; periods no longer on the axis must be blank or fall away."""
    position = {code: j for j, code in enumerate(codes)}
    tables = [[_read(data) for data in chunk] for chunk in chunks]
    rows = sum(len(chunk[0]) for chunk in tables)
    members = np.empty((rows, dims), np.int32)
    values, states = np.zeros((rows, len(codes))), np.zeros((rows, len(codes)), np.uint8)
    at = 0
    for chunk in tables:
        here = slice(at, at + len(chunk[0]))
        for j in range(dims):
            members[here, j] = _numpy(chunk[0], f"m{j}")
        for table in chunk:
            own = table.schema.metadata[b"periods"].decode().split("\n")
            kept = [(k, position[code]) for k, code in enumerate(own) if code in position]
            source, target = [k for k, _ in kept], [j for _, j in kept]
            values[here, target] = _matrix(table, "values", len(own))[:, source]
            states[here, target] = _matrix(table, "states", len(own))[:, source]
        at = here.stop
    return PanelArrays(members, values, states)


def _matrix(table: pa.Table, name: str, width: int) -> NDArray[Any]:
    array = table.column(name).combine_chunks()
    chunk = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
    flat: NDArray[Any] = chunk.flatten().to_numpy()
    return flat.reshape(-1, width)


# --- unpacked files --------------------------------------------------------------------------------------------------


class PanelFiles:
    """Unpacked panels under a folder, each in a folder named by its content; a name once there is complete and never changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @staticmethod
    def name(hashes: Iterable[Iterable[str]], codes: Sequence[str]) -> str:
        """The name of the panel these blocks make on this axis."""
        text = "\n".join("|".join(chunk) for chunk in hashes) + "\n\n" + "\n".join(codes)
        return hashlib.sha256(text.encode()).hexdigest()

    def open(self, name: str) -> PanelArrays | None:
        """The panel mapped read-only, or None when it has not been unpacked here."""
        folder = self._folder / name[:2] / name
        try:
            members, values, states = (
                np.load(folder / f"{part}.npy", mmap_mode="r") for part in ("members", "values", "states")
            )
        except FileNotFoundError:
            return None
        return PanelArrays(members, values, states)

    def put(self, name: str, panel: PanelArrays) -> None:
        """Writes a panel aside and renames it into place; when another worker was faster its files, the same, stay."""
        folder = self._folder / name[:2] / name
        folder.parent.mkdir(exist_ok=True)
        aside = self._folder / f".{uuid.uuid4().hex}"
        aside.mkdir()
        for part in ("members", "values", "states"):
            np.save(aside / f"{part}.npy", np.ascontiguousarray(getattr(panel, part)))
        try:
            os.rename(aside, folder)
        except OSError:
            shutil.rmtree(aside)
            if not folder.is_dir():
                raise


# --- Arrow -----------------------------------------------------------------------------------------------------------


def _write(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema, options=_OPTIONS) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _read(data: bytes) -> pa.Table:
    return pa.ipc.open_file(pa.BufferReader(data)).read_all()


def _numpy(table: pa.Table, name: str) -> NDArray[Any]:
    column: NDArray[Any] = table.column(name).to_numpy()
    return column


def _concatenate(parts: Sequence[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, kind)
