"""Renders templates to pages: language, escaping, and the headers that every page has."""

import re
from datetime import datetime
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from sanic.request import Request
from sanic.response import HTTPResponse, html

from front.pages.texts import LANGUAGES, has_text, text, unfilled

FOLDER = Path(__file__).parent.parent
STATIC = FOLDER / "static"
LANGUAGE_COOKIE = "fundocr_lang"
_YEAR_SECONDS = 365 * 24 * 3600
_QUALITY = re.compile(r"q=([01](?:\.[0-9]{0,3})?)")
# Scripts, styles and pictures from here alone, nothing inside the page; `blob:` are pictures that
# a script has fetched from here.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTTPResponse:  # noqa: ANN401
    """A page in the language of the request."""
    asked = request.args.get("lang")
    values = {"caller": getattr(request.ctx, "caller", None)} | values
    answer = html(
        rendered(
            template,
            language_of(request),
            zone=request.app.ctx.settings.zone,
            path=request.path,
            switch=_switch(request),
            **values,
        ),
        status=status,
    )
    if asked in LANGUAGES:
        answer.add_cookie(
            LANGUAGE_COOKIE,
            asked,
            path="/",
            max_age=_YEAR_SECONDS,
            samesite="Lax",
            secure=request.app.ctx.proxies.is_https(request),
            httponly=True,
        )
    return answer


def language_of(request: Request) -> str:
    """What the address asks for, else the cookie, else the browser; else Chinese."""
    return told_language(request) or LANGUAGES[0]


def told_language(request: Request) -> str | None:
    """The same, None where nothing tells, as with a program."""
    for language in (request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if language in LANGUAGES:
            return str(language)
    return accepted_language(request.headers.get("accept-language", ""))


def accepted_language(header: str) -> str | None:
    """That of ours which an Accept-Language likes best; None where it names none of them."""
    best, found = 0.0, None
    for part in header.split(","):
        tag, _, weight = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        quality = _QUALITY.fullmatch(weight.strip() or "q=1")
        if language in LANGUAGES and quality and float(quality[1]) > best:
            best, found = float(quality[1]), language
    return found


def rendered(template: str, language: str, *, zone: ZoneInfo, **values: Any) -> str:  # noqa: ANN401
    """The text of a page. zone: by whose clock its times are."""

    def t(key: str, **filled: object) -> str:
        return text(language, key, **filled)

    def name_of(kind: str, value: object) -> str:
        """The word for a value of a fixed list; the value itself where there is no word yet."""
        key = f"{kind}_{value or ''}" if kind else str(value)
        return t(key) if has_text(key) else str(value)

    return (
        _environment(zone)
        .get_template(template)
        .render(
            t=t,
            unfilled=partial(unfilled, language),
            name_of=name_of,
            language=language,
            zone=zone.key,
            **values,
        )
    )


def add_headers(request: Request, response: HTTPResponse) -> None:
    """For every answer of these pages: nothing foreign runs in it, nobody frames it, no proxy or
    disk keeps it."""
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("X-Frame-Options", "DENY")
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    is_static = request.path.startswith("/static/")
    response.headers.setdefault("Cache-Control", "no-cache" if is_static else "no-store")


@cache
def _environment(zone: ZoneInfo) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "moment": partial(_moment, zone=zone),
        "share": shown_share,
        "percent": _percent,
        "place": _place,
        "coded": _coded,
    }
    return environment


def _switch(request: Request) -> str:
    """The address of this page in the other language."""
    other = LANGUAGES[1 - LANGUAGES.index(language_of(request))]
    pairs = [
        (name, value) for name, values in request.args.items() if name != "lang" for value in values
    ]
    return f"{request.path}?{urlencode([*pairs, ('lang', other)])}"


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def shown_share(number: object) -> str:
    """A plain decimal with separators before the point. A text's digits stay as they are; of a
    Decimal, which has the four places of its column, empty ones beyond the second are left out."""
    whole, point, rest = str(number).partition(".")
    if isinstance(number, Decimal):
        rest = rest[:2] + rest[2:].rstrip("0")
    return f"{int(whole):,}{point}{rest}" if whole.isascii() and whole.isdigit() else str(number)


def _percent(part: float) -> str:
    return f"{part * 100:.1f}%"


def _coded(words: str) -> Markup:
    """Words with what stands in backticks as code."""
    parts = str(escape(words)).split("`")
    return Markup("".join(f"<code>{one}</code>" if n % 2 else one for n, one in enumerate(parts)))  # noqa: S704


def _place(url: str) -> str:
    """A link for lists: without its query, which is long and a signature."""
    if url.startswith("upload:"):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return f"{parts.netloc}{parts.path}"
