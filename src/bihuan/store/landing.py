"""Reading a delimited text file as it came from another system: every field as text, records numbered, nothing guessed.

Record numbers are physical: the header is record 1, so the first data record is 2; blank lines count and hold no data.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
from numpy.typing import NDArray

_CHUNK = 1 << 20
_ENOUGH_UTF8 = 2  # this many three-byte characters before a bad byte: the file is UTF-8 with damage, not GB18030


class BadFile(Exception):
    """The file cannot be read as a whole; ``code`` is one of the file outcomes, ``record`` 0 where unknown."""

    def __init__(self, code: str, message: str, record: int = 0) -> None:
        super().__init__(message)
        self.code, self.record = code, record


@dataclass(frozen=True)
class Landed:
    """``fields``: one text column per header name; ``records`` int64[n]; ``malformed``: (record, text) of the wrong width."""

    encoding: str
    fields: pa.Table
    records: NDArray[np.int64]
    malformed: tuple[tuple[int, str], ...]


def read_delimited(path: Path, *, delimiter: str = ",", encoding: str = "auto") -> Landed:
    """The file's records; raises `BadFile`."""
    if encoding == "auto":
        try:  # the fast reader refuses bytes that are not UTF-8
            table = _parse(path, delimiter)
            return _landed(_mark_of(path), table, np.arange(2, table.num_rows + 2), [])
        except (_Irregular, UnicodeDecodeError):
            encoding = sniff(path)
    with TemporaryDirectory() as folder:
        readable = path if encoding.startswith("utf-8") else _transcode(path, encoding, Path(folder) / "utf8.csv")
        malformed: list[tuple[int, str]] = []
        table = _parse(readable, delimiter, malformed)
        taken = np.array([record for record, _ in malformed], np.int64)
        numbers = np.setdiff1d(np.arange(2, table.num_rows + len(taken) + 2), taken, assume_unique=True)
        return _landed(encoding, table, numbers, malformed)


def _mark_of(path: Path) -> str:
    with path.open("rb") as file:
        return "utf-8-sig" if file.read(3) == codecs.BOM_UTF8 else "utf-8"


def sniff(path: Path) -> str:
    """utf-8-sig, utf-8 or gb18030; raises `BadFile` naming the record where a UTF-8 file is damaged."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    multibyte = lines = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError as error:
                before = error.object[: error.start].decode("utf-8", "ignore")
                if multibyte + _multibyte(before) < _ENOUGH_UTF8:
                    return "gb18030"
                record = lines + before.count("\n") + 1
                raise BadFile("BAD_ENCODING", f"record {record}: a byte that is not UTF-8", record) from None
            multibyte += _multibyte(text) if multibyte < _ENOUGH_UTF8 else 0
            lines += chunk.count(b"\n")
    return _mark_of(path)


def _multibyte(text: str) -> int:
    """Characters of three bytes and more; two-byte ones prove nothing, as pairs of GB18030 often look like one."""
    return 0 if text.isascii() else sum(ord(c) > 0x7FF and c != "\ufeff" for c in text)


def _transcode(path: Path, encoding: str, target: Path) -> Path:
    """The same text in UTF-8, in one streaming pass."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 0
    with path.open("rb") as file, target.open("wb") as out:
        for chunk in _chunks(file):
            try:
                out.write(decoder.decode(chunk, final=not chunk).encode())
            except UnicodeDecodeError as error:
                record = lines + error.object[: error.start].count(b"\n") + 1
                raise BadFile("BAD_ENCODING", f"record {record}: a byte that is not {encoding}", record) from None
            lines += chunk.count(b"\n")
    return target


def _chunks(file: Any) -> Iterator[bytes]:
    """The file's chunks, then an empty one."""
    while chunk := file.read(_CHUNK):
        yield chunk
    yield b""


def _quoted(path: Path) -> bool:
    """Whether anything is quoted: only then can a record run over lines."""
    with path.open("rb") as file:
        return any(b'"' in chunk for chunk in _chunks(file))


class _Irregular(Exception):
    """A record of another width than the header."""


def _parse(path: Path, delimiter: str, malformed: list[tuple[int, str]] | None = None) -> pa.Table:
    """All records as text columns. With ``malformed`` on one thread, collecting there the records of the wrong width.

    A blank line has the wrong width too; the fast way must not meet one, or records would be numbered wrongly.
    """

    def irregular(row: Any) -> str:
        if malformed is None:
            return "error"
        malformed.append((int(row.number), str(row.text)))
        return "skip"

    header = _header(path, delimiter)
    try:
        return pcsv.read_csv(
            path,
            pcsv.ReadOptions(use_threads=malformed is None, skip_rows=1, column_names=header, block_size=4 << 20),
            pcsv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=_quoted(path),
                ignore_empty_lines=False,
                invalid_row_handler=irregular,
            ),
            pcsv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid as error:
        if malformed is None:
            raise _Irregular from None  # or not UTF-8
        raise BadFile("CORRUPT_FILE", f"not a delimited text file: {error}") from None


def _header(path: Path, delimiter: str) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        line = file.readline()
    names = [name.strip().strip('"').strip() for name in line.rstrip("\r\n").split(delimiter)]
    if not any(names):
        raise BadFile("EMPTY_FILE", "the first record holds no column names", 1)
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise BadFile("MISSING_COLUMN", f"column names occur twice: {', '.join(twice)}", 1)
    return names


def _landed(encoding: str, table: pa.Table, records: NDArray[np.int64], malformed: list[tuple[int, str]]) -> Landed:
    """Drops records that hold nothing at all."""
    blank = np.ones(table.num_rows, bool)
    for column in table.columns:
        if not blank.any():
            break
        blank &= pc.equal(column, "").to_numpy(zero_copy_only=False)
    if blank.any():
        table, records = table.filter(pa.array(~blank)), records[~blank]
    real = tuple((record, text) for record, text in malformed if text.strip("\r\n \t,"))
    return Landed(encoding, table.combine_chunks(), records, real)
