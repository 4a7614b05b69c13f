"""What nginx refuses of well-meant and of hostile requests, and that its answers have our form."""

import json
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import requests

from serving.ports import free_ports
from tests.serve.waiting import wait_until
from tests.surface.conftest import Answer, Behind
from tests.surface.half_open import HalfOpen
from tests.surface.nginx import Nginx
from tests.surface.probes import BEHIND_CHUNKS, IN_A_ROW, PROBES, send

JSON = {"Content-Type": "application/json"}
PICTURE = {"Content-Type": "image/png"}
OCTETS = {"Content-Type": "application/octet-stream"}
LARGEST = 10 * 1024 * 1024 + 64 * 1024


def raw(nginx: Nginx, data: bytes, name: str = "localhost") -> Answer:
    """Send exactly these bytes through TLS; what comes back until the connection is closed."""
    with (
        socket.create_connection(("127.0.0.1", nginx.port), timeout=60) as bare,
        nginx.context().wrap_socket(bare, server_hostname=name) as talk,
    ):
        answer = b""
        with suppress(ConnectionError, ssl.SSLError):  # it need not read all before it closes
            talk.sendall(data)
            while part := talk.recv(65536):
                answer += part
    return parsed(answer)


def parsed(answer: bytes) -> Answer:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    headers = {name.lower(): value for name, _, value in pairs}
    return Answer(status=int(first.split(" ")[1]), headers=headers, body=body)


@pytest.mark.parametrize("probe", PROBES)
def test_a_second_request_hidden_in_the_first_reaches_nobody(behind: Behind, probe: str) -> None:
    told = send(("127.0.0.1", behind.nginx.port), PROBES[probe], behind.nginx.context())
    assert told.closed or told.statuses
    assert len(told.statuses) <= 1
    reached = behind.reached()
    assert len(reached) <= 1
    assert [seen.target for seen in reached if "smuggled" in seen.target] == []


def test_what_stands_behind_a_body_in_chunks_is_not_looked_at(behind: Behind) -> None:
    told = send(("127.0.0.1", behind.nginx.port), BEHIND_CHUNKS, behind.nginx.context())
    assert (told.closed, told.statuses) == (True, (200,))
    (seen,) = behind.reached()
    assert (seen.body, seen.headers["content-length"]) == (b"hello", "5")
    assert "transfer-encoding" not in seen.headers


def test_two_plain_requests_in_a_row_are_both_answered(behind: Behind) -> None:
    """So that it is known that a second request would have been seen."""
    told = send(("127.0.0.1", behind.nginx.port), IN_A_ROW, behind.nginx.context())
    assert told.statuses == (200, 200)
    assert [seen.target for seen in behind.reached()] == ["/ocr_handler", "/healthz?smuggled"]


@pytest.mark.parametrize(
    ("method", "path", "headers", "size", "is_taken"),
    [
        ("POST", "/ocr_handler", PICTURE, LARGEST, True),
        ("POST", "/ocr_handler", PICTURE, LARGEST + 1, False),
        ("POST", "/upload", PICTURE, LARGEST + 1, False),
        ("POST", "/ocr_batch", JSON, 4_000_000, True),
        ("POST", "/ocr_handler", JSON, 99_999, True),
        ("POST", "/ocr_handler", JSON, 100_000, False),
        ("POST", "/ocr_handler", {"Content-Type": "text/plain"}, 5_900_000, False),
        ("POST", "/ocr_info_update", JSON, 100_000, False),
        ("POST", "/review/17/correct", JSON, 100_000, False),
        ("POST", "/login", {"Content-Type": "application/x-www-form-urlencoded"}, 100_000, False),
        ("GET", "/healthz", {}, 1, False),
    ],
)
def test_a_body_is_as_large_as_its_path_can_use(
    behind: Behind, method: str, path: str, headers: dict[str, str], size: int, is_taken: bool
) -> None:
    answer = behind.ask(method, path, b"x" * size, headers)
    reached = behind.reached()
    if is_taken:
        assert answer.status == 200
        assert [len(seen.body) for seen in reached] == [size]
    else:
        assert answer.error() == (413, "TOO_MANY_BYTES")
        assert reached == []


