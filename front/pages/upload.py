"""The upload page: pictures from a person's own computer, read at once and not kept."""

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from db.access import Role
from front.access import needs
from front.body import add_bodyless, read_body
from front.pages.error_words import ERRORS
from front.pages.failed import in_words
from front.pages.render import language_of, page
from front.pages.texts import LANGUAGES
from front.respond import respond
from pipeline.decode.container import look_at_beginning
from pipeline.errors import NotAPicture, PictureTooLarge

_MEGABYTE = 1024 * 1024


def add_to(blueprint: Blueprint) -> None:
    """The routes of this module."""
    add_bodyless(blueprint, show, "/upload", "upload")
    blueprint.add_route(read, "/upload", methods=["POST"], name="upload_picture", stream=True)


@needs(Role.CORRECTOR)
async def show(request: Request) -> HTTPResponse:
    """The page that takes pictures."""
    limit = request.app.ctx.settings.max_bytes
    too_large = ERRORS[PictureTooLarge.code][LANGUAGES.index(language_of(request))]
    return page(
        request,
        "upload.html",
        max_bytes=limit,
        megabytes=f"{limit / _MEGABYTE:g}",
        too_large=too_large,
    )


@needs(Role.CORRECTOR)
async def read(request: Request) -> HTTPResponse:
    """One picture as the body, its type an image's; the answer that a caller would get."""
    content_type = request.headers.get("content-type", "").lower()
    if not content_type.startswith("image/") or not content_type.isascii():
        raise NotAPicture
    body = await read_body(request, request.app.ctx.settings.max_bytes)
    look_at_beginning(body)
    reply = await request.app.ctx.pictures.read(
        body, "application/octet-stream", request.ctx.counts_as, request_id=request.ctx.id
    )
    return respond(request, in_words(request, reply))
