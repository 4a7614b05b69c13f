"""`fundocr import-corrections F`: a list of corrections from CSV or XLSX, such as an export with a
mended line."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from cli.correction_list import BadCell, Line, read_corrections
from cli.said import (
    as_it_was,
    is_untouched,
    says_nothing_new,
    says_what_a_person_said,
    values_of,
    version_of,
)
from cli.unread_columns import UnreadColumns
from db.errors import StoreError, StoreUnavailable
from db.rows import Row
from db.store import BATCH, Store
from pipeline.errors import (
    DatabaseUnavailable,
    RowChanged,
    ServiceError,
    UnknownImage,
    UpdateFailed,
)
from pipeline.parse import correction
from pipeline.review import correct, present
from serving.database import opened_engine
from serving.failure import Failure
from serving.say import counted, say

# Callers know these sentences in Chinese; here they would stand between English ones.
_ENGLISH: dict[type[Exception], str] = {
    UnknownImage: "No row is stored for this link; it has to be recognised first.",
    UpdateFailed: StoreUnavailable.message,
}


@dataclass(slots=True, kw_only=True)
class _Report:
    """How many lines were stored, say what is stored already, are of rows that have changed since
    without a word of theirs, and were refused. unread: what else stands in them."""

    unread: UnreadColumns
    stored: int = 0
    same: int = 0
    behind: int = 0
    bad: int = 0

    def __str__(self) -> str:
        parts = []
        if self.stored or self.bad or not (self.same or self.behind):
            stored = counted(self.stored, "correction is", "corrections are")
            parts.append(f"{stored} stored, {counted(self.bad, 'line is', 'lines are')} not.")
        else:
            parts.append("Nothing changed.")
        if self.same:
            parts.append(f"{counted(self.same, 'line says', 'lines say')} what is stored already.")
        if self.behind:
            lines = counted(
                self.behind, "line that nobody touched is", "lines that nobody touched are"
            )
            parts.append(f"{lines} skipped: the rows have changed since.")
        return " ".join(parts)


def import_corrections(file: Path, *, actor: str) -> int:
    """Store each good line; tell each bad one with its number. 1 where there was a bad one.

    A line with a `row_version` is for that version of its row, as a correction over HTTP is: where
    the row has changed since, it stays as it is, and the line is a bad one unless it says nothing
    but what the row said then. Of a file that cannot be read to its end nothing is stored (2).
    """
    read = read_corrections(file)
    report = _Report(unread=UnreadColumns(read))
    with opened_engine() as engine:
        store = Store(engine)
        for some in _pieces(read.lines):
            number = some[0].number
            try:
                rows = _rows(store, some)
                for line in some:
                    number = line.number
                    _import(store, line, rows, actor, report)
            except (StoreError, DatabaseUnavailable) as error:
                stored = counted(report.stored, "correction")
                raise Failure(
                    f"Line {number} and what follows it was not stored, {stored} before it "
                    f"{'was' if report.stored == 1 else 'were'}: {_message(error)} "
                    "The same file may be given again."
                ) from None
    if unread := str(report.unread):
        say(unread, is_aside=True)
    print(report)
    return 1 if report.bad else 0


def _import(store: Store, line: Line, rows: dict[str, Row], actor: str, report: _Report) -> None:
    """rows: of the links, which it keeps up to date."""
    try:
        before = rows.get(line.text("image_url"))
        was = _as_exported(store, line, before)
        if was is not None:
            report.unread.note(line, was)
        if before is not None and was is not None and _is_behind(line, before, was):
            report.behind += 1
            return
        after = _corrected(store, line, before, actor)
    except DatabaseUnavailable:
        raise
    except (ServiceError, BadCell) as error:
        report.bad += 1
        say(f"line {line.number}: {_message(error)}{_now(error)}", is_aside=True)
        return
    rows[after.image_url] = after
    if before is not None and before.row_version == after.row_version:
        report.same += 1
    else:
        report.stored += 1


def _as_exported(store: Store, line: Line, row: Row | None) -> Row | None:
    """The row in the version that the line was written from; None where that is not known."""
    version = version_of(line)
    if row is None or version in (None, row.row_version):
        return row if version is not None else None
    return as_it_was(row, store.history(row.id), version)


def _is_behind(line: Line, row: Row, was: Row) -> bool:
    has_changed = was.row_version != row.row_version
    return has_changed and is_untouched(line, was) and not says_what_a_person_said(line, row)


def _corrected(store: Store, line: Line, row: Row | None, actor: str) -> Row:
    """The row as it is then; ServiceError, BadCell."""
    version = version_of(line)
    if row is not None and version not in (None, row.row_version):
        if says_what_a_person_said(line, row):
            return row
        raise RowChanged(detail={"present": present(row)})
    values = values_of(line, row if version is not None else None)
    if row is not None and says_nothing_new(line, values, version, row):
        return row
    needed = {"image_url": line.text("image_url"), **asdict(values)}
    if empty := [name for name, text in needed.items() if not text]:
        is_are = "is" if len(empty) == 1 else "are"
        raise BadCell(
            f"{' and '.join(empty)} {is_are} empty; a correction names link, code and share."
        )
    body = {
        "image_url": line.text("image_url"),
        "update_fund_code": values.fund_code,
        "update_hold_share": values.hold_share,
        "row_version": version,
        "note": line.text("note"),
        "actor": actor,
    }
    outcome = correct(store, correction(json.dumps(body).encode(), f"line {line.number}"))
    if isinstance(outcome, ServiceError):
        raise outcome
    return outcome


def _message(error: Exception) -> str:
    return _ENGLISH.get(type(error), str(error))


def _now(error: Exception) -> str:
    """For people who have to look at a row again: what it says by now."""
    if not isinstance(error, RowChanged):
        return ""
    row = error.detail["present"]
    told = f"{row['fund_code']} {row['hold_share']}".strip() or "no answer"
    return f" It is version {row['row_version']} now: {told}, {row['review_state']}."


def _rows(store: Store, lines: list[Line]) -> dict[str, Row]:
    links = {line.cells.get("image_url", "") for line in lines}
    return store.find([link for link in links if isinstance(link, str) and link])


def _pieces(lines: list[Line]) -> Iterator[list[Line]]:
    remaining = iter(lines)
    while some := list(islice(remaining, BATCH)):
        yield some
