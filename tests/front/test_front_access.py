"""Who may do what: keys, roles, sessions, addresses, and how often."""

import http.client
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe

import pytest
import requests

from db.access import Keys, Role
from db.engine import open_engine
from tests.front.front_process import database_url, exchange
from tests.front.in_process import lone_front_in_process
from tests.fundocr_command import fundocr

NOBODY = {"FUNDOCR_ANONYMOUS_CIDRS": ""}
LOCAL_KEY = token_urlsafe(32)
CORRECTION = {"image_url": "x", "update_fund_code": "000001", "update_hold_share": "1"}
LET_IN = (404, "UNKNOWN_IMAGE")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("front")


@pytest.fixture(scope="module")
def front(home: Path) -> Iterator[str]:
    """A front door that lets nobody in without a key, but with the key of this run."""
    local = sha256(LOCAL_KEY.encode()).digest()
    with lone_front_in_process(home, local_key=local, **NOBODY) as url:
        yield url


@pytest.fixture(scope="module")
def keys(front: str, home: Path) -> Iterator[Keys]:
    """The keys of its database, changed from another process as `fundocr key` does."""
    engine = open_engine(database_url(home))
    keys = Keys(engine)
    keys.add("admin", Role.ADMIN)
    yield keys
    engine.dispose()


@pytest.fixture
def key(keys: Keys) -> Callable[[Role], dict[str, str]]:
    """The header of a new key with this role."""
    return lambda role: bearer(keys.add(token_urlsafe(8), role))


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def code(answer: requests.Response) -> tuple[int, str]:
    assert set(answer.json()) == {"error", "code", "request_id"}
    assert re.fullmatch(r"[^\n]+[.。]", answer.json()["error"])
    return answer.status_code, answer.json()["code"]


ASKED = [
    ("POST", "/ocr_handler", Role.CALLER),
    ("POST", "/predictions/ocr_handler", Role.CALLER),
    ("POST", "/predictions/ocr_handler/1.0", Role.CALLER),
    ("GET", "/results?id=1", Role.CALLER),
    ("POST", "/ocr_batch", Role.CALLER),
    ("GET", "/ocr_batch/0", Role.CALLER),
    ("POST", "/ocr_info_update", Role.CORRECTOR),
    ("POST", "/predictions/ocr_info_update", Role.CORRECTOR),
    ("POST", "/predictions/ocr_info_update/1.0", Role.CORRECTOR),
]
paths = pytest.mark.parametrize(("method", "path", "role"), ASKED)


@paths
def test_without_a_key_nothing_is_told(front: str, method: str, path: str, role: Role) -> None:
    answer = requests.request(method, front + path, timeout=30)
    assert code(answer) == (401, "NO_KEY")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@paths
def test_a_role_may_what_the_roles_below_it_may_and_no_more(
    front: str, key: Callable[[Role], dict[str, str]], method: str, path: str, role: Role
) -> None:
    lower_first = [Role.CALLER, Role.CORRECTOR, Role.ADMIN]
    for one in lower_first:
        answer = requests.request(method, front + path, headers=key(one), data="{", timeout=30)
        if lower_first.index(one) < lower_first.index(role):
            assert code(answer) == (403, "ROLE_TOO_LOW")
        else:
            assert answer.status_code in (400, 404, 503)  # it was looked at


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/ping", "/login", "/docs", "/openapi.json"]
)
def test_whether_it_lives_and_how_it_is_called_is_told_to_all(front: str, path: str) -> None:
    assert requests.get(front + path, timeout=30).status_code in (200, 503)


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer " + token_urlsafe(32),
        "Bearer schlüssel",
        "Bearer " + "x" * 5000,
        "Basic YWRtaW46YWRtaW4=",
        LOCAL_KEY,
        f"Bearer {LOCAL_KEY[:-1]}",
        f"Bearer {LOCAL_KEY} {LOCAL_KEY}",
    ],
    # Keys are random, names of tests are not.
    ids=[
        *("no key", "an empty key", "nobody's key", "no ASCII", "too long", "Basic"),
        *("no scheme", "cut short", "twice"),
    ],
)
def test_what_is_no_key_opens_nothing(front: str, keys: Keys, header: str) -> None:
    headers = {"Authorization": header.encode()}
    answer = requests.get(f"{front}/results?id=1", headers=headers, timeout=30)
    assert code(answer) == (401, "WRONG_KEY")


def test_two_keys_are_none(front: str, keys: Keys) -> None:
    talk = http.client.HTTPConnection(front.removeprefix("http://"), timeout=30)
    talk.putrequest("GET", "/results?id=1")
    for _ in range(2):
        talk.putheader("Authorization", f"Bearer {LOCAL_KEY}")
    talk.endheaders()
    assert json.loads(talk.getresponse().read())["code"] == "WRONG_KEY"
    talk.close()


