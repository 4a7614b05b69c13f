"""`/ocr_batch`: many links at once, worked off in the background; kept in the database."""

import json
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from db.batches import Batches, BatchItem
from db.keys import Role
from db.rows import Row
from db.store import Store
from front.access import needs
from front.body import read_body
from front.errors import BadBatch, NoSuchBatch
from front.respond import json_response
from pipeline import parse
from pipeline.errors import ServiceError, WrongType
from pipeline.response import row_body

blueprint = Blueprint("batches")
MOST_ITEMS = 1000
# Of a refused item as much is kept, to show which it was.
_LONGEST = {"image_url": 2048, "url_type": 16}


@blueprint.post("/ocr_batch", name="make_batch", stream=True)
@needs(Role.CALLER)
async def make(request: Request) -> HTTPResponse:
    """Keep a list of items; 202 when it is stored. A bad item fails alone."""
    context = request.app.ctx
    body = await read_body(request)
    batch_id = await context.run(_keep, context.batches, body, request.ctx.caller.name)
    context.batch_worker.wake()
    return json_response(request, {"batch_id": batch_id}, 202)


@blueprint.get("/ocr_batch/<batch_id:str>", name="batch")
@needs(Role.CALLER)
async def show(request: Request, batch_id: str) -> HTTPResponse:
    """How many items are in which state, and each with its answer or error."""
    context = request.app.ctx
    body = await context.run(_body, context.batches, context.store, batch_id, request.ctx.id)
    if body is None:
        raise NoSuchBatch
    return json_response(request, body)


def _keep(batches: Batches, body: bytes, actor: str) -> str:
    items, refused = _items(body)
    return batches.create(items, actor, refused)


def _items(body: bytes) -> tuple[list[tuple[str, str]], dict[int, dict[str, Any]]]:
    """Link and url_type of each item, and by position the errors of those that are none."""
    try:
        items = json.loads(body)
    except (ValueError, RecursionError):
        raise BadBatch from None
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_ITEMS:
        raise BadBatch
    refused = {}
    for position, item in enumerate(items):
        try:
            _check(item)
        except ServiceError as error:
            refused[position] = {"error": str(error), "code": error.code}
    return [(_text(item, "image_url"), _text(item, "url_type")) for item in items], refused


def _check(item: object) -> None:
    if not isinstance(item, dict):
        raise WrongType("An item of a batch must be a JSON object.")
    asked = parse.recognise_fields(item, "")
    if asked.refresh or asked.dry_run:
        raise WrongType("An item of a batch can ask for neither refresh nor dry_run.")


def _text(item: object, name: str) -> str:
    """What the table can hold of a field, which may be anything in an item that is refused."""
    value = item.get(name) if isinstance(item, dict) else None
    text = value if isinstance(value, str) else ""
    return text.encode("utf-8", "replace").decode()[: _LONGEST[name]]


def _body(batches: Batches, store: Store, batch_id: str, request_id: str) -> dict[str, Any] | None:
    batch = batches.get(batch_id)
    if batch is None:
        return None
    rows = store.find([item.image_url for item in batch.items if item.result_id is not None])
    return {
        "batch_id": batch.id,
        "created_at": batch.created_at.isoformat(),
        "counts": batch.counts,
        "items": [_told(item, rows.get(item.image_url), request_id) for item in batch.items],
    }


def _told(item: BatchItem, row: Row | None, request_id: str) -> dict[str, Any]:
    """One item; its answer is what the table says now, and gone when the row was forgotten."""
    answer = None
    if item.result_id is not None and row is not None:
        answer = row_body(row, source="stored", request_id=request_id, elapsed_ms=0)
    return {
        "position": item.position,
        "image_url": item.image_url,
        "url_type": item.url_type,
        "state": item.state,
        "answer": answer,
        "error": item.error,
    }
