"""Multipart forms with a picture: taken apart here, and put together anew for TorchServe.

TorchServe's own reader of forms is old and slow: one of 6 MB with many fields held it for ten
seconds. What it gets from us has one picture and at most two short fields.
"""

import re
from dataclasses import dataclass
from uuid import uuid4

from sanic.headers import parse_content_header

from front.errors import BadForm

_MOST_PARTS = 16
_LONGEST_HEAD = 4096
_BOUNDARY = re.compile(r"[!-~](?:[ -~]{0,68}[!-~])?")
_TRUE = (b"true", b"1")


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureForm:
    """The fields that count."""

    image: bytes
    refresh: bool = False
    dry_run: bool = False

    def encoded(self) -> tuple[bytes, str]:
        """Body and content type for TorchServe; the picture alone where nothing else is asked."""
        flags = {"refresh": self.refresh, "dry_run": self.dry_run}
        if not any(flags.values()):
            return self.image, "application/octet-stream"
        boundary = uuid4().hex
        fields = [_field(name, b"true") for name, is_set in flags.items() if is_set]
        parts = [_field('image"; filename="image', self.image), *fields]
        body = b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts)
        return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def picture_form(body: bytes, content_type: str) -> PictureForm:
    """The picture and the flags of a form; BadForm where it is none, or has too many parts."""
    _, options = parse_content_header(content_type)
    boundary = str(options.get("boundary", ""))
    if not _BOUNDARY.fullmatch(boundary):
        raise BadForm
    delimiter = b"\r\n--" + boundary.encode()
    # The first delimiter may stand at the very beginning, without a line before it.
    _, *parts = (b"\r\n" + body).split(delimiter, _MOST_PARTS + 1)
    if len(parts) > _MOST_PARTS or len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise BadForm
    fields: dict[str, bytes] = {}
    for part in parts[:-1]:
        head, found, content = part.partition(b"\r\n\r\n")
        if not found or len(head) > _LONGEST_HEAD:
            raise BadForm
        name = _name(head)
        if name in fields:
            raise BadForm
        fields[name] = content
    if "image" not in fields:
        raise BadForm
    return PictureForm(
        image=fields["image"],
        refresh=fields.get("refresh", b"").strip().lower() in _TRUE,
        dry_run=fields.get("dry_run", b"").strip().lower() in _TRUE,
    )


def _name(head: bytes) -> str:
    for line in head.decode("utf-8", "replace").split("\r\n"):
        key, _, value = line.partition(":")
        if key.strip().lower() == "content-disposition":
            kind, options = parse_content_header(value.strip())
            if kind == "form-data" and options.get("name"):
                return str(options["name"])
    raise BadForm


def _field(name: str, content: bytes) -> bytes:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + content