def test_a_revoked_key_opens_nothing_from_then_on(front: str, keys: Keys) -> None:
    headers = bearer(keys.add("leaver", Role.CALLER))
    ask = f"{front}/results?id=1"
    assert code(requests.get(ask, headers=headers, timeout=30)) == (404, "UNKNOWN_IMAGE")
    assert keys.revoke("leaver")
    assert code(requests.get(ask, headers=headers, timeout=30)) == (401, "WRONG_KEY")


def test_the_key_of_this_run_may_correct(front: str, keys: Keys) -> None:
    answer = requests.post(
        f"{front}/ocr_info_update", json=CORRECTION, headers=bearer(LOCAL_KEY), timeout=30
    )
    assert code(answer) == LET_IN


def test_keys_are_not_looked_up_where_the_database_has_none(tmp_path: Path) -> None:
    with lone_front_in_process(tmp_path, **NOBODY) as url:
        # Not by deleting the file: connections that are open go on reading it.
        with closing(sqlite3.connect(tmp_path / "var" / "fundocr.db")) as database:
            database.execute("DROP TABLE access_key")
        headers = bearer(token_urlsafe(32))
        answer = requests.get(f"{url}/results?id=1", headers=headers, timeout=30)
        assert code(answer) == (503, "DATABASE_UNAVAILABLE")
        assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("path", ["/ocr_handler", "/ocr_info_update", "/ocr_batch"])
def test_who_has_no_key_is_told_so_before_his_body_is_read(front: str, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
    assert b'"NO_KEY"' in exchange(front, head.encode() + b"x" * 1000)


# Sessions


@pytest.fixture
def browser(front: str, keys: Keys) -> Iterator[requests.Session]:
    """Logged in with a new key of a corrector."""
    with requests.Session() as session:
        key = keys.add(token_urlsafe(8), Role.CORRECTOR)
        answer = session.post(
            f"{front}/login", data={"key": key}, allow_redirects=False, timeout=30
        )
        assert answer.status_code == 303
        yield session


def test_a_log_in_link_works_once(front: str, home: Path, keys: Keys) -> None:
    done = fundocr("key", "login-link", home=home)
    assert done.returncode == 0
    link = front + done.stdout.decode().strip().removeprefix("http://127.0.0.1:8000")
    token = link.partition("token=")[2]
    ask = f"{front}/results?id=1"
    assert code(requests.get(ask, headers=bearer(token), timeout=30)) == (401, "WRONG_KEY")
    cookie = {"fundocr_session": token}
    assert code(requests.get(ask, cookies=cookie, timeout=30)) == (401, "NO_KEY")
    with requests.Session() as first, requests.Session() as second:
        answer = first.get(link, allow_redirects=False, timeout=30)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
        again = second.get(link, timeout=30)
        assert (again.status_code, "Set-Cookie" in again.headers) == (403, False)
        assert first.get(f"{front}/results?id=1", timeout=30).status_code == 404
        assert second.get(f"{front}/results?id=1", timeout=30).status_code == 401


def test_the_cookie_is_for_this_site_and_no_script(front: str, keys: Keys) -> None:
    key = keys.add("cook", Role.CALLER)
    answer = requests.post(f"{front}/login", data={"key": key}, allow_redirects=False, timeout=30)
    name, *attributes = [part.strip() for part in answer.headers["Set-Cookie"].split(";")]
    assert re.fullmatch(r"fundocr_session=[\w-]{43}", name)
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(attributes)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert key not in answer.headers["Set-Cookie"]


def test_a_wrong_key_does_not_log_in(front: str, keys: Keys) -> None:
    def log_in(key: str, **headers: str) -> requests.Response:
        data = {"key": key, "next": "/review"}
        return requests.post(f"{front}/login", data=data, headers=headers, timeout=30)

    assert code(log_in(token_urlsafe(32))) == (401, "WRONG_KEY")
    assert code(log_in(LOCAL_KEY)) == (401, "WRONG_KEY")
    page = log_in(token_urlsafe(32), Accept="text/html")
    assert (page.status_code, page.headers["Content-Type"]) == (401, "text/html; charset=utf-8")
    assert "密钥不对" in page.text
    assert 'value="/review"' in page.text
    assert "Set-Cookie" not in page.headers


def test_who_is_not_logged_in_is_led_to_the_log_in_page_and_back(front: str, keys: Keys) -> None:
    page = {"Accept": "text/html,*/*"}
    asked = requests.get(f"{front}/results?id=1", headers=page, allow_redirects=False, timeout=30)
    assert asked.status_code == 303
    assert asked.headers["Location"] == "/login?next=/results%3Fid%3D1"
    shown = requests.get(front + asked.headers["Location"], headers=page, timeout=30)
    assert 'value="/results?id=1"' in shown.text
    data = {"key": keys.add("comes back", Role.CALLER), "next": "/results?id=1"}
    done = requests.post(f"{front}/login", data=data, allow_redirects=False, timeout=30)
    assert done.headers["Location"] == "/results?id=1"


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "x", "", "/\t/evil"]
)
def test_nobody_is_led_to_another_site(front: str, keys: Keys, target: str) -> None:
    data = {"key": keys.add(token_urlsafe(8), Role.CALLER), "next": target}
    done = requests.post(f"{front}/login", data=data, allow_redirects=False, timeout=30)
    assert done.headers["Location"] == "/"


