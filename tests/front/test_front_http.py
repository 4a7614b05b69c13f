"""The front door as an HTTP server: whatever comes in, the answer has our form.

No TorchServe stands behind it here: nothing of this ever gets there.
"""

import json
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
import requests

from tests.front.front_process import exchange, lone_front

LIMIT = 1024 * 1024


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A front door in a process of its own, which lets 1 MiB in and listens beyond loopback, before
    a port where nobody listens."""
    home = tmp_path_factory.mktemp("front")
    with lone_front(home, host="0.0.0.0", FUNDOCR_MAX_BYTES=str(LIMIT)) as url:
        yield url


def assert_our_form(answer: requests.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"error", "code", "request_id"}
    assert re.fullmatch(r"[^\n]+\.", answer.json()["error"])
    assert answer.headers["X-Request-Id"] == answer.json()["request_id"]
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


def raw_answer(answer: bytes) -> tuple[int, str]:
    """Status and code of an answer in our form."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"\r\ncontent-type: application/json; charset=utf-8" in head.lower()
    content = json.loads(body)
    assert set(content) == {"error", "code", "request_id"}
    return int(head.split(b" ")[1]), content["code"]


@pytest.mark.parametrize(
    "path",
    [
        "/models",
        "/models/ocr_handler",
        "/predictions",
        "/predictions/other",
        "/predictions/ocr_handler/1.0/more",
        "/explanations/ocr_handler",
        "/token?type=management",
        "/api-description",
        "/workflows",
        "/v1/models/ocr_handler:predict",
        "/ocr_handler/../models",
        "/ocr_handler/1.0",
        "/key_file.json",
        "//ocr_handler",
        "/%6fcr_handler%2f..%2fmodels",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_nothing_of_torchserve_but_its_predictions_is_there(
    front: str, path: str, method: str
) -> None:
    request = requests.Request(method, front).prepare()
    request.url = front + path  # as it stands: requests would tidy it up
    with requests.Session() as session:
        answer = session.send(request, timeout=30)
    assert_our_form(answer, 404, "NO_SUCH_PATH")


@pytest.mark.parametrize("path", ["/ocr_handler", "/ocr_info_update"])
@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_the_two_paths_take_no_other_method(front: str, path: str, method: str) -> None:
    answer = requests.request(method, front + path, timeout=30)
    assert_our_form(answer, 405, "WRONG_METHOD")
    assert answer.headers["Allow"] == ("POST, PUT" if path == "/ocr_handler" else "POST")


def test_health_is_told_without_torchserve(front: str) -> None:
    answer = requests.get(f"{front}/healthz", timeout=30)
    assert (answer.status_code, answer.json()) == (200, {"alive": True})


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/readyz", 503), ("/ping", 503)])
def test_monitors_may_ask_with_head(front: str, path: str, status: int) -> None:
    asked, told = requests.head(front + path, timeout=30), requests.get(front + path, timeout=30)
    assert (asked.status_code, asked.content) == (status, b"")
    assert told.status_code == status
    assert asked.headers["Content-Type"] == told.headers["Content-Type"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/healthz", "GET, HEAD"),
        ("HEAD", "/docs", "GET"),
        ("PUT", "/login", "GET, POST"),
        ("DELETE", "/review/1", "GET"),
    ],
)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_a_wrong_method_is_told_which_ones_are_right(
    front: str, method: str, path: str, allowed: str, accept: str
) -> None:
    answer = requests.request(method, front + path, headers={"Accept": accept}, timeout=30)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


CLOSE = b"Host: localhost\r\nConnection: close\r\n"
POST = b"POST /ocr_handler HTTP/1.1\r\n" + CLOSE
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n", 400, "BAD_REQUEST"),
        (CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n", 400, "BAD_REQUEST"),
        (CHUNKED + b"0\r\nX-Trailer: x\r\n\r\n", 400, "BAD_REQUEST"),
        (POST + b"Content-Length: many\r\n\r\n", 400, "BAD_REQUEST"),
        (POST + b"Content-Length: -5\r\n\r\n", 400, "BAD_REQUEST"),
        (POST + "Content-Length: ٣٧\r\n\r\n".encode() + b"x" * 37, 400, "BAD_REQUEST"),
        (POST + "Content-Length: ３７\r\n\r\n".encode() + b"x" * 37, 400, "BAD_REQUEST"),
        (POST + "content-length:\t³\r\n\r\n".encode() + b"xxx", 400, "BAD_REQUEST"),
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET /healthz HTTP/1.0\r\nX-Host: localhost\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET /healthz HTTP/1.1\r\n" + CLOSE + b"hOsT: localhost\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET /healthz HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost:8\xd9\xa3\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET /healthz HTTP/1.1\r\nHost: http://localhost/\r\n\r\n", 400, "BAD_REQUEST"),
        (POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", 400, "BAD_REQUEST"),
        (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", 400, "BAD_REQUEST"),
        (
            POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "BAD_REQUEST",
        ),
        (POST + b"Transfer-Encoding: gzip\r\n\r\n", 400, "BAD_REQUEST"),
        (POST + b"Expect: something\r\nContent-Length: 2\r\n\r\n{}", 400, "BAD_REQUEST"),
        (POST + b"a header without a colon\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET /healthz HTTP/9.9\r\n\r\n", 400, "BAD_REQUEST"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "BAD_REQUEST"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "BAD_REQUEST"),
        (b"GET /\xff\xfe HTTP/1.1\r\n" + CLOSE + b"\r\n", 400, "BAD_REQUEST"),
        (b"CONNECT 127.0.0.1:8081 HTTP/1.1\r\n" + CLOSE + b"\r\n", 405, "WRONG_METHOD"),
        (b"GET http://127.0.0.1:8081/models HTTP/1.1\r\n" + CLOSE + b"\r\n", 404, "NO_SUCH_PATH"),
        (b"OPTIONS * HTTP/1.1\r\n" + CLOSE + b"\r\n", 405, "WRONG_METHOD"),
        (POST + b"X-Long: " + b"x" * 20_000 + b"\r\n\r\n", 431, "HEADERS_TOO_LONG"),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n" + CLOSE + b"\r\n", 431, "HEADERS_TOO_LONG"),
    ],
    ids=lambda value: repr(value[-40:]) if isinstance(value, bytes) else "",
)
def test_malformed_http_is_answered_in_our_form(
    front: str, data: bytes, status: int, code: str
) -> None:
    assert raw_answer(exchange(front, data)) == (status, code)


@pytest.mark.parametrize("path", ["/ocr_handler", "/ocr_info_update"])
@pytest.mark.parametrize("times", [2, 9, 30])
def test_a_body_that_is_too_large_is_told_so(front: str, path: str, times: int) -> None:
    """Although the sender has not finished; beyond ten times the limit it may find itself cut off,
    but even then the answer is on its way first."""
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {times * LIMIT}\r\n\r\n"
    assert raw_answer(exchange(front, head.encode() + b"x" * 65536)) == (413, "TOO_MANY_BYTES")


@pytest.mark.parametrize("times", [2, 9])
def test_the_sender_of_a_body_that_is_too_large_can_send_all_of_it(front: str, times: int) -> None:
    answer = requests.post(f"{front}/ocr_handler", data=b"x" * (times * LIMIT), timeout=60)
    assert_our_form(answer, 413, "TOO_MANY_BYTES")


def test_a_chunked_body_that_is_too_large_is_told_so(front: str) -> None:
    parts = (b"x" * 65536 for _ in range(4 * LIMIT // 65536))
    answer = requests.post(f"{front}/ocr_handler", data=parts, timeout=60)
    assert_our_form(answer, 413, "TOO_MANY_BYTES")


def test_without_torchserve_the_caller_is_asked_to_come_again(front: str) -> None:
    asked = {"image_url": "http://here/a.png", "url_type": "oss"}
    answer = requests.post(f"{front}/ocr_handler", json=asked, timeout=30)
    assert_our_form(answer, 503, "SERVICE_BUSY")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("given", ["order-17.b_2", "a" * 64])
def test_the_callers_request_id_is_kept(front: str, given: str) -> None:
    answer = requests.get(f"{front}/nothing", headers={"X-Request-Id": given}, timeout=30)
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "a" * 65, "two words", '"quoted"', "{}", "x\ty"])
def test_a_request_id_that_could_hurt_a_log_is_replaced(front: str, given: str) -> None:
    answer = requests.get(f"{front}/nothing", headers={"X-Request-Id": given}, timeout=30)
    assert re.fullmatch(r"[0-9a-f]{32}", answer.json()["request_id"])


def test_clients_that_hang_up_or_stop_half_way_disturb_nobody(front: str) -> None:
    host, port = front.removeprefix("http://").split(":")
    head = POST + b"Content-Length: 1000\r\n\r\n"
    unfinished = [b"", b"POST /ocr", head, head + b"x" * 500, CHUNKED + b"64\r\nabc"]
    with ExitStack() as stack:
        for number, data in enumerate(unfinished * 20):
            talk = stack.enter_context(socket.create_connection((host, int(port))))
            talk.sendall(data)
            if number % 2:
                talk.close()
        with ThreadPoolExecutor(16) as pool:
            urls = [f"{front}/healthz"] * 64
            answers = list(pool.map(lambda url: requests.get(url, timeout=30), urls))
    assert [answer.status_code for answer in answers] == [200] * 64


def test_a_form_with_very_many_fields_is_refused_at_once_and_delays_nobody(front: str) -> None:
    field = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n'
    form = field * (LIMIT // len(field)) + b"--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}

    def bomb(_: int) -> requests.Response:
        return requests.post(f"{front}/ocr_handler", data=form, headers=headers, timeout=60)

    with ThreadPoolExecutor(16) as pool:
        bombs = pool.map(bomb, range(32))
        alive = [requests.get(f"{front}/healthz", timeout=30).status_code for _ in range(64)]
        for answer in bombs:
            assert_our_form(answer, 400, "BAD_FORM")
    assert alive == [200] * 64


PICTURE = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nx\r\n'


@pytest.mark.parametrize(
    ("content_type", "form"),
    [
        ("multipart/form-data", PICTURE + b"--b--"),
        ("multipart/form-data; boundary=", PICTURE + b"--b--"),
        ("multipart/form-data; boundary=c", PICTURE + b"--b--"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"--b--\r\n"),
        ("multipart/form-data; boundary=b", PICTURE),
        ("multipart/form-data; boundary=b", PICTURE * 2 + b"--b--"),
        ("multipart/form-data; boundary=b", PICTURE.replace(b"image", b"picture") + b"--b--"),
        ("multipart/form-data; boundary=b", PICTURE.replace(b"Content", b"Other") + b"--b--"),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"x" * 9000 + PICTURE + b"--b--"),
        (
            "multipart/form-data; boundary=b",
            PICTURE.replace(b"\r\n\r\n", b"\r\n" + b"X: y\r\n" * 2000 + b"\r\n") + b"--b--",
        ),
    ],
    ids=range(11),
)
def test_a_form_that_is_cut_off_or_holds_no_picture_is_refused(
    front: str, content_type: str, form: bytes
) -> None:
    headers = {"Content-Type": content_type}
    answer = requests.post(f"{front}/ocr_handler", data=form, headers=headers, timeout=30)
    assert_our_form(answer, 400, "BAD_FORM")


@pytest.mark.parametrize("name", ["refresh", "dry_run"])
def test_a_flag_of_a_form_that_is_none_is_named(front: str, name: str) -> None:
    flag = f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\nmaybe\r\n--b--'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    form = PICTURE + flag.encode()
    answer = requests.post(f"{front}/ocr_handler", data=form, headers=headers, timeout=30)
    assert_our_form(answer, 400, "WRONG_TYPE")
    assert answer.json()["error"] == f"{name} must be true or false."


def test_a_row_version_in_a_form_is_refused_and_not_passed_over(front: str) -> None:
    field = '--b\r\nContent-Disposition: form-data; name="row_version"\r\n\r\n9\r\n--b--'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    form = PICTURE + field.encode()
    answer = requests.post(f"{front}/ocr_handler", data=form, headers=headers, timeout=30)
    assert_our_form(answer, 400, "BAD_FORM")
    assert answer.json()["error"].startswith("row_version is for links")


def test_it_listens_beyond_loopback_where_that_is_asked_for(front: str) -> None:
    port = front.rpartition(":")[2]
    # Another of this machine's loopback addresses, which 127.0.0.1 alone does not answer.
    answer = requests.get(f"http://127.0.0.2:{port}/healthz", timeout=30)
    assert answer.json() == {"alive": True}
