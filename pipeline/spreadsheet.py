"""Writes tables for other programs, as CSV and XLSX: texts stay texts, and no cell is a formula."""

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, TypeVar
from unicodedata import east_asian_width

T = TypeVar("T")

BYTE_ORDER_MARK = "\ufeff"
# What a sheet can hold below its heading.
ROWS_OF_A_SHEET = 1_048_575

Cell: TypeAlias = str | int | float | Decimal | datetime | None

# Controls, direction marks and lone surrogates: names and links may hold them, tables may not.
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
# What a cell of a workbook can hold; no text of ours is near it.
_LONGEST_CELL = 32_767
# Numbers of a workbook are floats, and spreadsheets show and keep this many digits of them.
_EXACT_DIGITS = 15
_PLAIN_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
# The offset stands in every cell: a spreadsheet's times have none.
_TIME_FORMAT = 'yyyy-mm-dd hh:mm:ss.000"{}"'
_TIME_WIDTH = len("2026-11-30 12:00:00.000+08:00")
_WIDEST_COLUMN = 60


def writable(text: str) -> str:
    """The text without what no table can hold; a control that begins it would hide a formula."""
    return _UNWRITABLE.sub("\ufffd", text)


def csv_line(cells: Iterable[str]) -> bytes:
    """One UTF-8 line. What a spreadsheet would take for a formula gets a `'` before it."""
    line = io.StringIO(newline="")
    csv.writer(line).writerow(map(_no_formula, cells))
    return line.getvalue().encode()


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """A whole CSV file, line by line. The mark before it tells Excel that it is UTF-8."""
    yield BYTE_ORDER_MARK.encode() + csv_line(columns)
    for row in rows:
        yield csv_line(map(writable, row))


def number(text: str) -> Decimal | str:
    """The text as a number where a spreadsheet keeps and shows it digit for digit: 15 digits at
    most, and no zeros before it; else the text as it is."""
    digits = len(text) - text.count(".")
    if digits > _EXACT_DIGITS or not _PLAIN_NUMBER.fullmatch(text):
        return text
    return Decimal(text)


def write_xlsx(
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    out: BinaryIO,
    *,
    scratch: Path | None = None,
) -> None:
    """A workbook of one sheet, in constant memory: rows wait on the disk until all are there.

    A str is text, whatever it looks like; a Decimal a number with as many places as it has; a
    datetime, which must be aware, a time by its own clock to the millisecond, with its offset from
    UTC; None and "" no cell at all.
    rows: ROWS_OF_A_SHEET at most. scratch: where their files are made, about 1 KB a row twice over
    (default: the system's folder for such); none is left. OSError where the disk is full.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    with tempfile.TemporaryDirectory(prefix="fundocr-", dir=scratch) as folder:
        options = {
            "constant_memory": True,
            "tmpdir": folder,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        }
        book = Workbook(_Stream(out), options)
        book.use_zip64()  # a sheet with long links may have more than 2 GiB before it is packed
        sheet = book.add_worksheet("fundocr")
        try:
            _Sheet(book, sheet).fill(columns, rows)
        except BaseException:
            sheet._opt_close()  # only close() would, and would write all that is there first
            raise
        try:
            book.close()
        except FileCreateError as error:
            raise error.args[0] from None


class _Stream:
    """A file that is full once only. XlsxWriter leaves its archive open then, which would try again
    when it is collected, and complain where nobody listens."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def write(self, data: bytes) -> int:
        """See BinaryIO."""
        return self._tried(lambda: self._out.write(data))

    def flush(self) -> None:
        """See BinaryIO."""
        self._tried(lambda: self._out.flush())

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._out, name)

    def _tried(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except OSError:
            self._out = io.BytesIO()
            raise


class _Sheet:
    """One worksheet and its formats."""

    def __init__(self, book: Any, sheet: Any) -> None:  # noqa: ANN401 — XlsxWriter's, untyped
        self._sheet = sheet
        self._bold = book.add_format({"bold": True, "num_format": "@"})
        self._text = book.add_format({"num_format": "@"})
        self._time = cache(
            lambda offset: book.add_format({"num_format": _TIME_FORMAT.format(offset)})
        )
        self._places = cache(lambda places: book.add_format({"num_format": _places_format(places)}))
        self._widths: list[int] = []

    def fill(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """Heading, rows, and what a person wants of them: a heading that stays in sight, filters,
        columns as wide as what is in them."""
        for column, name in enumerate(columns):
            self._sheet.write_string(0, column, name, self._bold)
        self._widths = [_width(name) + 3 for name in columns]  # 3: the filter's button
        last = 0
        for last, cells in enumerate(rows, start=1):
            for column, cell in enumerate(cells):
                width = self._write(last, column, cell)
                if width > self._widths[column]:
                    self._widths[column] = width
        for column, width in enumerate(self._widths):
            self._sheet.set_column(column, column, min(width + 1, _WIDEST_COLUMN))
        self._sheet.freeze_panes(1, 0)
        self._sheet.autofilter(0, 0, last, len(columns) - 1)
        # No green corners on codes.
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})

    def _write(self, row: int, column: int, cell: Cell) -> int:
        """Write one cell; how wide it is, in characters."""
        match cell:
            case None | "":
                return 0
            case str():
                return self._write_text(row, column, cell)
            case bool():
                self._sheet.write_boolean(row, column, cell)
                return 5
            case datetime() if cell.year > 1900:  # before that a spreadsheet knows no days
                # Cut, not rounded: going on from the last of these times misses nothing.
                at = cell.replace(microsecond=cell.microsecond // 1000 * 1000, tzinfo=None)
                self._sheet.write_datetime(row, column, at, self._time(_offset(cell)))
                return _TIME_WIDTH
            case datetime():
                return self._write_text(row, column, cell.isoformat())
            case Decimal():
                places = -int(cell.as_tuple().exponent)
                self._sheet.write_number(row, column, float(cell), self._places(places))
                return len(str(cell))
            case _:
                text = repr(cell)
                if sum(map(str.isdigit, text)) > _EXACT_DIGITS:
                    return self._write_text(row, column, text)
                self._sheet.write_number(row, column, cell)
                return len(text)

    def _write_text(self, row: int, column: int, text: str) -> int:
        text = writable(text)[:_LONGEST_CELL]
        if text.startswith("<r>") and text.endswith("</r>"):
            # XlsxWriter would take it for XML of its own.
            text = text[: _LONGEST_CELL - 1] + " "
        self._sheet.write_string(row, column, text, self._text)
        return _width(text)


def _offset(at: datetime) -> str:
    """`+08:00`."""
    text = f"{at:%z}"
    return f"{text[:3]}:{text[3:5]}"


def _places_format(places: int) -> str:
    return "0." + "0" * places if places else "0"


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _no_formula(cell: str) -> str:
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA_STARTS) else cell
