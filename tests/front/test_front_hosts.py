"""Under which names the front door answers who sends no key: a page of another site that lets its
name lead here (DNS rebinding) gets nothing by the address of its reader."""

import http.client
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from db.access import Keys, Role
from db.engine import open_engine
from db.sessions import Sessions
from pipeline.settings import SettingsError, load_settings
from tests.front.front_process import database_url
from tests.front.in_process import lone_front_in_process

ASKED = ("GET", "/results?id=1")
# 404 of the table: he was let in.
LET_IN, NOT_SERVED, NO_KEY = (404, "UNKNOWN_IMAGE"), (421, "HOST_NOT_SERVED"), (401, "NO_KEY")
BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("front")


@pytest.fixture(scope="module")
def front(home: Path) -> Iterator[str]:
    """127.0.0.1 needs no key, but on the pages."""
    settings = {
        "FUNDOCR_HOSTS": "Fundocr.example.com, box.lan.",
        "FUNDOCR_ANONYMOUS_PAGES": "0",
        "FUNDOCR_PROXY_CIDRS": "127.0.0.9/32",
    }
    with lone_front_in_process(home, **settings) as url:
        yield url


@pytest.fixture(scope="module")
def key(front: str, home: Path) -> str:
    engine = open_engine(database_url(home))
    try:
        return Keys(engine).add("a caller", Role.CORRECTOR)
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def session(key: str, home: Path) -> str:
    engine = open_engine(database_url(home))
    try:
        return f"fundocr_session={Sessions(engine).open('a caller')}"
    finally:
        engine.dispose()


def ask(
    front: str, host: str, method: str = "GET", path: str = ASKED[1], **headers: str
) -> tuple[int, str]:
    """Status, and the code of the answer or where it leads."""
    place, port = front.removeprefix("http://").split(":")
    talk = http.client.HTTPConnection(place, int(port), timeout=60)
    own = {name.replace("_", "-"): text for name, text in headers.items()}
    talk.request(method, path, headers={"Host": host, **own})
    answer = talk.getresponse()
    content, leads = answer.read(), answer.headers.get("Location")
    talk.close()
    if leads is not None:
        return answer.status, leads
    is_json = answer.headers.get("Content-Type", "").startswith("application/json")
    return answer.status, json.loads(content).get("code", "") if is_json else ""


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "localhost:8000", "LOCALHOST", "localhost.", "localhost.:80"),
        *("127.0.0.1:8000", "10.1.2.3", "203.0.113.7:80", "[::1]", "[::1]:8000", "[2001:DB8::1]"),
        *("fundocr.example.com", "FUNDOCR.example.com:443", "fundocr.example.com.", "box.lan:80"),
    ],
)
def test_our_names_and_every_address_are_served(front: str, host: str) -> None:
    assert ask(front, host) == LET_IN


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "1.evil.example.", ""),
        *("localhost.evil.example", "evil-localhost", "localhost..", "x.fundocr.example.com"),
        *("fundocr.example.com.evil.example", "2130706433", "0x7f.1", "127.1", "[evil]", "[x.y]"),
        *(":8000", "fundocr.example.com%00"),
    ],
)
def test_under_any_other_name_nothing_is_answered_without_a_key(front: str, host: str) -> None:
    assert ask(front, host) == NOT_SERVED


@pytest.mark.parametrize(
    "told",
    [{"X_Forwarded_Host": "localhost"}, {"Forwarded": "host=localhost"}, {"X_Host": "localhost"}],
)
def test_no_other_header_stands_for_the_host(front: str, told: Mapping[str, str]) -> None:
    assert ask(front, "evil.example", **told) == NOT_SERVED


def test_a_page_that_was_led_here_neither_reads_nor_writes(front: str) -> None:
    """As its reader's browser sends it: for it both are one site."""
    own = {"Sec_Fetch_Site": "same-origin", "Origin": "http://evil.example"}
    for method, path in (
        ("POST", "/ocr_handler"),
        ("POST", "/ocr_info_update"),
        ("GET", "/ocr_batch/" + "0" * 32),
        ("GET", "/metrics"),
        ("GET", "/review"),
        ("GET", "/export.csv"),
    ):
        assert ask(front, "evil.example", method, path, **own) == NOT_SERVED, path


@pytest.mark.parametrize("host", ["evil.example", ""])
def test_who_has_a_key_or_a_session_asks_by_any_name(
    front: str, key: str, session: str, host: str
) -> None:
    assert ask(front, host, Authorization=f"Bearer {key}") == LET_IN
    assert ask(front, host, Cookie=session) == LET_IN
    assert ask(front, host, Authorization="Bearer x") == (401, "WRONG_KEY")
    assert ask(front, host, Cookie="fundocr_session=x") == NOT_SERVED


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/ping"])
def test_health_is_told_under_every_name(front: str, path: str) -> None:
    assert ask(front, "10-1-2-3.fundocr.pod", path=path)[1] in ("", "NOT_READY")


def test_a_browser_is_led_to_the_log_in_under_every_name(front: str) -> None:
    """Who types another name of this machine may still log in there."""
    there = (303, "/login?next=/review")
    assert ask(front, "typed.example", path="/review", Accept="text/html") == there
    assert ask(front, "typed.example", path="/login", Accept="text/html") == (200, "")


PAGES = ("/review", "/review/1", "/review/1/picture", "/upload", "/numbers", "/export.csv")


@pytest.mark.parametrize("path", PAGES)
def test_an_address_without_a_key_does_not_get_the_pages(front: str, path: str) -> None:
    assert ask(front, "localhost", path=path) == NO_KEY
    assert ask(front, "localhost", path=path, Accept="text/html")[1].startswith("/login?next=/")


def test_nor_does_it_do_what_is_done_there(front: str) -> None:
    for action in ("correct", "confirm", "dismiss", "undo", "open"):
        assert ask(front, "localhost", "POST", f"/review/1/{action}") == NO_KEY
    assert ask(front, "localhost", "POST", "/upload") == NO_KEY


def test_it_gets_them_where_a_setting_says_so(tmp_path: Path) -> None:
    with lone_front_in_process(tmp_path, FUNDOCR_ANONYMOUS_PAGES="1") as url:
        assert ask(url, "localhost", path="/review") == (200, "")
        assert ask(url, "evil.example", path="/review") == NOT_SERVED


@pytest.mark.parametrize(
    "text", ["http://a.example", "a.example:80", "*.example", "a b", "[::1]", "a..b", "é.example"]
)
def test_what_is_no_name_of_a_host_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    monkeypatch.setenv("FUNDOCR_HOME", str(tmp_path))
    monkeypatch.setenv("FUNDOCR_HOSTS", f"good.example, {text}")
    with pytest.raises(SettingsError) as error:
        load_settings()
    assert str(error.value) == (
        f"FUNDOCR_HOSTS: {text} is not a host's name such as fundocr.example.com"
    )
