"""The front door's log: one JSON line for each request, and for what goes wrong beside them.

Nothing that a caller or a picture says stands in it: no query, no link, no text, no address.
"""

import logging
import os
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from sanic.request import Request
from sanic.response import BaseHTTPResponse

from pipeline.logs import JsonLine, json_line

_STANDARD_ERROR = 2
# What a request is told as whose caller went away before its answer, as nginx calls it.
LEFT = 499


def log_as_json() -> None:
    """All of this process's records to standard error; the libraries' only from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLine())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in ("db", "front", "pipeline"):
        logging.getLogger(name).setLevel(logging.INFO)


def begin(request: Request) -> None:
    """From here on the request takes time."""
    request.ctx.begun = time.perf_counter()


def log_request(request: Request, response: BaseHTTPResponse | None) -> None:
    """Write the request's line and count it, once; response: None where nobody waited for it."""
    context = request.ctx
    if getattr(context, "is_logged", False):
        return
    context.is_logged = True
    seconds = time.perf_counter() - getattr(context, "begun", time.perf_counter())
    route, status = route_of(request), LEFT if response is None else response.status
    code = getattr(context, "code", None)
    source = getattr(context, "answered_by", "front")
    request.app.ctx.metrics.answered(route, status, code, source, seconds)
    body = getattr(response, "body", None)
    fields: dict[str, Any] = {
        "request_id": getattr(context, "id", None),
        "method": request.method if request.route else None,
        "route": route,
        "status": status,
        "code": code,
        "caller": _name(context),
        "answered_by": source,
        **getattr(context, "facts", {}),
        "elapsed_ms": round(seconds * 1000, 1),
        "bytes_in": _length(request),
        "bytes_out": None if body is None else len(body),
    }
    known = {name: value for name, value in fields.items() if value is not None}
    level = "ERROR" if status >= 500 else "INFO"
    # Not by way of logging, which takes three times as long: known links are answered in less than
    # a millisecond. One write to standard error is one line, whoever else writes to it.
    line = json_line(datetime.now(UTC), level, __name__, "answered", known) + "\n"
    with suppress(OSError):  # a full disk
        os.write(_STANDARD_ERROR, line.encode("utf-8", "replace"))


def route_of(request: Request) -> str:
    """The route's own text, `/review/<row_id:row>`; `other` for all that is none."""
    return "other" if request.route is None else str(request.route.uri)


def _name(context: Any) -> str | None:  # noqa: ANN401 — what Sanic keeps of a request
    caller = getattr(context, "caller", None)
    return None if caller is None else str(caller.name)


def _length(request: Request) -> int | None:
    """Of the body, as the caller says."""
    length = request.headers.get("content-length", "") if request.headers else ""
    return int(length) if length.isascii() and length.isdecimal() and len(length) < 12 else None
