"""The JSON bodies that callers get: one shape for a page just read and for a stored row.

Everything here is pure; numbers are rounded and never NaN, so that a body always serialises.
"""

import json
import math
from typing import TYPE_CHECKING, Any

from pipeline.errors import ServiceError
from pipeline.plain import escaped
from postprocess.types import Extraction, Found, Page

if TYPE_CHECKING:
    from db.rows import KnownRow, Row

Body = dict[str, Any]

_NOTHING: Body = {
    "fund_code": None,
    "hold_share": None,
    "candidates": {"fund_codes": [], "hold_shares": [], "holdings": []},
    "checks": {},
    "kind": None,
}


def extraction_body(
    extraction: Extraction,
    page: Page,
    *,
    source: str,
    request_id: str | None = None,
    elapsed_ms: int = 0,
) -> Body:
    """`{"flag", "data", "detail"}` of a page that has no row.

    source: `ocr` (just read) or `dry_run`.
    """
    code, share = extraction.fund_code, extraction.hold_share
    return _body(
        flag=extraction.reason is None,
        fund_code=code.value if code else "",
        hold_share=share.value if share else "",
        id=None,
        row_version=None,
        review_state=None,
        source=source,
        reason=extraction.reason and extraction.reason.value,
        request_id=request_id,
        answer=answer_of(extraction, page),
        model_version=page.model_version,
        rules=extraction.rules,
        elapsed_ms=elapsed_ms,
    )


def answer_of(extraction: Extraction, page: Page) -> Body:
    """The part of the detail that comes from the page: `fund_code`, `hold_share`, `candidates`,
    `checks` and `kind`, ready for JSON. A row keeps it as `evidence["answer"]`.

    Confidences have 4 decimals, boxes are four [x, y] in pixels of the page with 1 decimal. Of a
    picture that was turned to be read there is `turned`, too: by how many degrees clockwise.
    """
    code = _only(extraction.fund_codes)
    share = _only(extraction.hold_shares)
    found = {
        "fund_code": code and _found(code),
        "hold_share": share and {"text": share.text, "label": share.label} | _found(share),
        "candidates": {
            "fund_codes": [found.value for found in extraction.fund_codes],
            "hold_shares": [found.value for found in extraction.hold_shares],
            "holdings": [
                {"fund_code": row.fund_code, "name": row.name, "hold_share": row.hold_share}
                for row in extraction.holdings
            ],
        },
        "checks": dict(extraction.checks),
        "kind": extraction.kind and extraction.kind.value,
    }
    return found | ({"turned": page.turned} if page.turned else {})


def row_body(
    row: "Row | KnownRow", *, source: str, request_id: str | None, elapsed_ms: int
) -> Body:
    """`{"flag", "data", "detail"}` of a stored row.

    source: `ocr` (read for this request) or `stored`; a row that a person corrected answers
    `corrected` whatever is passed, with the person's values.
    """
    flag = row.answer_flag
    return _body(
        flag=flag,
        fund_code=row.answer_fund_code,
        hold_share=row.answer_hold_share,
        id=row.id,
        row_version=row.row_version,
        review_state=row.review_state,
        source="corrected" if row.review_state == "corrected" else source,
        reason=None if flag else row.reason,
        request_id=request_id,
        answer=_NOTHING | row.answer,
        model_version=row.model_version,
        rules=row.rules_version,
        elapsed_ms=elapsed_ms,
    )


def error_body(error: ServiceError, request_id: str | None) -> Body:
    """`{"error", "code", "request_id"}` and what the error brings along."""
    return {"error": str(error), "code": error.code, "request_id": request_id} | error.detail


def to_json(body: Body) -> str:
    """Compact JSON on one line, Chinese as it is.

    What no encoding can write (a lone surrogate) or no terminal should show is written as its
    escape (pipeline.plain). ValueError for NaN and infinities.
    """
    return escaped(json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")))


def _body(
    *,
    flag: bool,
    fund_code: str,
    hold_share: str,
    id: int | None,
    row_version: int | None,
    review_state: str | None,
    source: str,
    reason: str | None,
    request_id: str | None,
    answer: Body,
    model_version: str,
    rules: str,
    elapsed_ms: int,
) -> Body:
    return {
        "flag": flag,
        "data": {
            "fund_code": fund_code if flag else "",
            "hold_share": hold_share if flag else "",
        },
        "detail": {
            "id": id,
            "row_version": row_version,
            "review_state": review_state,
            "source": source,
            "reason": reason,
            "request_id": request_id,
            "fund_code": answer["fund_code"],
            "hold_share": answer["hold_share"],
            "candidates": answer["candidates"],
            "checks": answer["checks"],
            "kind": answer["kind"],
            "model_version": model_version or None,
            "rules": rules,
            "elapsed_ms": elapsed_ms,
        }
        | ({"turned": answer["turned"]} if "turned" in answer else {}),
    }


def _only(candidates: tuple[Found, ...]) -> Found | None:
    """Where a single value was found it is shown even if the page as a whole is refused."""
    return candidates[0] if len(candidates) == 1 else None


def _found(found: Found) -> Body:
    return {
        "text": found.text,
        "confidence": _rounded(found.confidence, 4),
        "box": [[_rounded(x, 1), _rounded(y, 1)] for x, y in found.quad],
    }


def _rounded(number: float, places: int) -> float | None:
    """None for what JSON cannot write."""
    return round(float(number), places) if math.isfinite(number) else None
