"""The card of one row, its picture, and what changed while it was open."""

import asyncio
from dataclasses import dataclass
from io import BytesIO

import PIL.Image
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from db.access import Role
from db.presence import BEAT_SECONDS
from db.rows import UPLOAD, ReviewState, Row
from db.tables import ON_CARD
from front.access import needs
from front.body import add_bodyless
from front.pages.card_view import card_of
from front.pages.changes import state_at, steps
from front.pages.query import query_of
from front.pages.render import page
from pipeline.decode.image import PixelBudget, Pixels, decode
from pipeline.errors import ServiceError
from pipeline.fetch.fetcher import Fetcher
from pipeline.fetch.link import parse_link
from pipeline.settings import Settings
from pipeline.upright import upright

# The picture of a row, fetched again for the person who looks at it and drawn anew.
#
# Nothing of the file that its host sent reaches the browser, neither headers nor bytes: what was
# decoded is encoded again.

CONTENT_TYPE = "image/jpeg"
# Enough to read the smallest print of a phone's screen; the page's own crops zoom into it.
LONGEST_SIDE = 2600
_QUALITY = 85


class NotKept(ServiceError):
    status, code = 404, "PICTURE_NOT_KEPT"
    message = "Uploaded pictures are not kept."


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture for a browser. same: whether the file is, byte for byte, the one that was read."""

    content: bytes
    same: bool


def picture_of(row: Row, fetcher: Fetcher, settings: Settings, budget: PixelBudget) -> Shown:
    """Fetch, decode and encode, upright as it was read. NotKept for uploads; else the errors of
    Fetcher and decode.

    budget: of the pixels that all pictures have which are drawn at the same time.
    """
    if row.url_type == UPLOAD:
        raise NotKept
    image = decode(fetcher.fetch(parse_link(row.image_url), row.url_type), settings, budget)
    try:
        content = _drawn(upright(image, row.evidence.get("turned", 0)))
    finally:
        budget.release(image.count)
    return Shown(content=content, same=row.image_sha256 is None or row.image_sha256 == image.sha256)


def _drawn(pixels: Pixels) -> bytes:
    """A JPEG of them, no larger than a person needs it."""
    picture = PIL.Image.fromarray(pixels[:, :, ::-1])
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), PIL.Image.Resampling.LANCZOS)
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def add_to(blueprint: Blueprint) -> None:
    """The routes of this module."""
    add_bodyless(blueprint, show, "/review/<row_id:row>", "card")
    add_bodyless(blueprint, picture, "/review/<row_id:row>/picture", "picture")
    add_bodyless(blueprint, changed, "/review/<row_id:row>/changes", "changes")
    add_bodyless(blueprint, done, "/review/done", "done")


@needs(Role.CORRECTOR)
async def show(request: Request, row_id: int) -> HTTPResponse:
    """The card; the filters it was opened from stand in its address and lead to the next one."""
    context, query = request.app.ctx, query_of(request.args)
    row = await context.run(context.store.get, id=row_id)
    counts = await context.run(context.queue.counts, query.filter(context.settings.zone))
    following = await context.run(
        context.queue.next_open, row_id, query.filter(context.settings.zone)
    )
    return page(
        request,
        "card.html",
        card=card_of(row),
        details=ON_CARD,
        query=query,
        left=counts.get(ReviewState.OPEN, 0),
        next_id=None if following is None or following.id == row_id else following.id,
        beat_seconds=BEAT_SECONDS,
    )


@needs(Role.CORRECTOR)
async def picture(request: Request, row_id: int) -> HTTPResponse:
    """The row's picture, fetched now and drawn anew."""
    context = request.app.ctx
    row = await context.run(context.store.get, id=row_id)
    # Not among the database's threads: a picture's host may be slow.
    shown = await asyncio.to_thread(
        picture_of, row, context.fetcher, context.settings, context.picture_budget
    )
    return raw(
        shown.content,
        content_type=CONTENT_TYPE,
        headers={"X-Picture": "same" if shown.same else "other"},
    )


@needs(Role.CORRECTOR)
async def changed(request: Request, row_id: int) -> HTTPResponse:
    """A part of a page: what happened to the row since the version `since`, side by side with
    what stands in the fields now (`fund_code`, `hold_share`)."""
    context = request.app.ctx
    row = await context.run(context.store.get, id=row_id)
    history = await context.run(context.store.history, row_id)
    since = request.args.get("since", "")
    version = int(since) if since.isascii() and since.isdigit() and len(since) < 10 else 0
    return page(
        request,
        "changes.html",
        row=row,
        before=state_at(history, version),
        steps=steps(history, since_version=version),
        typed={name: request.args.get(name, "")[:100] for name in ("fund_code", "hold_share")},
    )


@needs(Role.CORRECTOR)
async def done(request: Request) -> HTTPResponse:
    """There is no further row of these filters."""
    return page(request, "done.html", query=query_of(request.args))
