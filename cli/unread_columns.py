"""Finds edits in columns of a list of corrections that no import reads, so that they are
reported."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC

from cli.correction_list import Corrections, Line
from cli.said import is_same_code, is_same_share
from db.rows import Row
from db.tables import EXPORTED
from pipeline.cells import cells
from pipeline.spreadsheet import writable
from serving.say import counted


class UnreadColumns:
    """Counts, of the columns that an export has and no import reads, the lines that say something
    else than their row; others are named as they are."""

    def __init__(self, read: Corrections) -> None:
        self._names, self._foreign = read.unread, read.foreign
        self._edited: Counter[str] = Counter()

    def note(self, line: Line, was: Row) -> None:
        """was: the row as the line was written from."""
        self._edited.update(_differing(self._names, line, was))

    def __str__(self) -> str:
        """One sentence; empty where nothing was passed over."""
        edited = (
            f"{name} ({counted(self._edited[name], 'line says', 'lines say')} something else "
            "than the row)"
            for name in EXPORTED
            if self._edited[name]
        )
        names = ", ".join((*edited, *self._foreign))
        return f"These columns are not imported: {names}." if names else ""


def _differing(names: Sequence[str], line: Line, was: Row) -> Iterator[str]:
    values = dict(zip(EXPORTED, cells(was, UTC), strict=True))
    for name, cell in zip(names, line.unread, strict=True):
        text = cell if isinstance(cell, str) else cell["odd"]
        # A sheet has no room for some characters, and an apostrophe before others.
        row_s = writable(values[name]).strip().removeprefix("'")
        if not _is_same(name, text.removeprefix("'"), row_s):
            yield name


def _is_same(name: str, text: str, row_value: str) -> bool:
    match name:
        case "ocr_fund_code":
            return is_same_code(text, row_value)
        case "ocr_hold_share":
            return is_same_share(text, row_value)
        case _:
            return text.casefold() == row_value.casefold()
