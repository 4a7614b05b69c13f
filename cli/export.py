"""`fundocr export`: rows as CSV or XLSX, and judged rows as cases for `fundocr evaluate`."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from cli.cases import case
from cli.selection import Wanted, when
from db.export import are_more_than, export_rows
from db.rows import Row
from pipeline.cells import COLUMNS, cells, sheet_cells
from pipeline.plain import escaped
from pipeline.spreadsheet import ROWS_OF_A_SHEET, csv_lines, write_xlsx
from serving.database import opened_engine
from serving.failure import USAGE, Failure, settings_or_failure
from serving.process import files_to_hand_on

Form = Literal["csv", "xlsx"]
_TOO_MANY = "There are more rows than a sheet can hold: export CSV, or fewer."


def export(
    wanted: Wanted,
    *,
    updated_since: str | None,
    cases: bool,
    format: Form | None,
    out: Path | None,
) -> int:
    """Write the rows; 0. Failure where a file or the database fails.

    updated_since: only those changed at or after, as it was typed.
    """
    filter, since = wanted.filter(), when(updated_since)
    zone = settings_or_failure().zone
    form = format or ("xlsx" if out is not None and out.suffix.lower() == ".xlsx" else "csv")
    if form == "xlsx" and not cases and out is None and sys.stdout.isatty():
        raise Failure("A workbook is no text for a terminal: give --out FILE.xlsx.", USAGE)
    with opened_engine() as engine, _output(out) as stream:
        rows = export_rows(engine, filter, updated_since=since, with_evidence=cases)
        if cases:
            written = _write_cases(rows, stream)
            print(f"{written} cases", file=sys.stderr)
        elif form == "csv":
            for line in csv_lines(COLUMNS, (cells(row, zone) for row in rows)):
                stream.write(line)
        else:
            if are_more_than(engine, ROWS_OF_A_SHEET, filter, updated_since=since):
                raise Failure(_TOO_MANY)
            write_xlsx(COLUMNS, (sheet_cells(row, zone) for row in _of_a_sheet(rows)), stream)
    return 0


def _write_cases(rows: Iterator[Row], out: BinaryIO) -> int:
    written = 0
    for row in rows:
        if (one := case(row)) is not None:
            out.write(escaped(json.dumps(one, ensure_ascii=False)).encode() + b"\n")
            written += 1
    return written


def _of_a_sheet(rows: Iterator[Row]) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number == ROWS_OF_A_SHEET:  # they came since they were counted
            raise Failure(_TOO_MANY)
        yield row


@contextmanager
def _output(out: Path | None) -> Iterator[BinaryIO]:
    """The file, there only when it is whole; or standard output."""
    if out is None:
        yield sys.stdout.buffer
        return
    part = out.with_name(f".{out.name}.part")
    try:
        with files_to_hand_on():
            file = part.open("wb")
        with file as stream:
            yield stream
        part.replace(out)
    except OSError as error:
        raise Failure(f"{out} cannot be written: {error.strerror}.", USAGE) from None
    finally:
        part.unlink(missing_ok=True)
