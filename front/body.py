"""Reads a request's body whole and within its limits, before anything is handed on."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from sanic import Blueprint
from sanic.request import Request

from front.errors import RequestTimeout
from pipeline.beginning import is_picture
from pipeline.errors import PictureTooLarge
from serving.front_address import ARRIVAL_SECONDS, FORM_FRAME

# What is shorter than this (bytes) waits for nothing: no link, no usual picture.
_FREE = 512 * 1024
# No JSON of `/ocr_handler` and `/ocr_info_update` is longer (bytes): a link has 2,048 characters, a
# note 1,000. To take ten megabytes of it apart would hold up everybody's answers.
LONGEST_JSON = 64 * 1024


async def read_body(
    request: Request, limit: int | None = None, *, or_picture: bool = False
) -> bytes:
    """All of the body of a `stream=True` handler; PictureTooLarge when it is longer than `limit`
    (bytes; default: a picture in a form), RequestTimeout when it does not arrive in time.

    or_picture: a body that begins as a picture may be as long as one.
    """
    too_large = PictureTooLarge()
    longest = request.app.ctx.settings.max_bytes + FORM_FRAME
    if limit is None:
        limit = longest
    else:
        too_large = PictureTooLarge(
            f"A body that is no picture may have {limit} bytes here at most."
        )
    declared = request.headers.get("content-length", "")
    # (Of ASCII's digits: front.app lets no others through.)
    if declared.isdecimal() and int(declared) > (longest if or_picture else limit):
        raise PictureTooLarge if or_picture else too_large
    parts, size = [], 0
    try:
        async with asyncio.timeout(ARRIVAL_SECONDS):
            while part := await request.stream.read():  # type: ignore[union-attr]
                size += len(part)
                parts.append(part)
                if size > limit and or_picture and is_picture(b"".join(parts)):
                    limit, or_picture, too_large = longest, False, PictureTooLarge()
                if size > limit:
                    raise too_large
                if size > _FREE:
                    await request.app.ctx.pace.keep(_sender(request), len(part))
    except TimeoutError:
        raise RequestTimeout from None
    _watch(request)
    return b"".join(parts)


def _sender(request: Request) -> str:
    """The name under which the bytes count; a log-in has none, and no body of this length."""
    return str(getattr(request.ctx, "counts_as", ""))


def _watch(request: Request) -> None:
    """Notice when the caller leaves: behind a long body Sanic does not read on, and a connection
    that nobody reads is not seen to be closed."""
    with suppress(RuntimeError):  # it is closed by now
        transport: Any = request.transport
        transport.resume_reading()


def add_bodyless(
    blueprint: Blueprint,
    handler: Callable[..., Any],
    uri: str,
    name: str,
    *,
    methods: Sequence[str] = ("GET",),
) -> None:
    """A route whose handler takes no body. Without a word Sanic keeps 100 MB of one for it, before
    it is known who asks."""
    blueprint.route(uri, methods=methods, name=name, ignore_body=True)(handler)
