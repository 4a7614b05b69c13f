"""Builds HTTP responses: JSON in our form, with the replaced service's statuses where asked for."""

import logging
from typing import Any
from uuid import uuid4

from sanic.exceptions import MethodNotAllowed, SanicException
from sanic.request import Request
from sanic.response import BaseHTTPResponse, HTTPResponse, raw

from db.errors import RowNotFound, RowRejected, StoreError
from front import lines
from front.errors import (
    LEGACY_200,
    BadRequest,
    NoKey,
    NoSuchRow,
    RequestTimeout,
    WrongKey,
    from_sanic,
)
from front.forward import Reply
from pipeline.errors import InternalError, ServiceError
from pipeline.request import given_id
from pipeline.response import to_json
from pipeline.review import unavailable

log = logging.getLogger(__name__)
_JSON = "application/json; charset=utf-8"


def give_id(request: Request) -> None:
    """`request.ctx.id`: what the caller calls the request, else a name of our own."""
    headers: Any = request.headers or {}
    given = given_id(headers.get("x-request-id", ""), headers.get("traceparent", ""))
    request.ctx.id = given or uuid4().hex


def complete(request: Request, response: BaseHTTPResponse) -> None:
    """What every answer tells: browsers must not take it for something else. The last one of a
    connection when the front door stops: the next request goes to another.

    Its line is written before it is sent, so that whoever has the answer finds it in the log; that
    of an answer in pieces when the last one is sent (front.app).

    A body in chunks is the last thing that is read of its connection: where it ends is not the
    same to every reader (Sanic takes `5;LF…` and `0x5` for sizes); what follows may be smuggled in.
    """
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if allowed := getattr(request.ctx, "allowed", ""):
        response.headers["Allow"] = allowed
    http: Any = request.stream
    if http is not None and ("transfer-encoding" in request.headers or request.app.ctx.is_stopping):
        http.keep_alive = False
    request.ctx.response = response
    if getattr(response, "body", None) or not hasattr(request.ctx, "begun"):
        lines.log_request(request, response)


def json_response(request: Request, body: dict[str, Any], status: int = 200) -> HTTPResponse:
    """A body of our own."""
    return json_bytes(request, to_json(body).encode(), status)


def json_bytes(request: Request, body: bytes, status: int = 200) -> HTTPResponse:
    """The same as it is sent."""
    headers = {"X-Request-Id": request.ctx.id}
    return raw(body, status=status, headers=headers, content_type=_JSON)


def from_table(request: Request, answer: dict[str, Any]) -> HTTPResponse:
    """A stored answer, for which nothing was read."""
    detail = answer["detail"]
    request.ctx.answered_by = "table"
    request.ctx.facts = {
        "row": detail["id"],
        "source": detail["source"],
        "reason": detail["reason"],
    }
    return json_response(request, answer)


def respond(request: Request, reply: Reply) -> HTTPResponse:
    """A reply as it stands; on the two old paths with the legacy status where that is asked for."""
    request.ctx.code, request.ctx.facts = reply.code, reply.facts
    legacy = LEGACY_200.get(getattr(request.ctx, "legacy_path", ""), frozenset())
    is_legacy = request.app.ctx.settings.legacy_status and reply.code in legacy
    http: Any = request.stream
    if http is not None and (request.app.ctx.is_stopping or reply.status == RequestTimeout.status):
        http.keep_alive = False  # a client that keeps its connection for later would hold up a stop
        http.request_body = None  # and nobody waits for what has not arrived
    headers = {"X-Request-Id": request.ctx.id}
    if reply.retry_after is not None:
        headers["Retry-After"] = reply.retry_after
    if reply.code in (NoKey.code, WrongKey.code):
        headers["WWW-Authenticate"] = "Bearer"
    return raw(
        reply.body, status=200 if is_legacy else reply.status, headers=headers, content_type=_JSON
    )


def refused(request: Request, error: Exception) -> ServiceError:
    """Whatever went wrong as one of our errors; what nobody expected is logged."""
    if isinstance(error, ServiceError):
        return error
    if isinstance(error, SanicException):
        if isinstance(error, MethodNotAllowed):
            request.ctx.allowed = ", ".join(sorted(error.allowed_methods or ()))
        return from_sanic(error, request)
    if isinstance(error, RowNotFound):
        return NoSuchRow()
    if isinstance(error, RowRejected):  # asking again would not help
        return BadRequest(str(error))
    if isinstance(error, StoreError):
        log.warning("request %s: the database: %s", request.ctx.id, error)
        return unavailable(error)
    log.error("request %s failed", request.ctx.id, exc_info=error)
    return InternalError()
