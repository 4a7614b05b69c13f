"""Multipart forms with a picture: taken apart here, and put together anew for TorchServe.

TorchServe's own reader of forms is old and slow: one of 6 MB with many fields held it for ten
seconds. What it gets from us has one picture and at most two short fields.
"""

import re
from dataclasses import dataclass
from uuid import uuid4

from sanic.headers import parse_content_header

from front.errors import BadForm
from pipeline.parse import form_flag

_MOST_PARTS = 16
_LONGEST_HEAD = 4096
_BOUNDARY = re.compile(r"[!-~](?:[ -~]{0,68}[!-~])?")
# What the picture's field is called: ours, and where that is not there TorchServe's usual clients'
# (`-F data=@…`), who send a link's JSON so too.
_IMAGE, _OTHERS = "image", ("data", "body")


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureForm:
    """The fields that count. may_be_link: the picture's field may hold a link's JSON."""

    image: bytes
    may_be_link: bool = False
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
    """The picture and the flags of a form; BadForm where it is none, or has too many parts,
    WrongType for a flag that is none."""
    _, options = parse_content_header(content_type)
    boundary = str(options.get("boundary", ""))
    if not _BOUNDARY.fullmatch(boundary):
        raise BadForm
    fields: dict[str, bytes] = {}
    for start, end in _parts(body, b"\r\n--" + boundary.encode()):
        head_end = body.find(b"\r\n\r\n", start, min(start + _LONGEST_HEAD + 4, end))
        if head_end < 0:
            raise BadForm
        name = _name(body[start:head_end])
        if name in fields:
            raise BadForm
        fields[name] = body[head_end + 4 : end]
    if fields.get("row_version", b"").strip():
        raise BadForm("row_version is for links: a form's picture is stored as what it is.")
    names = [_IMAGE] if _IMAGE in fields else [name for name in _OTHERS if name in fields]
    if len(names) != 1:
        raise BadForm
    return PictureForm(
        image=fields[names[0]],
        may_be_link=names[0] != _IMAGE,
        refresh=form_flag(fields.get("refresh", b""), "refresh"),
        dry_run=form_flag(fields.get("dry_run", b""), "dry_run"),
    )


def _parts(body: bytes, delimiter: bytes) -> list[tuple[int, int]]:
    """Where each part stands in the body, which is megabytes: nothing of it is copied, nor looked
    at beyond the first part that is too many. BadForm also where the end is missing."""
    # The first delimiter may stand at the very beginning, without a line before it.
    at = -2 if body.startswith(delimiter[2:]) else body.find(delimiter)
    if at == -1:
        raise BadForm
    parts: list[tuple[int, int]] = []
    while True:
        start = at + len(delimiter)
        at = body.find(delimiter, start)
        if at < 0:
            break
        parts.append((start, at))
        if len(parts) == _MOST_PARTS:
            raise BadForm
    if not parts or not body.startswith(b"--", start):
        raise BadForm
    return parts


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
