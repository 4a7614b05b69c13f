"""A workbook opened again."""

import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from openpyxl import load_workbook


def cells_of(file: Path | BinaryIO) -> list[list[Any]]:
    """The cells of its one sheet, line by line; none is a formula."""
    (sheet,) = load_workbook(file).worksheets
    lines = [list(line) for line in sheet.iter_rows()]
    assert {cell.data_type for line in lines for cell in line} <= {"s", "n", "b", "d"}
    return lines


def rows_of(file: Path | BinaryIO) -> list[dict[str, str]]:
    """Its lines by the names of the heading, each cell as the text that it shows."""
    head, *lines = ([_shown(cell) for cell in line] for line in cells_of(file))
    return [dict(zip(head, line, strict=True)) for line in lines]


def _shown(cell: Any) -> str:
    match cell.value:
        case None:
            return ""
        case bool():
            return str(cell.value).lower()
        case datetime():
            offset = re.fullmatch(r'.*"([+-]\d\d:\d\d)"', cell.number_format)
            assert offset is not None
            return cell.value.isoformat(timespec="milliseconds") + offset[1]
        case int() | float() if cell.number_format != "General":
            return f"{Decimal(repr(cell.value)):.{len(cell.number_format.partition('.')[2])}f}"
        case _:
            return str(cell.value)
