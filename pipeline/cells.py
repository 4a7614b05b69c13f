"""The cells of an exported row: a value for each column of `EXPORTED`.

`flag`, `fund_code` and `hold_share` are the row's answer; times say their offset from UTC.
"""

import json
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

from db.rows import Row
from db.tables import EXPORTED
from pipeline.spreadsheet import Cell, number

_SHARES = frozenset({"hold_share", "ocr_hold_share", "update_hold_share"})


def cells(row: Row, zone: tzinfo) -> list[str]:
    """One text for each of EXPORTED; times by the clock of `zone`."""
    return [_text(value) for value in _values(row, zone)]


def sheet_cells(row: Row, zone: tzinfo) -> list[Cell]:
    """The same for a workbook: codes are texts, ids, times and flags are what they are, and shares
    are numbers where nothing of them is lost by it."""
    return [
        number(value) if name in _SHARES and value else value
        for name, value in zip(EXPORTED, _values(row, zone), strict=True)
    ]


def _values(row: Row, zone: tzinfo) -> Iterator[Any]:
    answer = {
        "flag": row.answer_flag,
        "fund_code": row.answer_fund_code if row.answer_flag else "",
        "hold_share": row.answer_hold_share if row.answer_flag else "",
    }
    for name in EXPORTED:
        value = answer[name] if name in answer else getattr(row, name)
        yield _by_clock_of(zone, value) if isinstance(value, datetime) else value


def _by_clock_of(zone: tzinfo, at: datetime) -> datetime:
    try:
        return at.astimezone(zone)
    except OverflowError:  # at the ends of the calendar
        return at


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat()
        case dict() | list():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)
