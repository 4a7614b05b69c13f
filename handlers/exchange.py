"""Translates TorchServe's rows and context into our requests, and our answers back."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from pipeline import errors, fetched, parse
from pipeline.beginning import is_picture
from pipeline.errors import ServiceError
from pipeline.request import Correction, Request, given_id
from pipeline.response import error_body, to_json
from pipeline.work import HEADER

log = logging.getLogger(__name__)
T = TypeVar("T")
_PICTURE_TYPES = ("image/", "application/octet-stream")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request of a batch as TorchServe hands it over.

    batch: how many requests came together. describe: whether an operator asks what this version is
    (`GET /models/ocr_handler?customized=true`) and not for an answer. content_type: of the whole
    request, lower case; empty by gRPC. fields: the raw body under `body` (or `data`), or the fields
    of a multipart form or of a gRPC request, and the query's parameters.
    """

    id: str
    index: int
    batch: int
    describe: bool
    content_type: str
    fields: Mapping[str, Any]


def calls(data: Sequence[Mapping[str, Any]] | None, context: Any) -> list[Call]:
    """The batch's requests in order; `data` is None when TorchServe probes a model at load."""
    rows = data or ()
    return [_call(row, context, index, len(rows)) for index, row in enumerate(rows)]


def recognise_request(call: Call) -> Request | ServiceError:
    """The picture that is asked for, by link, by bytes, or by a link with the bytes that the front
    door has fetched; an error is a value. TorchServe's usual clients call a picture `data`, and
    give it no type: `curl -T`, `curl -F data=@…`, gRPC."""
    try:
        if "image" in call.fields:
            content = call.fields["image"]
        else:
            content = _body(call)
            if call.content_type == fetched.CONTENT_TYPE:
                return fetched.unpack(content, call.id)
            if not (call.content_type.startswith(_PICTURE_TYPES) or is_picture(content)):
                return parse.recognise_link(content, call.id)
        return parse.recognise_bytes(
            _bytes(content),
            call.id,
            refresh=_flag(call, "refresh"),
            dry_run=_flag(call, "dry_run"),
        )
    except ServiceError as error:
        return error


def correction(call: Call) -> Correction | ServiceError:
    """The correction that is asked for; an error is a value."""
    try:
        return parse.correction(_body(call), call.id)
    except ServiceError as error:
        return error


def reply(
    context: Any, call: Call, outcome: T | ServiceError, body: Callable[[T], dict[str, Any]]
) -> str:
    """The JSON text of one answer; sets its status and headers, writes its line in the log."""
    if isinstance(outcome, ServiceError):
        status, answer = outcome.status, error_body(outcome, call.id)
        if outcome.retry_after_s is not None:
            context.set_response_header(call.index, "Retry-After", str(outcome.retry_after_s))
    else:
        status, answer = 200, body(outcome)
    context.set_response_status(code=status, phrase=HTTPStatus(status).phrase, idx=call.index)
    context.set_response_content_type(call.index, "application/json; charset=utf-8")
    detail = answer.get("detail", {})
    fields = {
        "request_id": call.id,
        "batch": call.batch,
        "status": status,
        "code": answer.get("code"),
        "row": detail.get("id"),
        "source": detail.get("source"),
        "reason": detail.get("reason"),
        "cause": detail.get("cause"),
        "elapsed_ms": detail.get("elapsed_ms"),
    }
    log.info("answered", extra={"fields": {k: v for k, v in fields.items() if v is not None}})
    return to_json(answer)


def tell_work(context: Any, call: Call, work: int | None) -> None:
    """Say in a header what it took to read this request's picture; None: nothing."""
    if work is not None:
        context.set_response_header(call.index, HEADER, str(work))


@contextmanager
def timed() -> Iterator[Callable[[], int]]:
    """A function that tells the milliseconds since the batch began."""
    started = time.monotonic()
    yield lambda: round((time.monotonic() - started) * 1000)


def _call(row: Mapping[str, Any], context: Any, index: int, batch: int) -> Call:
    headers = {
        name.lower(): value
        for name, value in context.get_all_request_header(index).items()
        if isinstance(value, str)
    }
    given = given_id(headers.get("x-request-id", ""), headers.get("traceparent", ""))
    return Call(
        id=given or context.get_request_id(index),
        index=index,
        batch=batch,
        describe=not row and headers.get("describe") == "True",
        content_type=headers.get("content-type", "").strip().lower(),
        fields=row,
    )


def _body(call: Call) -> bytes:
    # `get(…) or get(…)` would take an empty body for a missing one.
    for name in ("body", "data"):
        if name in call.fields:
            return _bytes(call.fields[name])
    raise errors.NotJson("empty")


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    return str(value).encode("utf-8", "surrogatepass")


def _flag(call: Call, name: str) -> bool:
    return parse.form_flag(_bytes(call.fields.get(name, b"")), name)
