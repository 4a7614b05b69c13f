"""`/ocr_batch`: takes many links at once, which are kept in the database and read in the
background."""

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from db.access import Role
from db.batches import MOST, Batches
from db.errors import TooManyOpen
from front.access import ANONYMOUS, charge, needs
from front.batch_body import MOST_BYTES, Items, read_items
from front.batch_page import asked_page, page_body
from front.body import read_body
from front.errors import NoSuchBatch, TooManyItems
from front.respond import json_bytes, json_response

blueprint = Blueprint("batches")
# So many items, begun, cost as much of the caller's rate as one request.
ITEMS_OF_A_REQUEST = 100


@blueprint.post("/ocr_batch", name="make_batch", stream=True)
@needs(Role.CALLER)
async def make(request: Request) -> HTTPResponse:
    """Keep a list of items; 202 when it is stored. A bad item fails alone."""
    context = request.app.ctx
    body = await read_body(request, MOST_BYTES)
    paid = _charge(request, len(body) * MOST // MOST_BYTES)
    actor, caller = request.ctx.caller.name, _whose(request)
    items = await context.run_batches(caller, read_items, body)
    _charge(request, len(items.all), paid)
    batch_id = await context.run_batches(caller, _keep, context.batches, items, actor, caller)
    context.batch_worker.wake()
    return json_response(request, {"batch_id": batch_id}, 202)


@blueprint.get("/ocr_batch/<batch_id:str>", name="batch")
@needs(Role.CALLER)
async def show(request: Request, batch_id: str) -> HTTPResponse:
    """How many items are in which state, and each with its answer or error; all of them, or by
    pages (`after`, `limit`)."""
    context = request.app.ctx
    after, limit = asked_page(request)
    page = await context.run_batches(
        _whose(request), page_body, context.batches, batch_id, after, limit, request.ctx.id
    )
    if page is None:
        raise NoSuchBatch
    _charge(request, page.items)
    return json_bytes(request, page.body)


def _keep(batches: Batches, items: Items, actor: str, caller: str) -> str:
    try:
        return batches.create(items.all, actor, items.refused, caller=caller)
    except TooManyOpen as error:
        raise TooManyItems(
            f"You have {error.open:,} items of batches in the queue; with {error.new:,} more there "
            f"would be more than the {error.most:,} that FUNDOCR_OPEN_ITEMS allows at a time.",
            {"open_items": error.open, "most_open_items": error.most},
        ) from None


def _charge(request: Request, items: int, paid: int = 1) -> int:
    """Count so many items on the caller's rate, of which as many requests are counted already; how
    many are then."""
    cost = max(paid, -(-items // ITEMS_OF_A_REQUEST))
    charge(request, cost - paid)
    return cost


def _whose(request: Request) -> str:
    """The name under which turns and open items are counted: the key's, else the address."""
    if request.ctx.caller is not ANONYMOUS:
        return str(request.ctx.caller.name)
    return f"{ANONYMOUS.name}@{request.ctx.counts_as}"[:64]
