"""`python -m cli.workbook_reader MEMORY SECONDS`: reads a workbook from standard input and writes
the lines of its first sheet to standard output, in a process that is limited to so much address
space (bytes) and processor time.

The first line is an object (`sheet`, `others`: how many sheets are not read; or `refused`: why),
each further one a JSON list of cells, the last one `null`. A cell is its text, or `{"odd": …}`
where it holds something that no text of it says.
"""

import json
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from typing import Any, TypeAlias
from xml.parsers.expat import ExpatError

from cli.sheet_scan import (
    DAMAGED,
    PROTECTED,
    TOO_LARGE,
    BadWorkbook,
    Scan,
    require_bounds,
    scan_sheet,
)

# Spreadsheets keep so many digits of a number.
_EXACT_DIGITS = 15

Cell: TypeAlias = str | dict[str, str]


def main() -> None:
    """Always ends with exit code 0 where it could say what it had to."""
    memory, seconds = map(int, sys.argv[1:])
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
    ):
        resource.setrlimit(kind, (most, most))
    try:
        for line in _lines(sys.stdin.buffer.read()):
            sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")
        sys.stdout.buffer.flush()
    except BadWorkbook as error:
        _refuse(str(error))
    except MemoryError:
        _refuse(TOO_LARGE)


def _refuse(why: str) -> None:
    sys.stdout.buffer.write(json.dumps({"refused": why}).encode() + b"\n")
    sys.stdout.buffer.flush()


def _lines(content: bytes) -> Iterator[Any]:
    from python_calamine import CalamineError, PasswordError, load_workbook

    scan = _scanned(content)
    try:
        book = load_workbook(BytesIO(content))
        kinds = [str(one.typ).rpartition(".")[2] for one in book.sheets_metadata]
        first = kinds.index("WorkSheet")
        sheet = book.get_sheet_by_index(first)
    except PasswordError:
        raise BadWorkbook(PROTECTED) from None
    except (CalamineError, ValueError):
        raise BadWorkbook(DAMAGED) from None
    yield {"sheet": sheet.name, "others": len(kinds) - 1}
    for row, values in enumerate(sheet.iter_rows()):
        yield [_cell(value, (row, column), scan) for column, value in enumerate(values)]
    yield None


def _scanned(content: bytes) -> Scan:
    try:
        with zipfile.ZipFile(BytesIO(content)) as book:
            require_bounds(book)
            return scan_sheet(book)
    except (zipfile.BadZipFile, zlib.error, ExpatError, EOFError, NotImplementedError, OSError):
        raise BadWorkbook(DAMAGED) from None
    except (RuntimeError, ValueError):  # an encrypted member, a name or a number that is none
        raise BadWorkbook(DAMAGED) from None


def _cell(value: object, place: tuple[int, int], scan: Scan) -> Cell:
    match value:
        case str():
            what = None if value.strip() else scan.odd.get(place)
            return value if what is None else {"odd": what}
        case bool():
            return {"odd": str(value).upper()}
        case int() | float():
            return _number(value, scan.zeros.get(place))
        case _:
            return {"odd": f"a date or time ({value})"}


def _number(value: float, zeros: str | None) -> Cell:
    """To the last digit, with the zeros that its cell shows; of a longer one a spreadsheet has
    thrown digits away before it was saved."""
    number = Decimal(repr(value))
    if not number.is_finite():
        return {"odd": "no number"}
    shown = format(number.normalize(), "f")
    if sum(map(str.isdigit, shown.lstrip("-0."))) > _EXACT_DIGITS:
        return {"odd": f"a number of more than {_EXACT_DIGITS} digits, which no workbook keeps"}
    if zeros is not None:
        places = len(zeros.partition(".")[2])
        padded = f"{number:0{len(zeros)}.{places}f}"
        if Decimal(padded) == number:
            return padded
    return shown


if __name__ == "__main__":
    main()
