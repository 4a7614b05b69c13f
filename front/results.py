"""`GET /results`: an answer from the table; never starts a reading."""

import time

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from db.access import Role
from db.errors import RowNotFound
from db.rows import KnownRow, Row
from front.access import needs
from front.errors import BadQuery
from front.respond import from_table
from pipeline.response import row_body

blueprint = Blueprint("results")
# The largest id that both databases have.
_LARGEST_ID = 2**63 - 1


@blueprint.get("/results", name="results")
@needs(Role.CALLER)
async def results(request: Request) -> HTTPResponse:
    """By `image_url`, exactly as it was sent for recognition, or by `id`; 404 where none is."""
    started = time.monotonic()
    row = await _row(request)
    answer = row_body(
        row,
        source="stored",
        request_id=request.ctx.id,
        elapsed_ms=round((time.monotonic() - started) * 1000),
    )
    return from_table(request, answer)


async def _row(request: Request) -> Row | KnownRow:
    context = request.app.ctx
    links = request.args.getlist("image_url", [])
    ids = request.args.getlist("id", [])
    if len(links) == 1 and not ids:
        row: KnownRow | None = await context.lookups.link(links[0])
        if row is None:
            raise RowNotFound
        return row
    if len(ids) == 1 and not links and ids[0].isascii() and ids[0].isdecimal():
        number = int(ids[0]) if len(ids[0]) < 20 else 0
        if 1 <= number <= _LARGEST_ID:
            found: Row = await context.run(context.store.get, id=number)
            return found
    raise BadQuery
