"""`/ocr_batch`: many links at once, worked off in the background; kept in the database."""

import json
import time
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from db.batches import Batch, Batches, BatchItem
from db.keys import Role
from db.rows import Row
from db.store import Store
from front.access import needs
from front.body import read_body
from front.errors import BadBatch, NoSuchBatch
from front.respond import json_response
from pipeline.response import row_body

blueprint = Blueprint("batches")
MOST_ITEMS = 1000


@blueprint.post("/ocr_batch", name="make_batch", stream=True)
@needs(Role.CALLER)
async def make(request: Request) -> HTTPResponse:
    """Keep a list of items; 202 when it is stored. A bad item fails alone, when its turn comes."""
    context = request.app.ctx
    items = _items(await read_body(request))
    batch_id = await context.run(context.batches.create, items, request.ctx.caller.name)
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


