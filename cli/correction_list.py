"""A list of corrections, as CSV or as a workbook: its lines, by the names of their columns."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from sys import intern

from cli.workbook import Cell, is_workbook, read_workbook
from db.tables import EXPORTED
from pipeline.regular_file import read_file
from serving.failure import USAGE, Failure

# What a column may be called, in lower case; the pages' Chinese words too.
_NAMES = {
    "image_url": ("image_url", "链接", "图片链接"),
    "fund_code": ("fund_code", "基金代码"),
    "hold_share": ("hold_share", "份额", "持有份额", "可用份额"),
    "update_fund_code": ("update_fund_code",),
    "update_hold_share": ("update_hold_share",),
    "row_version": ("row_version", "版本"),
    "note": ("note", "备注"),
}
# Of an export's other columns those whose cells say the same after a spreadsheet has saved them:
# times and confidences are written down anew.
_UNREAD = (
    *("url_type", "flag", "reason", "label", "review_state", "dismissal", "ocr_fund_code"),
    *("ocr_hold_share", "model_version", "rules_version"),
)
# What a cell may hold, whatever else this process has read (characters).
_LONGEST_CELL = 128 * 1024
_NEEDED = (("image_url",), ("fund_code", "update_fund_code"), ("hold_share", "update_hold_share"))


class BadCell(ValueError):
    """A cell that does not hold what it seems to hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line. number: from 1, the heading's; of a CSV that in which it ends.

    cells: by the field's name, stripped (but the note); a column that is not there is not in it,
    an empty cell is empty. unread: those of the columns that only an export has.
    """

    number: int
    cells: dict[str, Cell]
    unread: tuple[Cell, ...]

    def text(self, name: str) -> str:
        """A cell's text, empty where there is none; BadCell."""
        cell = self.cells.get(name, "")
        if isinstance(cell, str):
            return cell
        raise BadCell(f"{name} is {cell['odd']}; give it as text.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """A file's lines in which something stands. unread: the columns of the lines' `unread`.
    foreign: names of columns that are neither a correction's nor an export's."""

    lines: list[Line]
    unread: tuple[str, ...]
    foreign: tuple[str, ...]


def read_corrections(file: Path) -> Corrections:
    """All of a file; Failure (exit 2) where it is no such list."""
    try:
        content = read_file(file)
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}.", USAGE) from None
    if is_workbook(content) or file.suffix.lower() == ".xlsx":
        rows: list[Sequence[Cell]] = read_workbook(content, file)
        return _corrections(enumerate(rows, start=1), file)
    return _corrections(_csv(content, file), file)


def _corrections(rows: Iterator[tuple[int, Sequence[Cell]]], file: Path) -> Corrections:
    _, heading = next(rows, (0, ()))
    names = [cell.strip() if isinstance(cell, str) else "" for cell in heading]
    lowered = [name.lower() for name in names]
    columns, ours = _columns(lowered, file), {name for called in _NAMES.values() for name in called}
    unread = {name: lowered.index(name) for name in _UNREAD if lowered.count(name) == 1}
    lines = [
        Line(
            number=number,
            cells=_cells(columns, cells),
            unread=tuple(_shared(cells, place) for place in unread.values()),
        )
        for number, cells in rows
        if any(not isinstance(cell, str) or cell.strip() for cell in cells)
    ]
    foreign = (name for name in names if name and name.lower() not in {*ours, *EXPORTED})
    return Corrections(lines=lines, unread=tuple(unread), foreign=tuple(foreign))


def _csv(content: bytes, file: Path) -> Iterator[tuple[int, Sequence[Cell]]]:
    """UTF-8, or what Chinese Excel writes where it is not."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise Failure(f"{file} is neither UTF-8 nor GB 18030.", USAGE) from None
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise Failure(f"{file}, line {reader.line_num}: {error}.", USAGE) from None


def _columns(names: Sequence[str], file: Path) -> dict[str, int]:
    """Where each of our fields stands in a line."""
    places = {
        field: [place for place, name in enumerate(names) if name in called]
        for field, called in _NAMES.items()
    }
    is_there = all(any(places[field] for field in fields) for fields in _NEEDED)
    if not is_there or any(len(columns) > 1 for columns in places.values()):
        raise Failure(
            f"{file} needs a first line that names its columns: image_url, fund_code, "
            "hold_share, and note where there is one; each once.",
            USAGE,
        )
    return {field: columns[0] for field, columns in places.items() if columns}


def _cells(columns: dict[str, int], cells: Sequence[Cell]) -> dict[str, Cell]:
    named: dict[str, Cell] = {}
    for name, place in columns.items():
        cell = cells[place] if place < len(cells) else ""
        named[name] = cell.strip() if isinstance(cell, str) and name != "note" else cell
    return named


def _shared(cells: Sequence[Cell], place: int) -> Cell:
    """A cell whose text is kept once, however many lines say it: such columns say few things."""
    cell = cells[place] if place < len(cells) else ""
    return intern(cell.strip()) if isinstance(cell, str) else cell
