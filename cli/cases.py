"""Rows that people judged, as cases for the rules."""

from collections.abc import Iterator
from typing import Any

from db.rows import Dismissal, ReviewState, Row
from postprocess.evidence import page_from_json, page_to_json, settle
from postprocess.extract import RULES
from postprocess.types import Page

_SHOWS_NOTHING = (Dismissal.NOT_A_FUND, Dismissal.UNREADABLE)


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
