"""The queue: rows to look at, narrowed by filters, found by code, link or id."""

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, redirect

from db.errors import RowNotFound
from db.keys import Role
from db.queue import BadCursor, QueuePage
from db.rows import ReviewState
from front.access import needs
from front.body import add_bodyless
from front.pages.listing import ALL_STATES, URL_TYPES, Query, asked_query
from front.pages.render import page
from postprocess.types import Reason

ROWS = 50


def add_to(blueprint: Blueprint) -> None:
    """The routes of this module."""
    add_bodyless(blueprint, show, "/review", "queue")


@needs(Role.CORRECTOR)
async def show(request: Request) -> HTTPResponse:
    """One page of the queue."""
    query = asked_query(request.args, "after", "lang")
    if query.row_id is not None and (found := await _by_id(request, query)):
        return found
    rows, by_prefix = await _rows(request, query)
    run, queue = request.app.ctx.run, request.app.ctx.queue
    counts = await run(queue.counts, query.filter(by_prefix=by_prefix))
    states = {state: counts.get(state, 0) for state in ReviewState}
    return page(
        request,
        "queue.html",
        query=query,
        rows=rows,
        by_prefix=by_prefix,
        states=states | {ALL_STATES: sum(states.values())},
        reasons={reason.value: counts.get(reason, 0) for reason in Reason},
        url_types=URL_TYPES,
    )


async def _by_id(request: Request, query: Query) -> HTTPResponse | None:
    try:
        await request.app.ctx.run(request.app.ctx.store.get, id=query.row_id)
    except RowNotFound:
        return None
    return redirect(f"/review/{query.row_id}", status=303)


async def _rows(request: Request, query: Query) -> tuple[QueuePage, bool]:
    """The page, and whether it was found by the beginning of a link: that is looked for where no
    link is exactly so. An unknown cursor is the first page."""
    if query.search in ("odd", "id"):
        return QueuePage(items=(), next=None), False
    run, queue = request.app.ctx.run, request.app.ctx.queue
    after = request.args.get("after")
    for by_prefix in (False, True) if query.search == "link" else (False,):
        wanted = query.filter(by_prefix=by_prefix)
        try:
            rows = await run(queue.page, wanted, after=after, limit=ROWS)
        except BadCursor:
            rows = await run(queue.page, wanted, limit=ROWS)
        if rows.items:
            return rows, by_prefix
    return rows, False
