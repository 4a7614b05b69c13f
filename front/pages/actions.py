"""The review page's actions as JSON: correct, confirm, dismiss, undo, and who has a card open.

`front.access` has made sure that the request comes from our own page; the body must call itself
JSON, which no form of another site can.
"""

from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from db.access import Role
from db.queue import QueueItem
from db.rows import Dismissal, ReviewState, Row
from front.access import needs
from front.body import read_body
from front.errors import BadRequest
from front.pages.query import query_of
from front.respond import json_response
from pipeline import errors, parse, review
from pipeline.errors import ServiceError
from pipeline.response import to_json
from pipeline.review import correct

_LONGEST = 16 * 1024
_LONGEST_NOTE = 1000
_WINDOW = 64


def add_to(blueprint: Blueprint) -> None:
    """The routes of this module."""
    for name, handler in (
        ("correct", correct_row),
        ("confirm", confirm_row),
        ("dismiss", dismiss_row),
        ("undo", undo_row),
        ("open", open_row),
    ):
        blueprint.add_route(
            handler, f"/review/<row_id:row>/{name}", methods=["POST"], name=name, stream=True
        )
    blueprint.add_route(leave, "/review/leave", methods=["POST"], name="leave", stream=True)


@needs(Role.CORRECTOR)
async def correct_row(request: Request, row_id: int) -> HTTPResponse:
    """`{"row_version", "fund_code", "hold_share", "note"}`: these are the right values."""
    fields, context = await _fields(request), request.app.ctx
    row = await context.run(context.store.get, id=row_id)
    said = {
        "image_url": row.image_url,
        "update_fund_code": fields.get("fund_code"),
        "update_hold_share": fields.get("hold_share"),
        "row_version": _version(fields),
        "actor": request.ctx.caller.name,
        "note": fields.get("note"),
    }
    correction = parse.correction(to_json(said).encode(), request.ctx.id)
    return _answer(request, await context.run(correct, context.store, correction))


@needs(Role.CORRECTOR)
async def confirm_row(request: Request, row_id: int) -> HTTPResponse:
    """`{"row_version", "note"}`: the answer is right."""
    return await _said(request, row_id, review.confirm)


@needs(Role.CORRECTOR)
async def dismiss_row(request: Request, row_id: int) -> HTTPResponse:
    """`{"row_version", "reason", "note"}`: there is no answer; a note for the reason `other`."""
    fields = await _fields(request)
    try:
        reason = Dismissal(str(fields.get("reason")))
    except ValueError:
        raise BadRequest("reason must be one of " + ", ".join(Dismissal) + ".") from None
    if reason is Dismissal.OTHER and not _note(fields):
        raise BadRequest("The reason other needs a note.")
    return await _said(request, row_id, review.dismiss, fields, reason=reason)


@needs(Role.CORRECTOR)
async def undo_row(request: Request, row_id: int) -> HTTPResponse:
    """`{"row_version"}`: take back what was last said of the row."""
    fields, context = await _fields(request), request.app.ctx
    outcome = await context.run(
        review.undo,
        context.store,
        row_id,
        row_version=_version(fields),
        actor=request.ctx.caller.name,
    )
    return _answer(request, outcome)


@needs(Role.CORRECTOR)
async def open_row(request: Request, row_id: int) -> HTTPResponse:
    """`{"window", "query"}`: this window shows the row. Who else has it open, which version it
    has now, and the row that comes next, which is kept for this window."""
    fields, context = await _fields(request), request.app.ctx
    window = _window(fields)
    row = await context.run(context.store.get, id=row_id)
    name = request.ctx.caller.name
    others = await context.run(context.presence.beat, row_id, window, name)
    following = await _next(request, row_id, window)
    await context.run(context.presence.keep, following.id if following else None, window)
    return json_response(
        request,
        {
            "others": others,
            "row_version": row.row_version,
            "review_state": row.review_state,
            "next": None if following is None else following.id,
        },
    )


@needs(Role.CORRECTOR)
async def leave(request: Request) -> HTTPResponse:
    """`{"window"}`: this window shows no row any more."""
    context = request.app.ctx
    await context.run(context.presence.leave, _window(await _fields(request)))
    return json_response(request, {})


async def _said(
    request: Request,
    row_id: int,
    say: Any,  # noqa: ANN401 — confirm or dismiss of pipeline.review
    fields: dict[str, Any] | None = None,
    **more: object,
) -> HTTPResponse:
    fields = await _fields(request) if fields is None else fields
    context = request.app.ctx
    outcome = await context.run(
        say,
        context.store,
        row_id,
        row_version=_version(fields),
        actor=request.ctx.caller.name,
        note=_note(fields),
        **more,
    )
    return _answer(request, outcome)


async def _next(request: Request, row_id: int, window: str) -> QueueItem | None:
    """The next open row of the filters that nobody else looks at or is about to look at; if there
    is none, the next that somebody does; never this one."""
    context = request.app.ctx
    filter = query_of(request.args).filter(request.app.ctx.settings.zone)
    taken = await context.run(context.presence.taken, window)
    first: QueueItem | None = None
    at = row_id
    for _ in range(len(taken) + 2):
        found: QueueItem | None = await context.run(context.queue.next_open, at, filter)
        if found is None or found.id == row_id or (first and found.id == first.id):
            break
        if found.id not in taken:
            return found
        first, at = first or found, found.id
    return first


def _answer(request: Request, outcome: Row | ServiceError) -> HTTPResponse:
    if isinstance(outcome, ServiceError):
        raise outcome
    is_open = outcome.review_state == ReviewState.OPEN
    return json_response(request, {"detail": {**review.present(outcome), "is_open": is_open}})


async def _fields(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise errors.NotJson
    return parse.parse_json(await read_body(request, _LONGEST))


def _version(fields: dict[str, Any]) -> int:
    version = fields.get("row_version")
    if type(version) is not int or version < 1:
        raise errors.WrongType("row_version must be a whole number from 1.")
    return version


def _note(fields: dict[str, Any]) -> str:
    note = fields.get("note")
    if note is None:
        return ""
    if not isinstance(note, str) or len(note) > _LONGEST_NOTE:
        raise errors.WrongType(f"note must be a text of at most {_LONGEST_NOTE} characters.")
    return note.encode("utf-8", "replace").decode().strip()


def _window(fields: dict[str, Any]) -> str:
    window = fields.get("window")
    if not isinstance(window, str) or not 0 < len(window) <= _WINDOW:
        raise errors.WrongType("window must be a short text.")
    return window
