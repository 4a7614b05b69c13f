"""Parses multipart forms with a picture, and builds them anew for TorchServe.

TorchServe's own reader of forms is old and slow: one of 6 MB with many fields held it for ten
seconds. What it gets from us has one picture and at most two short fields.
"""

import re
from dataclasses import dataclass
from uuid import uuid4

from multipart import MultipartError, MultipartSegment, PushMultipartParser
from sanic.headers import parse_content_header

from front.errors import BadForm
from pipeline.parse import form_flag

_MOST_PARTS = 15
_LONGEST_HEADER = 4096
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
    fields = _fields(body, boundary)
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


def _fields(body: bytes, boundary: str) -> dict[str, bytes]:
    """Each part by its name; BadForm where one has none or another's, or the end is missing."""
    parser = PushMultipartParser(
        boundary,
        max_header_size=_LONGEST_HEADER,
        max_segment_count=_MOST_PARTS,
        header_charset="latin-1",  # any bytes are some: a file's name may be GBK
    )
    fields: dict[str, bytes] = {}
    name = ""
    try:
        with parser:
            # All of it at once: the parser copies nothing of it but each part's content, once.
            for event in parser.parse(body):
                if isinstance(event, MultipartSegment):
                    name = event.name
                    if not name or name in fields:
                        raise BadForm
                    fields[name] = b""
                elif event:
                    fields[name] += event
    except MultipartError:
        raise BadForm from None
    return fields


def _field(name: str, content: bytes) -> bytes:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + content
