"""Reports: one line for each of the source, whole or not there."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet
import pytest

from bulk.errors import BulkError
from bulk.records import LineResult, SourceLine
from bulk.report import COLUMNS, check_name, write_report
from tests.bulk.backfills import report

LINES = [
    (
        SourceLine(number=1, place="https://a/1.png", url_type="oss"),
        LineResult(
            number=1,
            image_url="https://a/1.png",
            flag=True,
            fund_code="011608",
            hold_share="1234.56",
            row_id=7,
            source="ocr",
        ),
    ),
    (
        SourceLine(number=2, place="/x/\udcff=2.png", url_type="upload", is_file=True),
        LineResult(
            number=2, image_url="upload:sha256:00", status=422, code="BAD_PICTURE", error="no"
        ),
    ),
    (
        SourceLine(number=3, place="https://a/3.png", url_type="oss"),
        LineResult(
            number=3, image_url="https://a/3.png", flag=False, reason="NO_CODE", source="stored"
        ),
    ),
]


@pytest.mark.parametrize("name", ["r.csv", "r.parquet"])
def test_a_report_has_a_line_for_each(name: str, tmp_path: Path) -> None:
    summary = write_report(LINES, tmp_path / name)
    if name == "r.csv":
        rows = report(tmp_path / name)
        nothing = ""
        first = ("1", "true", "011608", "7")
    else:
        rows = pyarrow.parquet.read_table(tmp_path / name).to_pylist()
        nothing = None
        first = (1, True, "011608", 7)
    assert [list(row) for row in rows] == [list(COLUMNS)] * 3
    assert tuple(rows[0][key] for key in ("number", "flag", "fund_code", "row_id")) == first
    assert rows[1]["file"] == "/x/\ufffd=2.png"
    assert (rows[1]["flag"], rows[1]["code"], rows[1]["row_id"]) == (
        nothing,
        "BAD_PICTURE",
        nothing,
    )
    assert rows[2]["reason"] == "NO_CODE"
    assert (summary.answered, dict(summary.refused)) == (1, {"NO_CODE": 1})
    assert dict(summary.failed) == {"BAD_PICTURE": 1}
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["r.csv", "r.parquet"])
def test_what_breaks_off_leaves_the_report_of_before(name: str, tmp_path: Path) -> None:
    write_report(LINES, tmp_path / name)
    before = (tmp_path / name).read_bytes()

    def breaks_off() -> Iterator[tuple[SourceLine, LineResult]]:
        yield LINES[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_report(breaks_off(), tmp_path / name)
    assert (tmp_path / name).read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_name_that_says_no_form_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(BulkError, match=r"r\.xlsx says no form"):
        check_name(tmp_path / "r.xlsx")
    with pytest.raises(BulkError, match=r"cannot be written: No such file or directory"):
        check_name(tmp_path / "nothing" / "r.csv")
