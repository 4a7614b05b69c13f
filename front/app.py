"""The front door: today's two paths in front of TorchServe, every failure in one form.

Everything a caller sends is read whole, and within its limits, before anything is handed on.
"""

import asyncio
import json
import logging
import re
from types import SimpleNamespace
from typing import Any, TypeAlias
from uuid import uuid4

from sanic import Sanic
from sanic.config import Config
from sanic.exceptions import BadURL, SanicException
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from front.address import ARRIVAL_SECONDS, FORM_FRAME, GRACEFUL_SECONDS
from front.errors import LEGACY_200, RequestTimeout, from_sanic
from front.forward import Forwarder, Reply, reply_to
from pipeline.errors import InternalError, NotJson, PictureTooLarge, ServiceError
from pipeline.parse import parse_json
from pipeline.settings import Settings

App: TypeAlias = Sanic[Config, SimpleNamespace]
log = logging.getLogger(__name__)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Of a body that is too large this many times the limit are thrown away as they arrive, so that its
# sender gets to read why it is refused; a larger one finds the connection closed.
_SWALLOWED = 10


def create_app(settings: Settings, torchserve: str) -> App:
    """The application for one TorchServe at the address `torchserve`."""
    app = Sanic("front", configure_logging=False, request_class=_Request)
    limit = settings.max_bytes + FORM_FRAME
    app.config.ACCESS_LOG = False
    app.config.REQUEST_MAX_SIZE = limit * _SWALLOWED
    app.config.REQUEST_TIMEOUT = ARRIVAL_SECONDS
    app.config.KEEP_ALIVE_TIMEOUT = ARRIVAL_SECONDS
    app.config.RESPONSE_TIMEOUT = GRACEFUL_SECONDS
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = GRACEFUL_SECONDS
    app.ctx.is_stopping = False
    forwarder = Forwarder(torchserve, settings.home)

    @app.before_server_stop
    async def close_connections(app: App) -> None:
        app.ctx.is_stopping = True

    @app.after_server_stop
    async def close(_: App) -> None:
        await forwarder.close()

    @app.on_request
    async def give_id(request: Request) -> None:
        request.ctx.id = _id(request)

    @app.post("/ocr_handler", stream=True)
    async def recognise(request: Request) -> HTTPResponse:
        reply = await forwarder.post(
            "ocr_handler",
            await _body(request, limit),
            content_type=_content_type(request),
            request_id=request.ctx.id,
        )
        return _respond(reply, request, "ocr_handler", settings)

    @app.post("/ocr_info_update", stream=True)
    async def correct(request: Request) -> HTTPResponse:
        reply = await forwarder.post(
            "ocr_info_update",
            _without_actor(await _body(request, limit)),
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
        if isinstance(error, ServiceError):
            refused = error
        elif isinstance(error, SanicException):
            refused = from_sanic(error, request)
        else:
            log.error("request %s failed", request.ctx.id, exc_info=error)
            refused = InternalError()
        return _respond(reply_to(refused, request.ctx.id), request, "", settings)

    return app


class _Request(Request):
    """A request whose target may be no URL at all (`CONNECT host:port`): it gets its answer too."""

    def __init__(self, url_bytes: bytes, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        try:
            super().__init__(url_bytes, *args, **kwargs)
        except BadURL:
            super().__init__(b"*", *args, **kwargs)


async def _body(request: Request, limit: int) -> bytes:
    """All of the body; PictureTooLarge, or RequestTimeout when it does not arrive in time."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise PictureTooLarge
    parts, size = [], 0
    try:
        async with asyncio.timeout(ARRIVAL_SECONDS):
            while part := await request.stream.read():  # type: ignore[union-attr]
                size += len(part)
                if size > limit:
                    raise PictureTooLarge
                parts.append(part)
    except TimeoutError:
        raise RequestTimeout from None
    return b"".join(parts)


def _id(request: Request) -> str:
    """The caller's X-Request-Id where it is plain, else one of our own."""
    given = request.headers.get("x-request-id", "") if request.headers else ""
    return given if _REQUEST_ID.fullmatch(given) else uuid4().hex


def _respond(reply: Reply, request: Request, model: str, settings: Settings) -> HTTPResponse:
    is_legacy = settings.legacy_status and reply.code in LEGACY_200.get(model, ())
    http: Any = request.stream
    if http is not None and (request.app.ctx.is_stopping or reply.status == RequestTimeout.status):
        http.keep_alive = False  # a client that keeps its connection for later would hold up a stop
        http.request_body = None  # and nobody waits for what has not arrived
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
    return given if is_picture and given.isascii() and given.isprintable() else "application/json"


def _without_actor(body: bytes) -> bytes:
    """Who corrects is not for the caller to say: it will be the name of the key."""
    try:
        fields = parse_json(body)
    except NotJson:
        return body
    fields.pop("actor", None)
    return json.dumps(fields).encode()
