"""Builds what is stored of a page and of what the rules say of it."""

from dataclasses import replace

from db.rows import NewReading
from pipeline.decode.image import Image
from pipeline.request import LONGEST, Request
from pipeline.response import answer_of
from postprocess.evidence import page_to_json
from postprocess.types import Extraction, Page


def new_reading(request: Request, image: Image, page: Page, extraction: Extraction) -> NewReading:
    """The row of a picture that was just read."""
    reading = reading_of(
        page,
        extraction,
        identity=request.identity,
        url_type=request.url_type,
        image_sha256=image.sha256,
        refresh=request.refresh,
        request_id=request.id[:LONGEST] or None,
    )
    return replace(reading, row_version=request.row_version)


def reading_of(
    page: Page,
    extraction: Extraction,
    *,
    identity: str,
    url_type: str,
    image_sha256: bytes | None,
    refresh: bool,
    request_id: str | None = None,
) -> NewReading:
    """A settled page and its decision."""
    code, share = extraction.fund_code, extraction.hold_share
    return NewReading(
        identity=identity,
        url_type=url_type,
        image_sha256=image_sha256,
        ocr_fund_code=code.value if code else "",
        ocr_hold_share=share.value if share else "",
        flag=extraction.reason is None,
        reason=extraction.reason,
        confidence=min(code.confidence, share.confidence) if code and share else None,
        label=share.label if share else None,
        evidence={**page_to_json(page), "answer": answer_of(extraction, page)},
        model_version=page.model_version,
        rules_version=extraction.rules,
        refresh=refresh,
        request_id=request_id,
    )
