"""Builds the answer of `GET /ocr_batch/<id>`: a page of a batch, as the bytes that are sent.

It is made beside the event loop, item by item: to write a thousand answers in one go would keep all
other threads waiting until it is done.
"""

from dataclasses import dataclass
from typing import Any

from sanic.request import Request

from db.batch_rows import BatchItem
from db.batches import MOST, Batches
from db.rows import KnownRow
from front.errors import BadQuery
from pipeline.response import row_body, to_json

# A position that no batch has, and every database can compare.
_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPage:
    """body: JSON. items: how many are on it."""

    body: bytes
    items: int


def asked_page(request: Request) -> tuple[int, int]:
    """`after`, -1 where it is not given, and `limit`; BadQuery."""
    after = _number(request, "after", -1, 0, _LARGEST)
    return after, _number(request, "limit", MOST, 1, MOST)


def page_body(
    batches: Batches, batch_id: str, after: int, limit: int, request_id: str
) -> BatchPage | None:
    """At most `limit` items of those after a position; None: there is no such batch."""
    batch = batches.get(batch_id, after=after, limit=limit)
    if batch is None:
        return None
    head = {
        "batch_id": batch.id,
        "created_at": batch.created_at.isoformat(),
        "counts": batch.counts,
        "next": batch.next,
    }
    items = [
        to_json(_item(item, batch.rows.get(item.position), request_id)) for item in batch.items
    ]
    text = f'{to_json(head)[:-1]},"items":[{",".join(items)}]}}'
    return BatchPage(body=text.encode(), items=len(items))


def _item(item: BatchItem, row: KnownRow | None, request_id: str) -> dict[str, Any]:
    """One item; its answer is what the table says now, and gone when the row was forgotten."""
    answer = None
    if row is not None:
        answer = row_body(row, source="stored", request_id=request_id, elapsed_ms=0)
    return {
        "position": item.position,
        "image_url": item.image_url,
        "url_type": item.url_type,
        "state": item.state,
        "answer": answer,
        "error": item.error,
    }


def _number(request: Request, name: str, default: int, least: int, most: int) -> int:
    given = request.args.getlist(name, [])
    if not given:
        return default
    text = str(given[0])
    if len(given) == 1 and text.isascii() and text.isdecimal() and len(text) <= len(str(most)):
        number = int(text)
        if least <= number <= most:
            return number
    raise BadQuery(f"{name} must be one whole number from {least} to {most:,}.")
