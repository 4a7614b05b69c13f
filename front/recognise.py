"""Today's two paths, and the same by TorchServe's names for them.

A known link is answered from the table here: it does not wait behind the pictures that are read.
"""

import json
import re
import time

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from db.keys import Role
from front.access import needs
from front.body import read_body
from front.errors import NoSuchPath
from front.forms import picture_form
from front.respond import json_response, respond
from pipeline import parse
from pipeline.response import row_body

blueprint = Blueprint("recognise")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


@blueprint.post("/ocr_handler", name="recognise", stream=True)
@needs(Role.CALLER)
async def recognise(request: Request) -> HTTPResponse:
    """A picture by link or by bytes."""
    request.ctx.legacy_path = "ocr_handler"
    return await _recognise(request, version=None)


@blueprint.post("/predictions/ocr_handler", name="predict", stream=True)
@needs(Role.CALLER)
async def predict(request: Request) -> HTTPResponse:
    """The same, by TorchServe's name."""
    return await _recognise(request, version=None)


@blueprint.post("/predictions/ocr_handler/<version:str>", name="predict_version", stream=True)
@needs(Role.CALLER)
async def predict_version(request: Request, version: str) -> HTTPResponse:
    """The same, by one version of the model."""
    return await _recognise(request, version=_plain(version))


@blueprint.post("/ocr_info_update", name="correct", stream=True)
@needs(Role.CORRECTOR)
async def correct(request: Request) -> HTTPResponse:
    """A person's values for a picture."""
    request.ctx.legacy_path = "ocr_info_update"
    return await _correct(request, version=None)


@blueprint.post("/predictions/ocr_info_update", name="update", stream=True)
@needs(Role.CORRECTOR)
async def update(request: Request) -> HTTPResponse:
    """The same, by TorchServe's name."""
    return await _correct(request, version=None)


@blueprint.post("/predictions/ocr_info_update/<version:str>", name="update_version", stream=True)
@needs(Role.CORRECTOR)
async def update_version(request: Request, version: str) -> HTTPResponse:
    """The same, by one version of the model."""
    return await _correct(request, version=_plain(version))


async def _recognise(request: Request, version: str | None) -> HTTPResponse:
    body = await read_body(request)
    content_type = _content_type(request)
    if content_type.lower().startswith("multipart/form-data"):
        body, content_type = picture_form(body, content_type).encoded()
    elif content_type == "application/json" and version is None:
        known = await _known(request, body)
        if known is not None:
            return known
    reply = await request.app.ctx.forwarder.post(
        "ocr_handler",
        body,
        content_type=content_type,
        request_id=request.ctx.id,
        version=version,
    )
    return respond(request, reply)


async def _known(request: Request, body: bytes) -> HTTPResponse | None:
    """The answer of a known link, the same that the handler gives; None where it has to read."""
    started = time.monotonic()
    asked = parse.recognise_link(body, request.ctx.id)
    if asked.refresh or asked.dry_run:
        return None
    rows = await request.app.ctx.run(request.app.ctx.store.find, [asked.identity])
    if asked.identity not in rows:
        return None
    answer = row_body(
        rows[asked.identity],
        source="stored",
        request_id=request.ctx.id,
        elapsed_ms=round((time.monotonic() - started) * 1000),
    )
    return json_response(request, answer)


async def _correct(request: Request, version: str | None) -> HTTPResponse:
    correction = parse.correction(await read_body(request), request.ctx.id)
    fields = {
        "image_url": correction.image_url,
        "update_fund_code": correction.fund_code,
        "update_hold_share": correction.hold_share,
        "row_version": correction.row_version,
        "note": correction.note,
        # Who corrects is not for the caller to say.
        "actor": request.ctx.caller.name,
    }
    reply = await request.app.ctx.forwarder.post(
        "ocr_info_update",
        json.dumps(fields).encode(),
        content_type="application/json",
        request_id=request.ctx.id,
        version=version,
    )
    return respond(request, reply)


def _content_type(request: Request) -> str:
    """Today's callers send JSON under any type; only pictures and forms keep theirs."""
    given = request.headers.get("content-type", "")
    is_picture = given.lower().startswith(("image/", "multipart/form-data"))
    return given if is_picture and given.isascii() and given.isprintable() else "application/json"


def _plain(version: str) -> str:
    if not _VERSION.fullmatch(version):
        raise NoSuchPath
    return version
