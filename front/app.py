"""The front door: today's two paths in front of TorchServe, every failure in one form.

Until callers have keys it may listen on loopback only.
"""

import ipaddress
import json
import logging
import re
from uuid import uuid4

from sanic import Sanic
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from front.errors import LEGACY_200, from_sanic
from front.forward import Forwarder, Reply, reply_to
from pipeline.errors import InternalError, NotJson
from pipeline.parse import parse_json
from pipeline.settings import Settings, SettingsError

log = logging.getLogger(__name__)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_FORM_FRAME = 64 * 1024


def create_app(settings: Settings, torchserve: str) -> Sanic:
    """The application for one TorchServe at the address `torchserve`.

    SettingsError when it is to listen beyond loopback.
    """
    _require_loopback(settings)
    app = Sanic("front", configure_logging=False)
    app.config.ACCESS_LOG = False
    app.config.REQUEST_MAX_SIZE = settings.max_bytes + _FORM_FRAME
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = 130.0
    app.config.RESPONSE_TIMEOUT = 140
    forwarder = Forwarder(torchserve, settings.home)

    @app.after_server_stop
    async def close(_: Sanic) -> None:
        await forwarder.close()

    @app.on_request
    async def give_id(request: Request) -> None:
        request.ctx.id = _id(request)

    @app.post("/ocr_handler")
    async def recognise(request: Request) -> HTTPResponse:
        flags = {name: request.args.get(name) for name in ("refresh", "dry_run")}
        reply = await forwarder.post(
            "ocr_handler",
            request.body,
            content_type=_content_type(request),
            request_id=request.ctx.id,
            params={name: value for name, value in flags.items() if value},
        )
        return _respond(reply, request, "ocr_handler", settings)

    @app.post("/ocr_info_update")
    async def correct(request: Request) -> HTTPResponse:
        reply = await forwarder.post(
            "ocr_info_update",
            _without_actor(request.body),
            content_type="application/json",
            request_id=request.ctx.id,
        )
        return _respond(reply, request, "ocr_info_update", settings)

    @app.get("/healthz")
    async def alive(_: Request) -> HTTPResponse:
        return raw(b'{"alive":true}', content_type="application/json")

    @app.exception(Exception)
    async def failed(request: Request, error: Exception) -> HTTPResponse:
        if not hasattr(request.ctx, "id"):  # it failed before it was routed
            request.ctx.id = _id(request)
        if isinstance(error, SanicException):
            refused = from_sanic(error)
        else:
            log.error("request %s failed", request.ctx.id, exc_info=error)
            refused = InternalError()
        return _respond(reply_to(refused, request.ctx.id), request, "", settings)

    return app


def _id(request: Request) -> str:
    """The caller's X-Request-Id where it is plain, else one of our own."""
    given = request.headers.get("x-request-id", "") if request.headers else ""
    return given if _REQUEST_ID.fullmatch(given) else uuid4().hex


def _respond(reply: Reply, request: Request, model: str, settings: Settings) -> HTTPResponse:
    is_legacy = settings.legacy_status and reply.code in LEGACY_200.get(model, ())
    headers = {"X-Request-Id": request.ctx.id}
    if reply.retry_after is not None:
        headers["Retry-After"] = reply.retry_after
    return raw(
        reply.body,
        status=200 if is_legacy else reply.status,
        headers=headers,
        content_type="application/json; charset=utf-8",
    )


def _content_type(request: Request) -> str:
    """Today's callers send JSON under any type; only pictures and forms keep theirs."""
    given = request.headers.get("content-type", "")
    is_picture = given.lower().startswith(("image/", "multipart/form-data"))
    return given if is_picture else "application/json"


def _without_actor(body: bytes) -> bytes:
    """Who corrects is not for the caller to say: it will be the name of the key."""
    try:
        fields = parse_json(body)
    except NotJson:
        return body
    fields.pop("actor", None)
    return json.dumps(fields).encode()


def _require_loopback(settings: Settings) -> None:
    host = settings.front_address.rpartition(":")[0].strip("[]")
    if host != "localhost":
        try:
            is_loopback = ipaddress.ip_address(host).is_loopback
        except ValueError:
            is_loopback = False
        if not is_loopback:
            raise SettingsError(
                f"FUNDOCR_FRONT_ADDRESS: {host} is not loopback; without keys for callers the "
                "front door listens on loopback only"
            )
