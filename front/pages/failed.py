"""Shows an error: a page for a browser, JSON for programs, JSON with a sentence in their
language for our pages' own scripts."""

from dataclasses import replace

from sanic.request import Request
from sanic.response import HTTPResponse

from front.access import asks_for_page
from front.forward import Reply, reply_to
from front.pages.error_words import ERRORS
from front.pages.render import add_headers, language_of, page, told_language
from front.pages.texts import LANGUAGES, has_text, text
from front.respond import give_id, refused, respond
from pipeline.errors import ServiceError
from pipeline.response import to_json


async def failed(request: Request, error: Exception) -> HTTPResponse:
    """What went wrong: a page for a browser that asked for a page, else in the form of the front
    door, for our pages' own scripts with a sentence in their language."""
    if not hasattr(request.ctx, "id"):  # it failed before it was routed
        give_id(request)
    why = refused(request, error)
    if not asks_for_page(request):
        reply = reply_to(why, request.ctx.id)
        is_ours = getattr(request.ctx, "is_for_people", False)
        return respond(request, in_words(request, reply, type(why)) if is_ours else reply)
    request.ctx.code = why.code
    words = _words(language_of(request), why.code, type(why)) or str(why)
    answer = page(
        request, "error.html", why.status, error=why, words=words, request_id=request.ctx.id
    )
    answer.headers["X-Request-Id"] = request.ctx.id
    if why.retry_after_s is not None:
        answer.headers["Retry-After"] = str(why.retry_after_s)
    add_headers(request, answer)
    return answer


def in_words(request: Request, reply: Reply, kind: type[ServiceError] = ServiceError) -> Reply:
    """An error with its sentence in the language of the page that asks; as it is where none asks.

    kind: some kinds have a sentence of their own, which says more than their code.
    """
    language = told_language(request)
    words = language and reply.code and _words(language, reply.code, kind)
    if not words:
        return reply
    content = {**reply.content, "error": words}
    return replace(reply, content=content, body=to_json(content).encode())


def _words(language: str, code: str, kind: type[ServiceError]) -> str | None:
    """None for a code that is newer than this page."""
    key = f"error_{kind.__name__}"
    if has_text(key):
        return text(language, key)
    return ERRORS[code][LANGUAGES.index(language)] if code in ERRORS else None
