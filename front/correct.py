"""`/ocr_info_update`, and the same by TorchServe's name: a person's values go to the table, as the
review page's do. The model is asked only where its caller names one version of it.
"""

import json
import time
from dataclasses import replace

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from db.access import Role
from front.access import needs
from front.body import LONGEST_JSON, read_body
from front.forward import plain_version
from front.respond import from_table, respond
from pipeline import parse
from pipeline.answer import correction_body
from pipeline.errors import DatabaseUnavailable, ServiceError, UpdateFailed
from pipeline.request import Correction
from pipeline.review import correct as correct_row

blueprint = Blueprint("correct")


@blueprint.post("/ocr_info_update", name="correct", stream=True)
@needs(Role.CORRECTOR)
async def correct(request: Request) -> HTTPResponse:
    """A person's values for a picture."""
    request.ctx.legacy_path = "ocr_info_update"
    return await _correct(request)


@blueprint.post("/predictions/ocr_info_update", name="update", stream=True)
@needs(Role.CORRECTOR)
async def update(request: Request) -> HTTPResponse:
    """The same, by TorchServe's name."""
    return await _correct(request)


@blueprint.post("/predictions/ocr_info_update/<version:str>", name="update_version", stream=True)
@needs(Role.CORRECTOR)
async def update_version(request: Request, version: str) -> HTTPResponse:
    """The same, by one version of the model."""
    return await _correct_by(request, plain_version(version))


async def _correct(request: Request) -> HTTPResponse:
    """Straight to the table, as the review page does: it takes no TorchServe."""
    asked, since, context = await _correction(request), time.monotonic(), request.app.ctx
    try:
        outcome = await context.run(correct_row, context.store, asked)
    except DatabaseUnavailable:  # no thread was free in time
        raise UpdateFailed from None
    if isinstance(outcome, ServiceError):
        raise outcome
    elapsed_ms = round((time.monotonic() - since) * 1000)
    return from_table(request, correction_body(outcome, request.ctx.id, elapsed_ms))


async def _correct_by(request: Request, version: str) -> HTTPResponse:
    """By one version of the model, which its caller has asked for."""
    asked = await _correction(request)
    fields = {
        "image_url": asked.image_url,
        "update_fund_code": asked.fund_code,
        "update_hold_share": asked.hold_share,
        "row_version": asked.row_version,
        "note": asked.note,
        "actor": asked.actor,
    }
    request.ctx.answered_by = "torchserve"
    reply = await request.app.ctx.forwarder.post(
        "ocr_info_update",
        json.dumps(fields).encode(),
        content_type="application/json",
        request_id=request.ctx.id,
        version=version,
    )
    return respond(request, reply)


async def _correction(request: Request) -> Correction:
    """A correction of the body; the actor is not for the caller to say."""
    asked = parse.correction(await read_body(request, LONGEST_JSON), request.ctx.id)
    return replace(asked, actor=request.ctx.caller.name)
