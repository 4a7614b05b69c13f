"""A link packed with its fetched picture, for the front door to hand to a handler: one line of
JSON, which is the link's own request, and behind it the picture's bytes.

Nobody else writes this form: of a public request the front door hands no content type on.
"""

import json
from dataclasses import replace

from pipeline import errors, parse
from pipeline.request import Request, Url

CONTENT_TYPE = "application/x-fundocr-fetched"


def link_alone(asked: Request) -> bytes:
    """What is asked for, by link, as a caller would write it."""
    fields = {
        "image_url": asked.identity,
        "url_type": asked.url_type,
        "refresh": asked.refresh,
        "row_version": asked.row_version,
        "dry_run": asked.dry_run,
    }
    return json.dumps(fields, ensure_ascii=False).encode()


def pack(asked: Request, content: bytes) -> bytes:
    """The body for a link that was fetched."""
    return link_alone(asked) + b"\n" + content


def unpack(body: bytes, request_id: str) -> Request:
    """What `pack` was given; ServiceError for what it has not written."""
    end = body.find(b"\n")
    if end < 0:
        raise errors.NotJson
    asked = parse.recognise_link(body[:end], request_id)
    assert isinstance(asked.source, Url), "nothing else is asked for by link"
    return replace(asked, source=replace(asked.source, content=body[end + 1 :]))
