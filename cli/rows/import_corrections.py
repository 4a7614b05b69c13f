"""`fundocr import-corrections F`: a list of corrections from CSV or XLSX."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

from cli.failure import USAGE, Failure
from cli.say import say
from cli.store import opened_engine
from db.store import Store
from pipeline.correct import correct
from pipeline.errors import DatabaseUnavailable, ServiceError
from pipeline.parse import correction
from pipeline.regular_file import read_file

# What a column may be called, the first that is there.
_NAMES = {
    "image_url": ("image_url",),
    "update_fund_code": ("fund_code", "update_fund_code"),
    "update_hold_share": ("hold_share", "update_hold_share"),
    "note": ("note",),
}

# A format of numbers that says how many digits are shown, zeros too.
_ZEROS = re.compile(r"0+(?:\.(0+))?")

Line = tuple[int, dict[str, str]]


class BadCell(ValueError):
    """A cell that does not hold what it seems to hold."""


def import_corrections(file: Path, *, actor: str) -> int:
    """Store each good line; tell each bad one with its number. 1 where there was a bad one."""
    lines = _xlsx(file) if file.suffix.lower() == ".xlsx" else _csv(file)
    good = bad = 0
    with opened_engine() as engine:
        store = Store(engine)
        for number, fields in lines:
            error = _apply(store, number, fields, actor)
            if isinstance(error, DatabaseUnavailable):
                raise Failure(
                    f"Line {number} and what follows it was not stored, the {good} corrections "
                    f"before it were: {error} The same file may be given again."
                )
            if error is None:
                good += 1
            else:
                bad += 1
                say(f"line {number}: {error}", is_aside=True)
    print(f"{good} corrections are stored, {bad} lines are not.")
    return 1 if bad else 0


def _apply(
    store: Store, number: int, fields: dict[str, str], actor: str
) -> ServiceError | BadCell | None:
    try:
        body = json.dumps({**fields, "actor": actor}).encode()
        result = correct(store, correction(body, f"line {number}"))
    except (ServiceError, BadCell) as error:
        return error
    return result if isinstance(result, ServiceError) else None


def _csv(file: Path) -> Iterator[Line]:
    """UTF-8, or what Chinese Excel writes where it is not."""
    try:
        content = read_file(file)
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}.", USAGE) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise Failure(f"{file} is neither UTF-8 nor GB 18030.", USAGE) from None
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = next(reader, [])
        columns = _columns(header, file)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, _fields(columns, cells)
    except csv.Error as error:
        raise Failure(f"{file}, line {reader.line_num}: {error}.", USAGE) from None


def _xlsx(file: Path) -> Iterator[Line]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(BytesIO(read_file(file)), read_only=True, data_only=True)
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}.", USAGE) from None
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError):
        raise Failure(f"{file} is no workbook.", USAGE) from None
    try:
        rows = book.worksheets[0].iter_rows()
        columns = _columns([str(cell.value or "") for cell in next(rows, ())], file)
        for number, row in enumerate(rows, start=2):
            if any(cell.value is not None for cell in row):
                yield number, _fields(columns, [_text(cell) for cell in row])
    finally:
        book.close()


def _columns(header: list[str], file: Path) -> dict[str, int]:
    """Where each of our fields stands in a line."""
    names = [cell.strip().lower() for cell in header]
    columns = {
        field: names.index(found)
        for field, called in _NAMES.items()
        if (found := next((name for name in called if name in names), None)) is not None
    }
    if len(columns) < len(_NAMES) - ("note" not in columns) or any(
        names.count(names[place]) > 1 for place in columns.values()
    ):
        raise Failure(
            f"{file} needs a first line that names its columns: image_url, fund_code, "
            "hold_share, and note where there is one; each once.",
            USAGE,
        )
    return columns


def _fields(columns: dict[str, int], cells: list[str]) -> dict[str, str]:
    found = {name: cells[place] for name, place in columns.items() if place < len(cells)}
    return {name: cell if name == "note" else cell.strip() for name, cell in found.items() if cell}


def _text(cell: Any) -> str:  # noqa: ANN401 — one of openpyxl's kinds of cell
    """A number is given to the last digit, with the zeros that its cell shows; codes that are
    numbers have lost theirs, and are refused for what they are then.
    """
    from openpyxl.utils.escape import unescape

    value = cell.value
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _as_shown(Decimal(repr(value)), cell.number_format)
    return str(unescape(value)) if isinstance(value, str) else str(value)


def _as_shown(number: Decimal, number_format: str) -> str:
    """By a format of zeros (`0.00`) where that shows the whole number, else without such zeros."""
    zeros = _ZEROS.fullmatch(number_format)
    if zeros:
        shown = f"{number:0{len(zeros[0])}.{len(zeros[1] or '')}f}"
        if Decimal(shown) == number:
            return shown
    return format(number.normalize(), "f")
