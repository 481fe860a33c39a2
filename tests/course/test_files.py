"""CSV as spreadsheets make it, and as they take it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infrapm.course.files import Stop, csv_text, read_csv, safe_cell, write_csv

TEXT = "student,name,band\nann,Ann Öz,3\n"


@pytest.mark.parametrize(
    "raw",
    [
        TEXT.encode(), TEXT.encode("utf-8-sig"), TEXT.encode("utf-16"), TEXT.encode("cp1252"),
        TEXT.replace(",", ";").encode("cp1252"), TEXT.replace(",", "\t").encode(), TEXT.replace("\n", "\r\n").encode(),
        (TEXT + ",,\n\n").encode(),
    ],
)  # fmt: skip
def test_any_spreadsheet_s_csv_is_read(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(raw)
    assert read_csv(tmp_path / "a.csv") == (["student", "name", "band"], [{"student": "ann", "name": "Ann Öz", "band": "3"}])


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), max_size=4))
@example(["\r=1+1", "two\r=1+1", "three\r\n=1+1"])
@settings(max_examples=200, deadline=None)
def test_no_cell_starts_a_formula(cells: list[str]) -> None:
    text = csv_text(["a"], [{"a": cell} for cell in cells]).removeprefix("\ufeff")
    for row in csv.reader(io.StringIO(text, newline="")):
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r")) or _number(cell)


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("text", ["=1+1", "+1", "-2.5", "- good, but", "@x", "'quoted'", "plain", "line\nbreak, and \"quotes\"", "Öz", ""])
def test_a_comment_comes_back_as_it_was_typed(text: str, tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", ["a", "b"], [{"a": "x", "b": text}])
    assert read_csv(tmp_path / "a.csv")[1] == [{"a": "x", "b": text}]


def test_formulas_are_text_and_numbers_stay_numbers() -> None:
    assert safe_cell('=cmd|" /C calc"!A0') == '\'=cmd|" /C calc"!A0'
    assert [safe_cell(text) for text in ("-1.5", "+3", "1e-3")] == ["-1.5", "+3", "1e-3"]


def test_a_file_that_is_not_there_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="cannot be read: No such file"):
        read_csv(tmp_path / "none.csv")


def test_a_workbook_is_no_csv_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "marks.csv").write_bytes(b"PK\x03\x04\x14\x00" + bytes(20))
    with pytest.raises(Stop, match="marks.csv is a workbook.* save it as CSV"):
        read_csv(tmp_path / "marks.csv")


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"")
    assert read_csv(tmp_path / "a.csv") == ([], [])
