"""Rows of drawn screens as the rules read them, without a database."""

from datetime import UTC, datetime
from typing import Any

from db.rows import Row
from pipeline.response import answer_of
from postprocess.evidence import page_to_json, redact
from postprocess.extract import RULES
from postprocess.types import Line, Page

WIDTH, HEIGHT = 1000, 2000
NOW = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)


def page(*texts: tuple[str, float, float]) -> Page:
    """Lines by text, left and top; 40 px high, as wide as their characters."""
    lines = []
    for text, left, top in texts:
        right = left + 22 * sum(2 if ord(one) > 0x2000 else 1 for one in text)
        quad = ((left, top), (right, top), (right, top + 40), (left, top + 40))
        lines.append(Line(text=text, confidence=0.99, quad=quad))
    return Page(lines=tuple(lines), width=WIDTH, height=HEIGHT, model_version="m@1")


def row_of(shown: Page, **changes: Any) -> Row:
    """The row that the layout rules make of a page."""
    kept, found = redact(shown, RULES["layout"])
    code, share = found.fund_code, found.hold_share
    values: dict[str, Any] = {
        "id": 7,
        "url_sha256": bytes(32),
        "image_url": "https://pictures.example.com/a.png",
        "url_type": "oss",
        "business_type": "基金",
        "ocr_fund_code": code.value if code else "",
        "ocr_hold_share": share.value if share else "",
        "update_fund_code": "",
        "update_hold_share": "",
        "fund_code": None,
        "hold_share": None,
        "flag": found.reason is None,
        "reason": found.reason and found.reason.value,
        "confidence": 0.99 if code and share else None,
        "label": share.label if share else None,
        "review_state": "open",
        "evidence": {**page_to_json(kept), "answer": answer_of(found, kept)},
        "image_sha256": bytes(32),
        "model_version": "m@1",
        "rules_version": found.rules,
        "row_version": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Row(**(values | changes))
