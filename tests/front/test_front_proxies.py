"""Whose request it is behind proxies: by their word, and by nobody else's."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from secrets import token_urlsafe

import pytest
import requests

from db.access import Keys, Role
from db.engine import open_engine
from pipeline.settings import SettingsError, load_settings
from tests.front.front_process import database_url
from tests.front.in_process import lone_front_in_process

PROXY, INNER_PROXY, STRANGER = "127.0.0.3", "127.0.4.1", "127.0.0.9"
FRIEND = "203.0.113.7"
CORRECTION = {"image_url": "x", "update_fund_code": "000001", "update_hold_share": "1"}
LET_IN, REFUSED = (404, "UNKNOWN_IMAGE"), (401, "NO_KEY")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("front")


@pytest.fixture(scope="module")
def front(home: Path) -> Iterator[str]:
    """Two proxies stand before it; FRIEND needs no key, nor does a proxy itself."""
    settings = {
        "FUNDOCR_PROXY_CIDRS": f"{PROXY}/32, 127.0.4.0/24, fd00::/64",
        "FUNDOCR_ANONYMOUS_CIDRS": f"203.0.113.0/24, 2001:db8::/32, {PROXY}/32",
        "FUNDOCR_RATE": "2",
    }
    with lone_front_in_process(home, **settings) as url:
        yield url


def ask(front: str, source: str, *forwarded: str, **headers: str) -> tuple[int, str]:
    """Correct something from this address, with so many lines X-Forwarded-For."""
    host, port = front.removeprefix("http://").split(":")
    talk = http.client.HTTPConnection(host, int(port), timeout=60, source_address=(source, 0))
    body = json.dumps(CORRECTION)
    talk.putrequest("POST", "/ocr_info_update")
    for line in forwarded:
        talk.putheader("X-Forwarded-For", line)
    for name, value in ({"Content-Length": str(len(body))} | headers).items():
        talk.putheader(name, value)
    talk.endheaders(body.encode())
    answer = talk.getresponse()
    content = json.loads(answer.read())
    talk.close()
    return answer.status, content["code"]


@pytest.mark.parametrize(
    "forwarded",
    [
        [FRIEND],
        [f"198.51.100.1, {FRIEND}"],
        ["nonsense, " + FRIEND],
        ["198.51.100.1", FRIEND],
        [f"{FRIEND}, {INNER_PROXY}"],
        [f"{FRIEND},{INNER_PROXY},{PROXY}"],
        [f"::ffff:{FRIEND}"],
        ["2001:db8::1, fd00::2"],
        [f"{FRIEND}:4711"],
        [f"198.51.100.1:80, {FRIEND}:4711, {INNER_PROXY}:443"],
        ["[2001:db8::1]:4711, [fd00::2]"],
        [PROXY],  # the proxy's own machine asks through it
    ],
)
def test_the_client_is_whom_the_nearest_proxies_name(front: str, forwarded: list[str]) -> None:
    assert ask(front, PROXY, *forwarded) == LET_IN


@pytest.mark.parametrize(
    "forwarded",
    [
        [],  # it may be anybody, although the proxy itself may enter
        [""],
        ["unknown"],
        ["_hidden"],
        [f"{FRIEND}:http"],
        [f"[{FRIEND}"],
        ["2001:db8::1]:4711"],
        [f"{FRIEND}, unknown"],
        [f"{FRIEND},"],
        ["198.51.100.1"],
        [f"{FRIEND}, 198.51.100.1"],  # who wrote the first himself
        [FRIEND, "198.51.100.1"],
        [f"{FRIEND}, 198.51.100.1, {INNER_PROXY}"],
    ],
)
def test_what_a_client_writes_before_the_proxies_does_not_count(
    front: str, forwarded: list[str]
) -> None:
    assert ask(front, PROXY, *forwarded) == REFUSED


@pytest.mark.parametrize("forwarded", [[FRIEND], [f"{FRIEND}, {PROXY}"], [PROXY]])
def test_who_is_no_proxy_is_not_believed(front: str, forwarded: list[str]) -> None:
    assert ask(front, STRANGER, *forwarded) == REFUSED


@pytest.mark.parametrize("name", ["Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP"])
def test_no_other_header_of_a_proxy_counts(front: str, name: str) -> None:
    value = f"for={FRIEND}" if name == "Forwarded" else FRIEND
    assert ask(front, PROXY, "198.51.100.1", **{name: value}) == REFUSED


def test_each_client_of_a_proxy_has_his_own_rate(front: str) -> None:
    eager, calm = "203.0.113.200", "203.0.113.201"
    answers = [ask(front, PROXY, eager) for _ in range(60)]
    assert (429, "TOO_MANY_REQUESTS") in answers
    assert ask(front, PROXY, calm) == LET_IN


@pytest.mark.parametrize(
    ("source", "scheme", "is_secure"),
    [
        (PROXY, "https", True),
        (PROXY, "http", False),
        (PROXY, "", False),
        (STRANGER, "https", False),
    ],
)
def test_cookies_are_secure_where_a_proxy_speaks_tls(
    front: str, home: Path, source: str, scheme: str, is_secure: bool
) -> None:
    engine = open_engine(database_url(home))
    key = Keys(engine).add(token_urlsafe(8), Role.CALLER)
    engine.dispose()
    host, port = front.removeprefix("http://").split(":")
    talk = http.client.HTTPConnection(host, int(port), timeout=60, source_address=(source, 0))
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": FRIEND}
    talk.request("POST", "/login", f"key={key}", headers | {"X-Forwarded-Proto": scheme})
    answer = talk.getresponse()
    cookie = answer.headers["Set-Cookie"]
    talk.close()
    assert answer.status == 303
    assert ("Secure" in [part.strip() for part in cookie.split(";")]) is is_secure


def test_a_wrong_proxy_setting_is_told(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("FUNDOCR_PROXY_CIDRS=10.0.0.1/8\n")
    with pytest.raises(SettingsError, match=r"FUNDOCR_PROXY_CIDRS: 10\.0\.0\.1/8 is not a network"):
        load_settings(tmp_path)


def test_without_the_setting_nobody_is_believed(tmp_path: Path) -> None:
    with lone_front_in_process(tmp_path, FUNDOCR_ANONYMOUS_CIDRS="203.0.113.0/24") as url:
        assert ask(url, "127.0.0.1", FRIEND) == REFUSED
        answer = requests.get(f"{url}/healthz", headers={"X-Forwarded-Proto": "https"}, timeout=60)
        assert answer.status_code == 200
