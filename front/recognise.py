"""`/ocr_handler`, and the same by TorchServe's name. PUT is POST by another name: that is how
`curl -T` sends a picture.

A known link is answered from the table here: it does not wait behind the pictures that are read.
It is looked up together with the caller's key, and told when that is known to be good.
"""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from db.access import Role
from db.lookup import known_row
from front.access import Handler, needs
from front.body import LONGEST_JSON, read_body
from front.forms import picture_form
from front.forward import plain_version
from front.respond import from_table, respond
from pipeline import parse
from pipeline.beginning import is_object, is_picture
from pipeline.decode.container import look_at_beginning
from pipeline.errors import ServiceError
from pipeline.request import Request as Asked
from pipeline.response import row_body

blueprint = Blueprint("recognise")
_PICTURE = "application/octet-stream"
_FORM = "multipart/form-data"
# Bodies up to this length (bytes) are read before the key is looked up: that of every usual link.
_SHORT = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ahead:
    """What was begun before the caller's key was known. row: of the link, when it has come; None
    where nothing is to be looked up. since: monotonic (s).
    """

    body: bytes
    row: asyncio.Future[Any] | None
    since: float


def _looks_ahead(handler: Handler[[]]) -> Handler[[]]:
    """For a handler that answers known links: the link is looked up in the same round trip as the
    caller's key, as `request.ctx.ahead`. Without a key nothing is read ahead.
    """

    @wraps(handler)
    async def looking(request: Request) -> HTTPResponse | None:
        length = request.headers.get("content-length", "")
        is_short = length.isdecimal() and int(length) <= _SHORT
        has_key = "authorization" in request.headers
        if is_short and has_key and _is_called_json(request):
            since, body, row = time.monotonic(), await read_body(request), None
            with suppress(ServiceError):  # it is told in its turn
                asked = _asked(body)
                if not asked.refresh and not asked.dry_run:
                    row = request.app.ctx.lookups.begin_link(asked.identity)
            request.ctx.ahead = _Ahead(body=body, row=row, since=since)
        return await handler(request)

    return looking


@blueprint.put("/ocr_handler", name="recognise_put", stream=True)
@blueprint.post("/ocr_handler", name="recognise", stream=True)
@_looks_ahead
@needs(Role.CALLER)
async def recognise(request: Request) -> HTTPResponse:
    """A picture by link or by bytes."""
    request.ctx.legacy_path = "ocr_handler"
    return await _recognise(request, version=None)


@blueprint.put("/predictions/ocr_handler", name="predict_put", stream=True)
@blueprint.post("/predictions/ocr_handler", name="predict", stream=True)
@_looks_ahead
@needs(Role.CALLER)
async def predict(request: Request) -> HTTPResponse:
    """The same, by TorchServe's name."""
    return await _recognise(request, version=None)


@blueprint.put("/predictions/ocr_handler/<version:str>", name="predict_version_put", stream=True)
@blueprint.post("/predictions/ocr_handler/<version:str>", name="predict_version", stream=True)
@needs(Role.CALLER)
async def predict_version(request: Request, version: str) -> HTTPResponse:
    """The same, by one version of the model."""
    return await _recognise(request, version=plain_version(version))


async def _recognise(request: Request, version: str | None) -> HTTPResponse:
    ahead: _Ahead | None = getattr(request.ctx, "ahead", None)
    given = request.headers.get("content-type", "").strip().lower()
    body = await _body(request, ahead)
    if given.startswith(_FORM):
        form = picture_form(body, request.headers["content-type"])
        picture = form.image
        if form.may_be_link and _is_link(picture):  # as `curl -F data=@link.json` has it
            return await _recognise_link(request, picture, None, version)
        body, content_type = form.encoded()
    elif (
        given.startswith("image/")
        or is_picture(body)
        or (given == _PICTURE and not is_object(body))
    ):
        picture = body
        content_type = _PICTURE  # what kind it is its bytes tell; the caller's text can be long
    else:
        return await _recognise_link(request, body, ahead, version)
    look_at_beginning(picture)
    return await _read(request, version, body, content_type)


async def _body(request: Request, ahead: _Ahead | None) -> bytes:
    """What is called neither a picture nor a form is as short as JSON, or begins as a picture."""
    if ahead is not None:
        return ahead.body
    if _is_called_json(request):
        return await read_body(request, LONGEST_JSON, or_picture=True)
    return await read_body(request)


def _is_link(content: bytes) -> bool:
    return len(content) <= LONGEST_JSON and is_object(content)


async def _recognise_link(
    request: Request, body: bytes, ahead: _Ahead | None, version: str | None
) -> HTTPResponse:
    """A known link is answered from the table, as the handler would; a new one is fetched."""
    since = time.monotonic() if ahead is None else ahead.since
    asked, row = _asked(body), None
    if not asked.dry_run:
        # Asked for a refresh too: with the database away nothing is fetched.
        begun = ahead and ahead.row
        row = await (begun or request.app.ctx.lookups.begin_link(asked.identity))
    if row is None or asked.refresh:
        context, by = request.app.ctx, request.ctx.counts_as
        reply = await context.pictures.read_link(
            asked, by, request_id=request.ctx.id, version=version
        )
        request.ctx.answered_by = "torchserve"
        return respond(request, reply)
    if version is not None:  # which fetches nothing that is known either
        return await _read(request, version, body, content_type="application/json")
    answer = row_body(
        known_row(row),
        source="stored",
        request_id=request.ctx.id,
        elapsed_ms=round((time.monotonic() - since) * 1000),
    )
    return from_table(request, answer)


async def _read(
    request: Request, version: str | None, body: bytes, content_type: str
) -> HTTPResponse:
    """TorchServe's answer to a body as it stands."""
    reply = await request.app.ctx.pictures.read(
        body, content_type, request.ctx.counts_as, request_id=request.ctx.id, version=version
    )
    request.ctx.answered_by = "torchserve"
    return respond(request, reply)


def _asked(body: bytes) -> Asked:
    """What is asked of a link, without the request's id."""
    return _parsed(body) if len(body) <= _SHORT else parse.recognise_link(body, "")


@lru_cache(maxsize=1024)
def _parsed(body: bytes) -> Asked:
    # Those that are known are often asked for again.
    return parse.recognise_link(body, "")


def _is_called_json(request: Request) -> bool:
    """Legacy callers send JSON under any type, or none; only pictures and forms keep theirs."""
    given = request.headers.get("content-type", "").strip().lower()
    return not given.startswith(("image/", _FORM))
