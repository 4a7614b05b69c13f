"""Tables for other programs, as CSV and XLSX: text stays text, and no cell is a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import BinaryIO

BYTE_ORDER_MARK = "\ufeff"

# Controls, direction marks and lone surrogates: names and links may hold them, tables may not.
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
# What a cell of a workbook can hold; no text of ours is near it.
_LONGEST_CELL = 32_767


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


def write_xlsx(columns: Sequence[str], rows: Iterable[Sequence[str]], out: BinaryIO) -> None:
    """A workbook of one sheet; every cell is text, whatever it looks like."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet("fundocr")
    sheet.freeze_panes = "A2"
    for index, name in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = max(len(name) + 2, 12)
    for row in chain([columns], rows):
        cells = [WriteOnlyCell(sheet, writable(text)[:_LONGEST_CELL]) for text in row]
        for cell in cells:
            # Set after the value: openpyxl takes `=…` for a formula and `#N/A` for an error.
            cell.data_type = "s"
            cell.number_format = "@"
        sheet.append(cells)
    book.save(out)


def _no_formula(cell: str) -> str:
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA_STARTS) else cell