@pytest.mark.parametrize(
    ("path", "headers", "size", "is_taken"),
    [
        ("/ocr_handler", PICTURE, LARGEST, True),
        ("/ocr_handler", PICTURE, LARGEST + 1, False),
        ("/ocr_handler", OCTETS, 4_000_000, True),
        ("/ocr_batch", JSON, 4_000_000, True),
        ("/upload", PICTURE, 4_000_000, True),
        ("/ocr_handler", JSON, 99_999, True),
        ("/ocr_handler", JSON, 110_000, False),
        ("/ocr_info_update", JSON, 110_000, False),
        ("/review/17/correct", JSON, 110_000, False),
    ],
)
def test_a_body_in_chunks_may_be_no_larger(
    behind: Behind, path: str, headers: dict[str, str], size: int, is_taken: bool
) -> None:
    parts = iter([b"x" * (size // 2), b"x" * (size - size // 2)])
    answer = behind.ask("POST", path, parts, headers)
    reached = behind.reached()
    if is_taken:
        assert answer.status == 200
        assert [len(seen.body) for seen in reached] == [size]
        assert [seen.headers["content-length"] for seen in reached] == [str(size)]
    else:
        assert answer.error() == (413, "TOO_MANY_BYTES")
        assert reached == []


@pytest.mark.parametrize(
    ("method", "path", "headers", "error"),
    [
        ("POST", "/models", JSON, (404, "NO_SUCH_PATH")),
        ("PUT", "/ocr_batch", JSON, (405, "WRONG_METHOD")),
        ("GET", "/healthz", {}, (413, "TOO_MANY_BYTES")),
        ("POST", "/ocr_batch", PICTURE, (415, "NOT_A_PICTURE")),
        ("POST", "/ocr_handler", {"Content-Type": "text/html"}, (415, "NOT_A_PICTURE")),
        ("POST", "/review/17/correct", {"Content-Type": "text/plain"}, (415, "NOT_A_PICTURE")),
    ],
)
def test_chunks_are_no_way_around_what_is_refused(
    behind: Behind, method: str, path: str, headers: dict[str, str], error: tuple[int, str]
) -> None:
    answer = behind.ask(method, path, iter([b"{", b"}"]), headers)
    assert answer.error() == error
    assert answer.headers["connection"] == "close"
    assert behind.reached() == []


CLOSE = b"Host: localhost\r\nConnection: close\r\n"


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n" + CLOSE + b"\r\n", 431, "HEADERS_TOO_LONG"),
        (
            b"GET /healthz HTTP/1.1\r\n" + CLOSE + b"X: " + b"x" * 20_000 + b"\r\n\r\n",
            431,
            "HEADERS_TOO_LONG",
        ),
        (
            b"GET /healthz HTTP/1.1\r\n" + CLOSE + b"X: " + b"x: y\r\n" * 20_000 + b"\r\n\r\n",
            431,
            "HEADERS_TOO_LONG",
        ),
        (
            b"GET /healthz HTTP/1.1\r\n" + CLOSE + b"Cookie: " + b"x" * 20_000 + b"\r\n\r\n",
            431,
            "HEADERS_TOO_LONG",
        ),
        (b"nonsense\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET healthz HTTP/1.1\r\n" + CLOSE + b"\r\n", 400, "BAD_REQUEST"),
        (b"get /healthz HTTP/1.1\r\n" + CLOSE + b"\r\n", 400, "BAD_REQUEST"),
        (b"GET /healthz HTTP/1.1\r\n" + CLOSE + CLOSE + b"\r\n", 400, "BAD_REQUEST"),
        (b"GET /healthz HTTP/1.1\r\n" + CLOSE + b"X\0: y\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET /../../etc/passwd HTTP/1.1\r\n" + CLOSE + b"\r\n", 400, "BAD_REQUEST"),
        (b"TRACE /healthz HTTP/1.1\r\n" + CLOSE + b"\r\n", 405, "WRONG_METHOD"),
        (b"CONNECT 127.0.0.1:8081 HTTP/1.1\r\n" + CLOSE + b"\r\n", 400, "BAD_REQUEST"),
        (
            b"GET http://localhost/models HTTP/1.1\r\n" + CLOSE + b"\r\n",
            404,
            "NO_SUCH_PATH",
        ),
    ],
    ids=lambda value: repr(value[:30]) if isinstance(value, bytes) else "",
)
def test_malformed_http_is_answered_in_our_form(
    behind: Behind, data: bytes, status: int, code: str
) -> None:
    assert raw(behind.nginx, data).error() == (status, code)
    assert behind.reached() == []


def test_four_hundred_half_open_connections_keep_nobody_out(
    changed: Callable[[dict[str, str], str], Any], behind: Behind
) -> None:
    """They are given up by and by, and none of them has reached what stands behind nginx."""
    seconds = {"client_header_timeout 10s": "client_header_timeout 3s"}
    with (
        changed(seconds, behind.recorder.url) as short,
        HalfOpen(short.port, short.context()) as many,
    ):
        asker = Behind(nginx=short, recorder=behind.recorder)
        asker.reached()
        many.open(400)
        for _ in range(50):
            assert asker.ask("GET", "/healthz").status == 200
            many.drip()
        assert [seen.target for seen in asker.reached()] == ["/healthz"] * 50
        many.open(400 - many.drip())
        wait_until(lambda: many.drip() == 0)
        assert asker.ask("GET", "/healthz").status == 200
    behind.reached()


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"rate=200r/s": "rate=1r/s", "burst=400": "burst=2"}, "/healthz"),
        ({"rate=20r/s": "rate=1r/m", "burst=40 ": "burst=2 "}, "/ocr_handler"),
    ],
)
def test_who_sends_too_much_is_asked_to_slow_down_and_nobody_else(
    changed: Callable[[dict[str, str], str], Any],
    behind: Behind,
    changes: dict[str, str],
    path: str,
) -> None:
    with changed(changes, behind.recorder.url) as strict:
        asker = Behind(nginx=strict, recorder=behind.recorder)

        def ask(source: str) -> Answer:
            body = b"x" if path == "/ocr_handler" else None
            return asker.ask("POST" if body else "GET", path, body, PICTURE, source)

        answers = [ask("127.0.0.1") for _ in range(12)]
        refused = [answer for answer in answers if answer.status != 200]
        assert {answer.error() for answer in refused} == {(429, "TOO_MANY_REQUESTS")}
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        assert ask("127.0.0.9").status == 200
        assert asker.ask("POST", "/ocr_handler", b"{}", JSON, "127.0.0.10").status == 200
    behind.reached()


