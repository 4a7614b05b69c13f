"""The outcome of a request (`Stored`, `Unstored`), and the JSON body that tells it."""

from dataclasses import dataclass

from db.rows import Row
from pipeline.response import Body, extraction_body, row_body
from postprocess.types import Extraction, Page

CORRECTED = "MySQL中ocr信息更新成功!"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An answer that is committed. source: `ocr` (read just now) or `stored`. is_copy: the link
    was new, and its picture known by another one."""

    row: Row
    source: str
    is_copy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unstored:
    """What this version reads, for a dry run: no row was looked at and none written."""

    page: Page
    extraction: Extraction


Answer = Stored | Unstored


def answer_body(answer: Answer, request_id: str, elapsed_ms: int) -> Body:
    """`{"flag", "data", "detail"}`."""
    if isinstance(answer, Stored):
        return row_body(
            answer.row, source=answer.source, request_id=request_id, elapsed_ms=elapsed_ms
        )
    return extraction_body(
        answer.extraction,
        answer.page,
        source="dry_run",
        request_id=request_id,
        elapsed_ms=elapsed_ms,
    )


def correction_body(row: Row, request_id: str, elapsed_ms: int) -> Body:
    """What a corrector is told: the sentence that legacy callers know, and the row as it is."""
    body = row_body(row, source="corrected", request_id=request_id, elapsed_ms=elapsed_ms)
    return {"congratulations": CORRECTED, "detail": {**body["detail"], "data": body["data"]}}
