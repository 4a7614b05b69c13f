"""`fundocr export`: rows as CSV or XLSX, and judged rows as cases for `fundocr evaluate`."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal

from cli.selection import RowFilters, when
from db.export import are_more_than, export_rows
from db.rows import Dismissal, ReviewState, Row
from db.tables import EXPORTED
from pipeline.cells import cells, sheet_cells
from pipeline.plain import escaped
from pipeline.spreadsheet import ROWS_OF_A_SHEET, csv_lines, write_xlsx
from postprocess.evidence import page_from_json, page_to_json, redact
from postprocess.extract import RULES
from postprocess.types import Page
from serving.database import opened_engine
from serving.failure import USAGE, Failure, settings_or_failure
from serving.process import files_to_hand_on
from serving.say import counted

# Rows that people judged, as cases for the rules.

_SHOWS_NOTHING = (Dismissal.NOT_A_FUND, Dismissal.UNREADABLE)


def case(row: Row) -> dict[str, Any] | None:
    """The evidence of a row with the values that a person saw on it, as `fundocr evaluate --cases`
    reads it; None where nobody has said what it shows, or no page is kept (rows of an import).

    It names no link; lines that are not kept come as boxes of their length.
    """
    truth = _truth(row)
    if truth is None or not row.evidence.get("lines"):
        return None
    # Once more: rows of earlier versions were masked less.
    rules = RULES.get(row.rules_version.partition("@")[0], RULES["layout"])
    page, _ = redact(page_from_json(row.evidence), rules)
    return {
        "name": f"row {row.id}",
        "layout": row.host,
        "fund_code": truth[0],
        "hold_share": truth[1],
        "width": page.width,
        "height": page.height,
        "lines": list(_lines(page)),
    }


def _truth(row: Row) -> tuple[str, str] | None:
    if row.review_state == ReviewState.DISMISSED and row.dismissal in _SHOWS_NOTHING:
        return "", ""
    if row.review_state in (ReviewState.CORRECTED, ReviewState.CONFIRMED):
        return row.answer_fund_code, row.answer_hold_share
    return None


def _lines(page: Page) -> Iterator[dict[str, Any]]:
    for kept, line in zip(page_to_json(page)["lines"], page.lines, strict=True):
        kept.pop("length", None)
        yield {"text": line.text, "confidence": line.confidence, **kept}


Form = Literal["csv", "xlsx"]
_TOO_MANY = "There are more rows than a sheet can hold: export CSV, or fewer."


def export(
    filters: RowFilters,
    *,
    updated_since: str | None,
    cases: bool,
    format: Form | None,
    out: Path | None,
) -> int:
    """Write the rows; 0. Failure where a file or the database fails.

    updated_since: only those changed at or after, as it was typed.
    """
    filter, since = filters.filter(), when(updated_since)
    zone = settings_or_failure().zone
    form = format or ("xlsx" if out is not None and out.suffix.lower() == ".xlsx" else "csv")
    if form == "xlsx" and not cases and out is None and sys.stdout.isatty():
        raise Failure("A workbook is no text for a terminal: give --out FILE.xlsx.", USAGE)
    with opened_engine() as engine, _output(out) as stream:
        rows = export_rows(engine, filter, updated_since=since, with_evidence=cases)
        if cases:
            written = _write_cases(rows, stream)
            print(counted(written, "case"), file=sys.stderr)
        elif form == "csv":
            for line in csv_lines(EXPORTED, (cells(row, zone) for row in rows)):
                stream.write(line)
        else:
            if are_more_than(engine, ROWS_OF_A_SHEET, filter, updated_since=since):
                raise Failure(_TOO_MANY)
            write_xlsx(EXPORTED, (sheet_cells(row, zone) for row in _of_a_sheet(rows)), stream)
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