def test_who_holds_too_many_requests_at_once_is_asked_to_slow_down(
    changed: Callable[[dict[str, str], str], Any], behind: Behind
) -> None:
    head = b"POST /ocr_handler HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
    # They are held for as long as the machine takes.
    changes = {
        "fundocr_connections 100": "fundocr_connections 2",
        "body_timeout   10s": "body_timeout 1h",
    }
    with changed(changes, behind.recorder.url) as few:
        held = []
        for _ in range(2):
            bare = socket.create_connection(("127.0.0.1", few.port), timeout=60)
            talk = few.context().wrap_socket(bare, server_hostname="localhost")
            talk.sendall(head + b"Content-Length: 10\r\n\r\nhalf")
            held.append(talk)
        asker = Behind(nginx=few, recorder=behind.recorder)
        wait_until(lambda: asker.ask("GET", "/healthz").status == 429)
        assert asker.ask("GET", "/healthz").error() == (429, "TOO_MANY_REQUESTS")
        assert asker.ask("GET", "/healthz", source="127.0.0.9").status == 200
        for talk in held:
            talk.close()
    behind.reached()


def test_with_the_front_door_away_the_caller_is_asked_to_come_again(
    changed: Callable[[dict[str, str], str], Any], behind: Behind
) -> None:
    (nobody,) = free_ports(1)
    with changed({}, f"http://127.0.0.1:{nobody}") as lonely:
        asker = Behind(nginx=lonely, recorder=behind.recorder)
        for answer in (
            asker.ask("GET", "/healthz"),
            asker.ask("POST", "/ocr_handler", b"{}", JSON),
            asker.ask("POST", "/ocr_handler", iter([b"{", b"}"]), JSON),  # in chunks
        ):
            assert answer.error() == (503, "SERVICE_BUSY")
            assert int(answer.headers["retry-after"]) > 0


