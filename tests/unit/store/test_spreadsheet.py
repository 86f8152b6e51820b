"""An Excel workbook reads like a delimited file: what a person sees, row numbers as on screen, damage refused whole."""

import zipfile
from datetime import date, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from bihuan.store import spreadsheet
from bihuan.store.landing import BadFile
from bihuan.store.spreadsheet import is_workbook, read_workbook, text_of

Cell = str | float | None


def workbook(path: Path, rows: list[list[Cell]], extra: bytes = b"") -> Path:
    """The smallest workbook that holds these cells."""

    def cell(column: int, row: int, value: Cell) -> str:
        place = f'r="{chr(65 + column)}{row}"'
        if value is None:
            return ""
        if isinstance(value, str):
            return f'<c {place} t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        return f"<c {place}><v>{value!r}</v></c>"

    lines = "".join(
        f'<row r="{r}">{"".join(cell(c, r, v) for c, v in enumerate(row))}</row>' for r, row in enumerate(rows, 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    pack = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{pack}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{pack}/relationships"><Relationship Id="r1" Type="{rel}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets><sheet name="凭证" sheetId="1" r:id="r1"/>'
        "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{pack}/relationships"><Relationship Id="r1" '
        f'Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
        if extra:
            archive.writestr("xl/media/image1.bin", extra)
    return path


def test_cells_come_out_as_a_person_sees_them_with_their_row_numbers(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "x.csv",  # names lie
        [
            ["凭证号", "科目", "金额", None],
            [None],
            ["记-1", 660202.0, 0.1 + 0.2, "备注列无名"],
            ["记-2", "=1+2", -5, None],
        ],
    )
    assert is_workbook(path)
    landed = read_workbook(path)
    assert landed.records.tolist() == [3, 4]
    assert landed.fields.to_pylist() == [
        {"凭证号": "记-1", "科目": "660202", "金额": "0.3"},
        {"凭证号": "记-2", "科目": "=1+2", "金额": "-5"},
    ]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (1000.0, "1000"),
        (1234567890123.45, "1234567890123.45"),
        (True, "TRUE"),
        (datetime(2026, 1, 5), "2026-01-05"),
        (datetime(2026, 1, 5, 8, 30), "2026-01-05 08:30:00"),
        (date(2026, 1, 5), "2026-01-05"),
        ("", ""),
    ],
)
def test_a_cell_as_text(cell: object, text: str) -> None:
    assert text_of(cell) == text


def test_damage_emptiness_repetition_and_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def code(path: Path) -> str:
        with pytest.raises(BadFile) as refused:
            read_workbook(path)
        return refused.value.code

    whole = workbook(tmp_path / "a.xlsx", [["科目", "科目"], ["1", "2"]])
    assert code(whole) == "MISSING_COLUMN"
    assert code(workbook(tmp_path / "b.xlsx", [])) == "EMPTY_FILE"
    cut = tmp_path / "c.xlsx"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert code(cut) == "CORRUPT_FILE"
    monkeypatch.setattr(spreadsheet, "UNPACKED_MAX", 100_000)
    assert code(workbook(tmp_path / "d.xlsx", [["科目"]], extra=bytes(200_000))) == "TOO_LARGE"
