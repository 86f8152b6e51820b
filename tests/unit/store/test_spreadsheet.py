"""An Excel workbook reads like a delimited file: what a person sees, row numbers as on screen, damage refused whole."""

from datetime import date, datetime
from pathlib import Path

import pytest
from tests.support.workbook import workbook

from bihuan.store import spreadsheet
from bihuan.store.landing import BadFile
from bihuan.store.spreadsheet import is_workbook, read_workbook, text_of


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