def test_a_revoked_key_ends_its_sessions(front: str, keys: Keys) -> None:
    with requests.Session() as session:
        session.post(f"{front}/login", data={"key": keys.add("gone", Role.CALLER)}, timeout=30)
        assert session.get(f"{front}/results?id=1", timeout=30).status_code == 404
        assert keys.revoke("gone")
        assert session.get(f"{front}/results?id=1", timeout=30).status_code == 401


def test_logging_out_ends_the_session(front: str, browser: requests.Session) -> None:
    cookie = dict(browser.cookies)
    same = {"Origin": front}
    answer = browser.post(f"{front}/logout", headers=same, allow_redirects=False, timeout=30)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert dict(browser.cookies) == {}
    again = requests.get(f"{front}/results?id=1", cookies=cookie, timeout=30)
    assert code(again) == (401, "NO_KEY")


@pytest.mark.parametrize(
    ("headers", "is_let_in"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "{front}"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "{front}"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "http://127.0.0.1:1"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://[::"}, False),
        ({}, False),
    ],
)
def test_a_session_changes_something_only_from_our_own_pages(
    front: str, browser: requests.Session, headers: dict[str, str], is_let_in: bool
) -> None:
    headers = {name: text.format(front=front) for name, text in headers.items()}
    answer = browser.post(f"{front}/ocr_info_update", json=CORRECTION, headers=headers, timeout=30)
    assert code(answer) == (LET_IN if is_let_in else (403, "CROSS_SITE"))


def test_a_log_in_form_that_is_a_bomb_is_refused(front: str) -> None:
    many = "&".join(["key=x"] * 1000)
    assert code(requests.post(f"{front}/login", data=many, timeout=30)) == (401, "WRONG_KEY")
    large = "key=" + "x" * 100_000
    assert code(requests.post(f"{front}/login", data=large, timeout=30)) == (413, "TOO_MANY_BYTES")


# Addresses


def from_address(source: str, front: str, **headers: str) -> tuple[int, str]:
    """Ask from one of this machine's loopback addresses."""
    host, port = front.removeprefix("http://").split(":")
    talk = http.client.HTTPConnection(host, int(port), timeout=30, source_address=(source, 0))
    body = json.dumps(CORRECTION)
    talk.request("POST", "/ocr_info_update", body, {"Content-Type": "text/plain", **headers})
    answer = talk.getresponse()
    content = json.loads(answer.read())
    talk.close()
    return answer.status, content["code"]


@pytest.fixture(scope="module")
def open_front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """127.0.0.2 and 127.0.1.* need no key."""
    networks = {"FUNDOCR_ANONYMOUS_CIDRS": "127.0.0.2/32, 127.0.1.0/24, fd00::/8"}
    with lone_front_in_process(tmp_path_factory.mktemp("open"), **networks) as url:
        yield url


@pytest.mark.parametrize("source", ["127.0.0.2", "127.0.1.77"])
def test_an_anonymous_address_may_ask_and_correct(open_front: str, source: str) -> None:
    assert from_address(source, open_front) == LET_IN


@pytest.mark.parametrize("source", ["127.0.0.1", "127.0.0.3", "127.0.2.1"])
@pytest.mark.parametrize(
    "name", ["", "X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP"]
)
def test_the_peers_address_counts_whatever_a_header_says(
    open_front: str, source: str, name: str
) -> None:
    headers = {name: "for=127.0.0.2" if name == "Forwarded" else "127.0.0.2"} if name else {}
    assert from_address(source, open_front, **headers) == (401, "NO_KEY")


def test_a_wrong_key_is_refused_from_an_anonymous_address_too(open_front: str) -> None:
    asked = from_address("127.0.0.2", open_front, Authorization=f"Bearer {token_urlsafe(32)}")
    assert asked == (401, "WRONG_KEY")


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_page_of_another_site_does_not_use_its_readers_address(
    open_front: str, headers: dict[str, str]
) -> None:
    assert from_address("127.0.0.2", open_front, **headers) == (403, "CROSS_SITE")


# How often


def test_who_is_over_his_rate_is_asked_to_slow_down_and_nobody_else(tmp_path: Path) -> None:
    with lone_front_in_process(tmp_path, FUNDOCR_RATE="1", **NOBODY) as url:
        engine = open_engine(database_url(tmp_path))
        eager, calm = (bearer(Keys(engine).add(name, Role.CALLER)) for name in ("eager", "calm"))
        engine.dispose()

        def ask(headers: dict[str, str]) -> requests.Response:
            return requests.get(f"{url}/results?id=1", headers=headers, timeout=30)

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, [eager] * 60))
        refused = [answer for answer in answers if answer.status_code == 429]
        assert {answer.status_code for answer in answers} == {404, 429}
        assert {code(answer) for answer in refused} == {(429, "TOO_MANY_REQUESTS")}
        assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
        assert ask(calm).status_code == 404
