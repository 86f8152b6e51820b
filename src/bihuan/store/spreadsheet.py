"""Reading the first visible sheet of an Excel workbook like a delimited file: every cell as text, rows numbered as on screen.

Numbers come out as a person sees them (15 significant digits, no binary residue), dates as ISO; formulas by their stored value.
"""

import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from bihuan.store.landing import BadFile, Landed

UNPACKED_MAX = 1 << 30  # bytes: a small archive may hold far more than a machine can
_MAGIC = b"PK\x03\x04"


def is_workbook(path: Path) -> bool:
    """By its first bytes; names lie."""
    with path.open("rb") as file:
        return file.read(4) == _MAGIC


def read_workbook(path: Path) -> Landed:
    """The records below the first row that holds anything, which names the columns; raises `BadFile`."""
    _check_size(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        visible = [s.name for s in book.sheets_metadata if s.visible == SheetVisibleEnum.Visible]
        sheet = book.get_sheet_by_name((visible or book.sheet_names)[0])
        first = sheet.start[0] if sheet.start else 0
        rows = sheet.to_python(skip_empty_area=True)
    except (CalamineError, IndexError) as error:
        raise BadFile("CORRUPT_FILE", f"not a readable workbook: {error}") from None
    if not rows:
        raise BadFile("EMPTY_FILE", "the first sheet is empty", 1)
    names = [text_of(cell).strip() for cell in rows[0]]
    width = max((i + 1 for i, name in enumerate(names) if name), default=0)
    names = names[:width]
    if not width:
        raise BadFile("EMPTY_FILE", "the first row holds no column names", first + 1)
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise BadFile("MISSING_COLUMN", f"column names occur twice: {', '.join(twice)}", first + 1)
    texts = [[text_of(cell) for cell in row[:width]] for row in rows[1:]]
    held = [i for i, row in enumerate(texts) if any(cell.strip() for cell in row)]
    named = [(i, name) for i, name in enumerate(names) if name]
    fields = pa.table({name: pa.array([texts[r][i] for r in held], pa.string()) for i, name in named})
    return Landed("xlsx", fields, np.array(held, np.int64) + first + 2, ())


def text_of(cell: Any) -> str:
    """A cell as text. ``True`` -> TRUE; 1000.0 -> 1000; 0.1 + 0.2 -> 0.3."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return f"{cell:.15g}" if abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
    except zipfile.BadZipFile as error:
        raise BadFile("CORRUPT_FILE", f"not a readable workbook: {error}") from None
    if unpacked > UNPACKED_MAX:
        raise BadFile("TOO_LARGE", f"the workbook unpacks to {unpacked:,} bytes, more than {UNPACKED_MAX:,}")
