"""Pages of other sites: they can have nothing changed in a visitor's name, and show none of our
pages inside their own.
"""

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from db.access import Role
from front.pages.render import FOLDER
from tests.front.in_process import lone_front_in_process
from tests.security.conftest import Door
from tests.security.table import SAFE, TABLE

CHANGING = sorted(key for key in TABLE if key[0] not in SAFE)
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "{own}"},
]
changing = pytest.mark.parametrize(("method", "path"), CHANGING, ids=list(map(" ".join, CHANGING)))
foreign = pytest.mark.parametrize("said", FOREIGN, ids=str)


def headers_of(said: dict[str, str], url: str) -> dict[str, str]:
    return {name: text.format(own=url) for name, text in said.items()}


@changing
@foreign
def test_a_session_cannot_be_used_from_another_site(
    door: Door, state: Callable[[], list[Any]], method: str, path: str, said: dict[str, str]
) -> None:
    route, before = TABLE[method, path], state()
    answer = door.ask(
        method,
        route.target,
        json=route.body,
        cookies=door.cookies[Role.ADMIN],
        headers=headers_of(said, door.url),
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "CROSS_SITE")
    assert state() == before


@changing
def test_a_session_is_of_no_use_where_the_browser_does_not_tell_whose_page_it_is(
    door: Door, method: str, path: str
) -> None:
    route = TABLE[method, path]
    answer = door.ask(method, route.target, json=route.body, cookies=door.cookies[Role.ADMIN])
    if path != "/login":  # whoever sends a key along needs no session
        assert (answer.status_code, answer.json()["code"]) == (403, "CROSS_SITE")


@pytest.fixture(scope="module")
def open_door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A front door that asks nobody on this machine for a key."""
    home = tmp_path_factory.mktemp("open")
    with lone_front_in_process(home, FUNDOCR_OSS_HOSTS="pictures.invalid") as url:
        yield url


@changing
@foreign
def test_an_address_that_needs_no_key_cannot_be_used_from_another_site(
    open_door: str, method: str, path: str, said: dict[str, str]
) -> None:
    route = TABLE[method, path]
    answer = requests.request(
        method,
        open_door + route.target,
        json=route.body,
        headers=headers_of(said, open_door),
        timeout=60,
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "CROSS_SITE")


class Inside(HTMLParser):
    """What of a page would run, or be fetched from elsewhere, if somebody could write it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.tags = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags += 1
        given = {name: value or "" for name, value in attrs}
        if tag in ("style", "iframe", "object", "embed", "base", "applet"):
            self.faults.append(f"<{tag}>")
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.faults.append("<script> without src")
        for name, value in given.items():
            if name == "style" or name.startswith("on") or name in ("srcdoc", "formaction"):
                self.faults.append(f"<{tag} {name}>")
            if name in ("src", "href", "action", "poster", "xlink:href") and _leads_away(value):
                self.faults.append(f"<{tag} {name}={value!r}>")


def _leads_away(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.scheme or parts.netloc) or address.startswith("//")


PAGES = sorted(
    one.target
    for (method, _), one in TABLE.items()
    if method == "GET" and "static" not in one.target
)
OTHERS = ["/review/999999", "/review?q=x&state=all", "/review/1?lang=en", "/login?token=used"]


@pytest.mark.parametrize("target", [*PAGES, *OTHERS])
@pytest.mark.parametrize("role", [Role.CALLER, Role.CORRECTOR])
def test_no_page_can_be_framed_or_has_anything_inside_that_runs(
    door: Door, target: str, role: Role
) -> None:
    headers = {"Accept": "text/html", **door.bearer(role)}
    answer = door.ask("GET", target, headers=headers)
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        return
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in answer.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    page = Inside(answer.text)
    assert page.tags > 3 or answer.status_code == 303
    assert page.faults == []


def test_every_template_is_free_of_what_runs_inside() -> None:
    """Those that no address above has shown, too."""
    templates = sorted((FOLDER / "templates").glob("*.html"))
    assert len(templates) > 8
    for template in templates:
        html = re.sub(r"\{[{%].*?[%}]\}", "", template.read_text(encoding="utf-8"))
        assert Inside(html).faults == [], template.name


def test_a_watch_for_what_runs_inside_sees_it() -> None:
    assert Inside("<p onclick='x()'>").faults
    assert Inside("<script>x()</script>").faults
    assert Inside("<a href='//evil.example'>").faults
    assert Inside("<a href='javascript:x()'>").faults
    assert Inside("<style>p{}</style>").faults


def cookies_of(answer: requests.Response) -> list[set[str]]:
    """The attributes of each cookie that is set, in lower case."""
    raw = answer.raw.headers.getlist("Set-Cookie")
    return [{part.strip().lower() for part in one.split(";")[1:]} for one in raw]


# By the word of a proxy of ours (FUNDOCR_PROXY_CIDRS), and by nothing else.
BY_TLS = {"X-Forwarded-Proto": "https"}


@pytest.mark.parametrize(
    "said",
    [{}, BY_TLS, {"X-Forwarded-Proto": "http"}, {"Origin": "https://{host}"}],
    ids=str,
)
def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites_and_behind_tls_of_plain_http(
    door: Door, said: dict[str, str]
) -> None:
    headers = {name: text.format(host=urlsplit(door.url).netloc) for name, text in said.items()}
    key = {"key": door.keys[Role.CORRECTOR]}
    session = door.ask("POST", "/login", data=key, headers=headers)
    language = door.ask("GET", "/login?lang=en", headers=headers)
    assert session.status_code == 303
    for answer, same_site in ((session, "samesite=strict"), (language, "samesite=lax")):
        (cookie,) = cookies_of(answer)
        assert {"httponly", same_site, "path=/"} <= cookie
        assert ("secure" in cookie) == (said == BY_TLS)
