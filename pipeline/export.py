"""Rows as they leave the service: the columns of a table, and cases for the rules."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from db.rows import Dismissal, ReviewState, Row
from pipeline.sheet import Cell, number
from postprocess.evidence import page_from_json, page_to_json, settle
from postprocess.extract import RULES
from postprocess.types import Page

COLUMNS = (
    *("id", "image_url", "url_type", "flag", "fund_code", "hold_share", "reason", "confidence"),
    *("label", "review_state", "dismissal", "ocr_fund_code", "ocr_hold_share"),
    *("update_fund_code", "update_hold_share", "model_version", "rules_version", "row_version"),
    *("created_at", "updated_at"),
)
"""`flag`, `fund_code` and `hold_share` are the row's answer; the times are in UTC."""

_SHARES = frozenset({"hold_share", "ocr_hold_share", "update_hold_share"})
_SHOWS_NOTHING = (Dismissal.NOT_A_FUND, Dismissal.UNREADABLE)


def cells(row: Row) -> list[str]:
    """One text for each of COLUMNS."""
    return [_text(value) for value in _values(row)]


def sheet_cells(row: Row) -> list[Cell]:
    """The same for a workbook: codes are texts, ids, times and flags are what they are, and shares
    are numbers where nothing of them is lost by it."""
    return [
        number(value) if name in _SHARES and value else value
        for name, value in zip(COLUMNS, _values(row), strict=True)
    ]


def case(row: Row) -> dict[str, Any] | None:
    """The evidence of a row with the values that a person saw on it, as `fundocr evaluate --cases`
    reads it; None where nobody has said what it shows, or no page is kept (rows of an import).

    It names no link; lines that are not kept come as boxes of their length.
    """
    truth = _truth(row)
    if truth is None or not row.evidence.get("lines"):
        return None
    # Once more: rows of earlier versions were masked less.
    rules = RULES.get(row.rules_version.partition("@")[0], RULES["layout"])
    page, _ = settle(page_from_json(row.evidence), rules)
    return {
        "name": f"row {row.id}",
        "layout": row.host,
        "fund_code": truth[0],
        "hold_share": truth[1],
        "width": page.width,
        "height": page.height,
        "lines": list(_lines(page)),
    }


def _values(row: Row) -> Iterator[Any]:
    answer = {
        "flag": row.answer_flag,
        "fund_code": row.answer_fund_code if row.answer_flag else "",
        "hold_share": row.answer_hold_share if row.answer_flag else "",
    }
    return (answer[name] if name in answer else getattr(row, name) for name in COLUMNS)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat()
        case _:
            return str(value)


def _truth(row: Row) -> tuple[str, str] | None:
    if row.review_state == ReviewState.DISMISSED and row.dismissal in _SHOWS_NOTHING:
        return "", ""
    if row.review_state in (ReviewState.CORRECTED, ReviewState.CONFIRMED):
        return row.answer_fund_code, row.answer_hold_share
    return None


def _lines(page: Page) -> Iterator[dict[str, Any]]:
    for kept, line in zip(page_to_json(page)["lines"], page.lines, strict=True):
        kept.pop("length", None)
        yield {"text": line.text, "confidence": line.confidence, **kept}
