"""The report of a backfill: one line for each line of the source, in the same order."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from bulk import parquet
from bulk.errors import BulkError
from bulk.records import LineResult, SourceLine
from pipeline.spreadsheet import csv_lines, writable

COLUMNS = {
    "number": "int64",
    "image_url": "string",
    "file": "string",
    "url_type": "string",
    "flag": "bool_",
    "fund_code": "string",
    "hold_share": "string",
    "reason": "string",
    "status": "int16",
    "code": "string",
    "error": "string",
    "row_id": "int64",
    "source": "string",
}
"""Name → Arrow's name of its type."""

SUFFIXES = (".csv", ".parquet")


@dataclass(slots=True)
class Summary:
    """How many lines came to what. answered: with values; refused: without, by reason; failed: by
    code. sources: answers by where they come from.
    """

    answered: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: LineResult) -> None:
        """Count one line."""
        if outcome.code is not None:
            self.failed[outcome.code] += 1
            return
        self.sources[outcome.source or ""] += 1
        if outcome.flag:
            self.answered += 1
        else:
            self.refused[outcome.reason or ""] += 1


def check_name(out: Path) -> None:
    """BulkError where no report can be written under this name, before anything is read."""
    if out.suffix.lower() not in SUFFIXES:
        raise BulkError(f"{out} says no form: name it .csv or .parquet.")
    if out.suffix.lower() == ".parquet":
        parquet.require()
    part = _part(out)
    try:
        part.touch()
        part.unlink()
    except OSError as error:
        raise BulkError(f"{out} cannot be written: {error.strerror}.") from None


def write_report(results: Iterable[tuple[SourceLine, LineResult]], out: Path) -> Summary:
    """Write the file, there only when it is whole."""
    summary = Summary()
    part = _part(out)
    try:
        if out.suffix.lower() == ".parquet":
            parquet.write(part, map(_cleaned, _counted(results, summary)), COLUMNS)
        else:
            with part.open("wb") as stream:
                _write_csv(_counted(results, summary), stream)
        part.replace(out)
    except OSError as error:
        raise BulkError(f"{out} cannot be written: {error.strerror or error}.") from None
    finally:
        part.unlink(missing_ok=True)
    return summary


def write_csv(results: Iterable[tuple[SourceLine, LineResult]], stream: BinaryIO) -> Summary:
    """The same as CSV to a stream."""
    summary = Summary()
    _write_csv(_counted(results, summary), stream)
    return summary


def _counted(
    results: Iterable[tuple[SourceLine, LineResult]], summary: Summary
) -> Iterator[tuple[Any, ...]]:
    for line, outcome in results:
        summary.add(outcome)
        values = {
            "image_url": outcome.image_url,
            "file": line.place if line.is_file else None,
            "url_type": line.url_type,
        }
        yield tuple(values[name] if name in values else getattr(outcome, name) for name in COLUMNS)


def _write_csv(rows: Iterable[tuple[Any, ...]], stream: BinaryIO) -> None:
    for line in csv_lines(tuple(COLUMNS), (tuple(map(_text, row)) for row in rows)):
        stream.write(line)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _cleaned(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(writable(value) if isinstance(value, str) else value for value in row)


def _part(out: Path) -> Path:
    return out.with_name(f".{out.name}.part")
