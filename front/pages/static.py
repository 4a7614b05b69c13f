"""Serves the pages' own files: scripts, styles, pictures. What is asked for is looked up by name
among them, so that no text of an address ever becomes a path of this machine."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from front.body import add_bodyless
from front.errors import NoSuchPath
from front.pages.render import STATIC

_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """tag: changes with the content."""

    content: bytes
    content_type: str
    tag: str


def add_to(blueprint: Blueprint) -> None:
    """The route of this module."""
    add_bodyless(blueprint, serve, "/static/<name:path>", "static", methods=("GET", "HEAD"))


async def serve(request: Request, name: str) -> HTTPResponse:
    """One file; a browser that has it already is told so."""
    file = _files().get(name)
    if file is None:
        raise NoSuchPath
    if request.headers.get("if-none-match") == file.tag:
        return HTTPResponse(status=304, headers={"ETag": file.tag})
    return raw(file.content, content_type=file.content_type, headers={"ETag": file.tag})


@cache
def _files() -> dict[str, _File]:
    paths = [path for path in STATIC.rglob("*") if path.is_file()]
    return {path.relative_to(STATIC).as_posix(): _read(path) for path in paths}


def _read(path: Path) -> _File:
    content = path.read_bytes()
    return _File(
        content=content,
        content_type=_TYPES.get(path.suffix, "text/plain; charset=utf-8"),
        tag=f'"{sha256(content).hexdigest()[:32]}"',
    )
