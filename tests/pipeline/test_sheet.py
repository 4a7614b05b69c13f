"""Workbooks: what stands in which cell, and that nothing is left of them elsewhere."""

import gc
import io
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from pipeline.spreadsheet import Cell, number, write_xlsx
from tests.workbook_rows import cells_of


def written(*rows: list[Cell], columns: tuple[str, ...] = ("a",)) -> io.BytesIO:
    out = io.BytesIO()
    write_xlsx(columns, rows, out)
    return out


@pytest.mark.parametrize(
    ("text", "is_number"),
    [
        *(("0", True), ("5600.00", True), ("0.1234", True), ("12345678901.2345", True)),
        ("123456789012345", True),
        *(("1234567890123456", False), ("123456789012.3456", False), ("0012.50", False)),
        *(("1,234", False), ("", False), ("-1", False), ("1.", False), ("１", False)),
        *(("1e5", False), ("NaN", False), ("1.2.3", False)),
    ],
)
def test_a_number_is_one_where_a_spreadsheet_keeps_every_digit(text: str, is_number: bool) -> None:
    assert number(text) == (Decimal(text) if is_number else text)


@pytest.mark.parametrize(
    ("cell", "value", "data_type", "format"),
    [
        ("000001", "000001", "s", "@"),
        ("12", "12", "s", "@"),
        (Decimal("5600.00"), 5600, "n", "0.00"),
        (Decimal("12345678901.2345"), 12345678901.2345, "n", "0.0000"),
        (Decimal("7"), 7, "n", "0"),
        (17, 17, "n", "General"),
        (123456789012345678, "123456789012345678", "s", "@"),
        (0.9876, 0.9876, "n", "General"),
        (0.1234567890123456, "0.1234567890123456", "s", "@"),
        (True, True, "b", "General"),
        (None, None, "n", "General"),
        ("", None, "n", "General"),
        ("#N/A", "#N/A", "s", "@"),
        ("=1+1", "=1+1", "s", "@"),
        ("{=1+1}", "{=1+1}", "s", "@"),
        ("mailto:a@b", "mailto:a@b", "s", "@"),
        ("<r><t>1</t></r>", "<r><t>1</t></r> ", "s", "@"),
        ("a\x00\ud800b", "a\ufffd\ufffdb", "s", "@"),
    ],
)
def test_a_cell_is_what_it_is(cell: Cell, value: Any, data_type: str, format: str) -> None:
    _, (found, _) = cells_of(written([cell, "x"], columns=("a", "b")))
    assert (found.value, found.data_type, found.number_format) == (value, data_type, format)
    assert found.hyperlink is None


def test_times_are_times_by_their_own_clock_cut_to_the_millisecond() -> None:
    china = timezone(timedelta(hours=8))
    at = datetime(2026, 11, 30, 20, 0, 0, 999_999, china)
    _, (found,), (early,) = cells_of(written([at], [datetime(1, 1, 1, tzinfo=UTC)]))
    assert found.value == datetime(2026, 11, 30, 20, 0, 0, 999_000)
    assert found.number_format == 'yyyy-mm-dd hh:mm:ss.000"+08:00"'
    assert early.value == "0001-01-01T00:00:00+00:00"


def test_the_heading_stays_and_filters_and_columns_fit() -> None:
    out = written(["x" * 30, "份额"], ["", "x" * 99], columns=("name", "fund"))
    sheet = load_workbook(out).worksheets[0]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:B3")
    widths = [sheet.column_dimensions[name].width for name in "AB"]
    assert 30 < widths[0] < 35 and 55 < widths[1] < 65


def test_a_sheet_without_rows_has_its_heading() -> None:
    ((cell,),) = cells_of(written())
    assert cell.value == "a"


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_left_on_the_way(
    fails: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))  # nothing goes there
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def rows() -> Iterator[list[Cell]]:
        yield ["x"]
        assert list(scratch.rglob("*"))
        if fails:
            raise KeyError("in the middle")

    if fails:
        with pytest.raises(KeyError):
            write_xlsx(["a"], rows(), io.BytesIO(), scratch=scratch)
    else:
        write_xlsx(["a"], rows(), io.BytesIO(), scratch=scratch)
    assert list(scratch.iterdir()) == []


def test_a_full_disk_is_an_os_error_and_no_more() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="space"):
        write_xlsx(["a"], [["x"]], full)  # type: ignore[arg-type]
    gc.collect()  # what complains then fails the run
