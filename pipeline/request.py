"""The values of a request: a picture by link or bytes, or a correction, already checked."""

import re
from dataclasses import dataclass, field
from hashlib import sha256

from pipeline.fetch.link import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Url:
    """A picture by its link. content: its bytes, where somebody has fetched them already."""

    link: Link
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bytes:
    """A picture that came with the request."""

    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One picture to recognise.

    url_type: one of pipeline.url_types, or `upload`. refresh: read again although a row exists.
    row_version: with refresh, the row that is to take the reading; one that has changed since, or
        is gone, does not. None: whatever it is now.
    dry_run: look at no row and write none.
    """

    id: str
    source: Url | Bytes
    url_type: str
    refresh: bool = False
    row_version: int | None = None
    dry_run: bool = False

    @property
    def identity(self) -> str:
        """The text that names the picture in the table."""
        if isinstance(self.source, Url):
            return self.source.link.text
        return f"upload:sha256:{sha256(self.source.content).hexdigest()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A person's values for one picture, already checked: six digits, and a plain decimal.

    row_version: the version the person looked at; None: whatever it is now.
    """

    id: str
    image_url: str
    fund_code: str
    hold_share: str
    row_version: int | None = None
    actor: str = ""
    note: str = ""


# The name of a request in logs and rows: what its caller calls it, where that is plain.

LONGEST = 64
_PLAIN = re.compile(rf"[A-Za-z0-9._-]{{1,{LONGEST}}}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_NO_TRACE = "0" * 32


def given_id(x_request_id: str, traceparent: str) -> str | None:
    """The caller's X-Request-Id; without one the trace id of the `traceparent` (W3C Trace
    Context); None where neither is of the form that it must have.
    """
    if _PLAIN.fullmatch(x_request_id):
        return x_request_id
    trace = _TRACEPARENT.fullmatch(traceparent)
    return trace[1] if trace and trace[1] != _NO_TRACE else None
