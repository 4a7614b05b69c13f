"""`fundocr export`: rows as CSV or XLSX, and judged rows as cases for `fundocr evaluate`."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal

from cli.failure import USAGE, Failure
from cli.store import opened_engine
from db.export import export_rows
from db.filters import Filter
from db.rows import ReviewState, Row
from pipeline.export import COLUMNS, case, cells
from pipeline.sheet import csv_lines, write_xlsx

Form = Literal["csv", "xlsx"]
_ROWS_OF_A_SHEET = 1_048_575


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The command's filters, as they were typed; None: all. Times are ISO 8601, UTC unless they
    say otherwise; an `until` that is a day includes it.
    """

    state: str | None = None
    reason: str | None = None
    url_type: str | None = None
    label: str | None = None
    model_version: str | None = None
    host: str | None = None
    fund_code: str | None = None
    url_prefix: str | None = None
    since: str | None = None
    updated_since: str | None = None
    for_reread: str | None = None

    def filter(self) -> Filter:
        """Failure (exit 2) for a state or a time that is none."""
        return Filter(
            state=None if self.state is None else tuple(map(_state, self.state.split(","))),
            reason=self.reason,
            url_type=self.url_type,
            label=self.label,
            model_version=self.model_version,
            host=self.host,
            fund_code=self.fund_code,
            url_prefix=self.url_prefix,
            since=when(self.since),
            older_than_versions=_versions(self.for_reread),
        )


def export(wanted: Wanted, *, cases: bool, format: Form | None, out: Path | None) -> int:
    """Write the rows; 0. Failure where a file or the database fails."""
    filter, updated_since = wanted.filter(), when(wanted.updated_since)
    form = format or ("xlsx" if out is not None and out.suffix.lower() == ".xlsx" else "csv")
    if form == "xlsx" and not cases and out is None and sys.stdout.isatty():
        raise Failure("A workbook is no text for a terminal: give --out FILE.xlsx.", USAGE)
    with opened_engine() as engine, _output(out) as stream:
        rows = export_rows(engine, filter, updated_since=updated_since)
        if cases:
            written = _write_cases(rows, stream)
            print(f"{written} cases", file=sys.stderr)
        elif form == "csv":
            for line in csv_lines(COLUMNS, map(cells, rows)):
                stream.write(line)
        else:
            write_xlsx(COLUMNS, map(cells, _of_a_sheet(rows)), stream)
    return 0


def when(text: str | None) -> datetime | None:
    """An aware time from ISO 8601; Failure (exit 2)."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise Failure(
            f"{text!r} is no time such as 2026-11-22 or 2026-11-22T08:30.", USAGE
        ) from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _versions(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    model, comma, rules = text.partition(",")
    if not (model and comma and rules):
        raise Failure(
            f"{text!r} is not like PP-OCRv6_small@290fae3c77ec,layout@1: the versions in use.",
            USAGE,
        )
    return model, rules


def _state(text: str) -> ReviewState:
    try:
        return ReviewState(text.strip())
    except ValueError:
        states = ", ".join(ReviewState)
        raise Failure(f"There is no review state {text!r}; there are: {states}.", USAGE) from None


def _write_cases(rows: Iterator[Row], out: BinaryIO) -> int:
    written = 0
    for row in rows:
        if (one := case(row)) is not None:
            out.write(json.dumps(one, ensure_ascii=False).encode() + b"\n")
            written += 1
    return written


def _of_a_sheet(rows: Iterator[Row]) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number == _ROWS_OF_A_SHEET:
            raise Failure("There are more rows than a sheet can hold: export CSV, or fewer.")
        yield row


@contextmanager
def _output(out: Path | None) -> Iterator[BinaryIO]:
    """The file, there only when it is whole; or standard output."""
    if out is None:
        yield sys.stdout.buffer
        return
    part = out.with_name(f".{out.name}.part")
    try:
        with part.open("wb") as stream:
            yield stream
        part.replace(out)
    except OSError as error:
        raise Failure(f"{out} cannot be written: {error.strerror}.", USAGE) from None
    finally:
        part.unlink(missing_ok=True)
