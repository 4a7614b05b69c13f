"""The queue: rows to look at, narrowed by filters, found by code, link or id."""

from datetime import tzinfo

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, redirect

from db.access import Role
from db.errors import RowNotFound
from db.queue import BadCursor, Queue, QueuePage
from db.rows import UPLOAD, ReviewState
from db.store import Store
from front.access import needs
from front.body import add_bodyless
from front.pages.query import ALL_STATES, Query, asked_query
from front.pages.render import page
from pipeline.url_types import URL_TYPES
from postprocess.types import Reason

ROWS = 50


def add_to(blueprint: Blueprint) -> None:
    """The routes of this module."""
    add_bodyless(blueprint, show, "/review", "queue")


@needs(Role.CORRECTOR)
async def show(request: Request) -> HTTPResponse:
    """One page of the queue."""
    query = asked_query(request.args, "after", "lang")
    shown: HTTPResponse = await request.app.ctx.run_pages(
        request.ctx.counts_as, _shown, request, query
    )
    return shown


def _shown(request: Request, query: Query) -> HTTPResponse:
    store, queue = request.app.ctx.store, request.app.ctx.queue
    if query.row_id is not None and _is_there(store, query.row_id):
        return redirect(f"/review/{query.row_id}", status=303)
    zone = request.app.ctx.settings.zone
    rows, by_prefix = _rows(queue, query, request.args.get("after"), zone)
    counts = queue.counts(query.filter(zone, by_prefix=by_prefix))
    states = {state: counts.get(state, 0) for state in ReviewState}
    return page(
        request,
        "queue.html",
        query=query,
        rows=rows,
        by_prefix=by_prefix,
        states=states | {ALL_STATES: sum(states.values())},
        reasons={reason.value: counts.get(reason, 0) for reason in Reason},
        url_types=(*URL_TYPES, UPLOAD),
    )


def _is_there(store: Store, id: int) -> bool:
    try:
        store.get(id=id)
    except RowNotFound:
        return False
    return True


def _rows(queue: Queue, query: Query, after: str | None, zone: tzinfo) -> tuple[QueuePage, bool]:
    """The page, and whether it was found by the beginning of a link: that is looked for where no
    link is exactly so. An unknown cursor is the first page."""
    if query.search in ("odd", "id"):
        return QueuePage(items=(), next=None), False
    for by_prefix in (False, True) if query.search == "link" else (False,):
        wanted = query.filter(zone, by_prefix=by_prefix)
        try:
            rows = queue.page(wanted, after=after, limit=ROWS)
        except BadCursor:
            rows = queue.page(wanted, limit=ROWS)
        if rows.items:
            return rows, by_prefix
    return rows, False
