"""Every route of the front door with made-up addresses, queries, headers and bodies: pages too."""

import re
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.front.app_routes import routes
from tests.input.conftest import Place, examples
from tests.input.judge import Judge, ask
from tests.input.strange import CONTENT_TYPES, NASTY, TEXTS, bodies, forms, urlencoded

pytest_plugins = ["tests.shared_service_fixtures"]

# For people and their browsers: an answer may be a page, a file, a picture or the way to another.
PAGES = re.compile(r"/(review|upload|numbers|export|static|docs|login|logout)\b.*|/")
NAMES = [
    *("image_url", "id", "q", "state", "reason", "url_type", "label", "model", "rules", "host"),
    *("since", "until", "after", "lang", "days", "fund_code", "hold_share", "token", "next"),
]
GOOD = ["1", "open", "all", "NO_CODE", "oss", "2026-11-01", "#1", "011608", "en", "/review", "30"]
NUMBERS = ["0", "-1", "1", "999999", "9" * 18, "9" * 19, "9" * 40, "9" * 5000, "1.0", "x", "１"]
FIELDS: dict[str, list[Any]] = {
    "row_version": [1],
    "fund_code": ["011608"],
    "hold_share": ["1.5"],
    "note": ["seen"],
    "reason": ["other", "not_a_fund"],
    "window": ["w"],
    "query": [""],
}


def encoded(text: str) -> str:
    """Any text as a part of an address."""
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")


SEGMENTS = st.one_of(
    TEXTS.map(encoded),
    st.binary(min_size=1, max_size=20).map(lambda data: quote_from_bytes(data, safe="")),
    st.sampled_from([*map(encoded, NUMBERS), "..", "%2e%2e", "%2f", "%00", "%2500", "%", "%zz"]),
).map(lambda text: text[:3000] or "1")
QUERIES = st.lists(
    st.tuples(
        st.sampled_from(NAMES) | TEXTS.map(encoded),
        st.sampled_from(GOOD).map(encoded) | SEGMENTS,
    ),
    max_size=4,
).map(lambda pairs: "&".join(f"{name}={value}"[:3000] for name, value in pairs))
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            *["Accept", "Cookie", "X-Request-Id", "Range", "If-Modified-Since", "If-None-Match"],
            *["Accept-Language", "X-Forwarded-For", "Forwarded", "Origin", "Referer", "User-Agent"],
        ]
    ),
    st.binary(max_size=40).map(lambda data: data.replace(b"\r", b"").replace(b"\n", b""))
    | st.sampled_from(
        [
            *[b"text/html", b"*/*", b"bytes=0-", b"bytes=9-1", b"bytes=a-b", b"fundocr_session=x"],
            *[b"fundocr_session=\xff; a=b; =;", b"Thu, 01 Jan 1970 00:00:00 GMT", b"yesterday"],
        ]
    ),
    max_size=3,
)


@pytest.mark.parametrize(("method", "route"), routes(), ids=map(" ".join, routes()))
def test_a_route_answers_whatever_it_is_asked(
    door: Place, judge: Judge, method: str, route: str
) -> None:
    is_page = PAGES.fullmatch(route) is not None
    contents = st.none()
    if method == "POST":
        objects = bodies({**FIELDS, "image_url": door.links, "url_type": ["oss"]})
        contents = objects | st.binary(max_size=200) | forms() | urlencoded()
    # Row 1 is what most of them speak of.
    parts = [st.just("1") | SEGMENTS if ":row" in one else SEGMENTS for one in _parts(route)]

    @examples(14 if method == "POST" else 10)
    @given(
        parts=st.tuples(*parts),
        query=st.just("") | QUERIES,
        body=contents,
        kind=st.just(b"application/json") | st.sampled_from(CONTENT_TYPES),
        headers=HEADERS,
    )
    def run(
        parts: tuple[str, ...],
        query: str,
        body: bytes | None,
        kind: bytes,
        headers: dict[str, bytes],
    ) -> None:
        target = _filled(route, parts) + (f"?{query}" if query else "")
        sent: dict[str, str | bytes] = {**headers, **door.headers}
        if body is not None:
            sent["Content-Type"] = kind
        judge.at_front(
            f"{method} {route}",
            ask(door.front, method, target[:6000], body, sent),
            page=is_page or (method == "GET" and b"text/html" in headers.get("Accept", b"")),
            text=route == "/metrics",
        )

    run()


@pytest.mark.parametrize("name", NASTY)
def test_a_body_that_once_stopped_a_parser(door: Place, judge: Judge, name: str) -> None:
    for method, route in routes():
        if method == "POST":
            target = _filled(route, tuple("1" for _ in _parts(route)))
            headers: dict[str, str | bytes] = {
                **door.headers,
                "Content-Type": "application/json",
            }
            answer = ask(door.front, method, target, NASTY[name], headers)
            judge.at_front(
                f"{method} {route}, nasty", answer, page=PAGES.fullmatch(route) is not None
            )


@pytest.mark.parametrize("kind", [b"image/" + b"x" * 7990, b"image/png; a=" + b"b" * 7990])
def test_a_long_content_type_is_the_callers_affair_alone(
    door: Place, judge: Judge, kind: bytes
) -> None:
    """TorchServe takes 8 KiB of headers, and we add some of our own."""
    headers: dict[str, str | bytes] = {**door.headers, "Content-Type": kind}
    answer = ask(door.front, "POST", "/ocr_handler", b"no picture", headers)
    judge.at_front("POST /ocr_handler, long type", answer)
    assert answer.status == 415


def _parts(route: str) -> list[str]:
    return re.findall(r"<[^>]+>", route)


def _filled(route: str, parts: tuple[str, ...]) -> str:
    filling = iter(parts)
    return re.sub(r"<[^>]+>", lambda _: next(filling), route)