def test_a_front_door_that_does_not_answer_is_given_up(
    changed: Callable[[dict[str, str], str], Any], behind: Behind
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with changed({"proxy_read_timeout      140s": "proxy_read_timeout 1s"}, url) as patient:
            asker = Behind(nginx=patient, recorder=behind.recorder)
            assert asker.ask("GET", "/healthz").error() == (503, "SERVICE_BUSY")


def test_no_answer_tells_nginxs_version(behind: Behind) -> None:
    for answer in (behind.ask("GET", "/healthz"), behind.ask("GET", "/nothing")):
        assert answer.headers["server"] == "nginx"
    behind.reached()


def test_the_log_has_no_queries(behind: Behind) -> None:
    behind.ask("GET", "/login?token=a-secret")
    behind.ask("GET", "/models?token=a-secret")
    wait_until(lambda: '"GET /models" 404' in behind.nginx.log())
    assert '"GET /login" 200' in behind.nginx.log()
    assert "a-secret" not in behind.nginx.log()
    assert "a-secret" not in (behind.nginx.folder / "fundocr.error.log").read_text("utf-8")
    behind.reached()


# TLS, and without it


def test_plain_http_leads_browsers_to_tls_and_refuses_keys(behind: Behind) -> None:
    plain = f"http://127.0.0.1:{behind.nginx.plain_port}"
    seen = requests.get(f"{plain}/review?x=1", allow_redirects=False, timeout=60)
    assert (seen.status_code, seen.headers["Location"]) == (301, "https://localhost/review?x=1")
    sent = requests.post(f"{plain}/ocr_handler", json={}, allow_redirects=False, timeout=60)
    assert (sent.status_code, sent.json()["code"]) == (400, "BAD_REQUEST")
    assert set(sent.json()) == {"error", "code", "request_id"}
    assert behind.reached() == []


def test_plain_http_on_the_port_of_tls_is_answered_in_our_form(behind: Behind) -> None:
    with socket.create_connection(("127.0.0.1", behind.nginx.port), timeout=60) as talk:
        talk.sendall(b"GET /healthz HTTP/1.1\r\n" + CLOSE + b"\r\n")
        answer = b""
        while part := talk.recv(65536):
            answer += part
    assert parsed(answer).error() == (400, "BAD_REQUEST")
    assert behind.reached() == []


@pytest.mark.parametrize("data", [b"nonsense\r\n\r\n", b"TRACE / HTTP/1.1\r\n", b"GET /\0"])
def test_malformed_plain_http_is_answered_in_our_form(behind: Behind, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", behind.nginx.plain_port), timeout=60) as talk:
        talk.sendall(data + CLOSE + b"\r\n")
        answer = b""
        while part := talk.recv(65536):
            answer += part
    told = parsed(answer)
    assert (told.status, json.loads(told.body)["code"]) == (400, "BAD_REQUEST")
    assert set(json.loads(told.body)) == {"error", "code", "request_id"}


@pytest.mark.parametrize("name", ["evil.example", None])
def test_another_name_gets_no_certificate(behind: Behind, name: str | None) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", behind.nginx.port), timeout=60) as bare,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(bare, server_hostname=name)


@pytest.mark.parametrize("host", [b"Host: evil.example\r\n", b""])
def test_another_host_gets_no_answer_under_our_certificate(behind: Behind, host: bytes) -> None:
    with (
        socket.create_connection(("127.0.0.1", behind.nginx.port), timeout=60) as bare,
        behind.nginx.context().wrap_socket(bare, server_hostname="localhost") as talk,
    ):
        talk.sendall(b"GET /healthz HTTP/1.1\r\n" + host + b"\r\n")
        assert talk.recv(100) == b""
    assert behind.reached() == []


@pytest.mark.parametrize(
    ("version", "is_taken"),
    [("TLSv1", False), ("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)],
)
def test_old_tls_is_refused(behind: Behind, version: str, is_taken: bool) -> None:
    context = behind.nginx.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    wanted = ssl.TLSVersion[version]
    if not is_taken:
        with pytest.warns(DeprecationWarning):
            context.minimum_version = context.maximum_version = wanted
    else:
        context.minimum_version = context.maximum_version = wanted
    with socket.create_connection(("127.0.0.1", behind.nginx.port), timeout=60) as bare:
        if is_taken:
            with context.wrap_socket(bare, server_hostname="localhost") as talk:
                assert (talk.version() or "").replace(".", "_") == version
        else:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                context.wrap_socket(bare, server_hostname="localhost")
