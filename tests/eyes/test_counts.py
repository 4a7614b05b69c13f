"""The running service: what was asked is what is counted, and a request can be followed from its
caller to its row."""

import re
import socket
from collections import Counter
from typing import Any

from db.access import Role
from db.rows import Row
from tests.eyes.conftest import correct, known
from tests.eyes.figures import Figures, samples
from tests.eyes.sights import SURE
from tests.serve.waiting import wait_until
from tests.shared_service import SharedService

pytest_plugins = ["tests.shared_service_fixtures"]

ANSWERS = ("url_type", "source", "outcome", "reason")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_what_was_asked_is_what_is_counted(seen: SharedService) -> None:
    before = Figures(seen)
    known(seen, 0)
    assert seen.ask("/eyes/again.png").json()["detail"]["source"] == "stored"
    assert seen.ask("/eyes/sure-5.png", dry_run=True).json()["detail"]["source"] == "dry_run"
    assert seen.ask("/eyes/sure-1.png", refresh=True).json()["detail"]["source"] == "ocr"
    for number in range(2):
        refused = seen.ask(f"/eyes/refused-{number}.png").json()
        assert refused["detail"]["reason"] == "NO_CODE"
    assert seen.ask("/eyes/gone.png").json()["code"] == "FETCH_FAILED"
    assert seen.ask("/eyes/page.html").json()["code"] == "NOT_A_PICTURE"
    for url, code in (
        ("https://pictures.invalid/1.png", "FETCH_FAILED"),
        ("https://a.wild.invalid/1.png", "FETCH_FAILED"),
        ("https://elsewhere.example/1.png", "HOST_NOT_ALLOWED"),
    ):
        body = {"image_url": url, "url_type": "oss"}
        told = seen.front("POST", "/ocr_handler", Role.CALLER, json=body).json()
        assert told["code"] == code
    for content, expected in ((SURE + b"upload", 200), (b"no picture", 415)):
        headers = {"Content-Type": "image/png"}
        options: dict[str, Any] = {"data": content, "headers": headers}
        answer = seen.front("POST", "/ocr_handler", Role.CALLER, **options)
        assert answer.status_code == expected
    link = {"image_url": seen.host.url("/eyes/sure-2.png"), "url_type": "7min_local"}
    assert seen.torchserve(link).json()["detail"]["source"] == "stored"
    assert seen.torchserve(b"{").json()["code"] == "NOT_JSON"
    for target, expected in (("/eyes/sure-2.png", 200), ("/eyes/never-read.png", 404)):
        assert correct(seen, target).status_code == expected
        assert correct(seen, target, by="/1.0").status_code == expected

    after = Figures(seen)

    def counted(name: str, *by: str, **only: str) -> Counter[tuple[str, ...]]:
        return after.since(before, name, *by, **only)

    assert counted("fundocr_answers_total", *ANSWERS, model="ocr_handler") == {
        ("7min_local", "ocr", "ok", "none"): 4,
        ("7min_local", "same_picture", "ok", "none"): 1,
        ("7min_local", "dry_run", "ok", "none"): 1,
        ("7min_local", "ocr", "refused", "NO_CODE"): 2,
        ("7min_local", "stored", "ok", "none"): 1,
        ("7min_local", "none", "error", "NOT_A_PICTURE"): 1,
        ("upload", "ocr", "ok", "none"): 1,
        ("upload", "none", "error", "NOT_A_PICTURE"): 1,
        ("none", "none", "error", "NOT_JSON"): 1,
    }
    assert counted("fundocr_answers_total", *ANSWERS, model="ocr_info_update") == {
        ("none", "corrected", "ok", "none"): 1,
        ("none", "none", "error", "UNKNOWN_IMAGE"): 1,
    }
    assert counted("fundocr_host_answers_total", "url_type", "host", "outcome") == {
        ("7min_local", "127.0.0.1", "ok"): 4,
        ("7min_local", "127.0.0.1", "refused"): 2,
        ("7min_local", "127.0.0.1", "error"): 1,
    }
    # The front door fetches. The picture of /again.png is fetched, and then it is known.
    assert counted("fundocr_front_fetches_total", "url_type", "host", "code") == {
        ("7min_local", "127.0.0.1", ""): 4 + 1 + 1 + 2 + 1,
        ("7min_local", "127.0.0.1", "FETCH_FAILED"): 1,
        ("oss", "pictures.invalid", "FETCH_FAILED"): 1,
        ("oss", "other", "FETCH_FAILED"): 1,
        ("oss", "other", "HOST_NOT_ALLOWED"): 1,
    }
    # What cannot be fetched took its time too.
    assert counted("fundocr_front_fetch_seconds_count") == {(): 9 + 1 + 3}
    turns = counted("fundocr_front_turn_seconds_count", "turn")
    assert turns == {("fetch",): 9 + 1 + 3, ("read",): 9 + 2}
    assert counted("fundocr_read_seconds_count") == {(): 4 + 1 + 2 + 1}
    assert counted("fundocr_pages_total") == {(): 4 + 2 + 1}
    assert counted("fundocr_doubt_count") == {(): 4 + 1}
    assert counted("fundocr_stage_seconds_count", stage="fetch") == {}
    # That of /again.png is known before it is decoded.
    assert counted("fundocr_stage_seconds_count", stage="decode") == {(): 8 + 2}
    for stage in ("detect", "recognise"):
        assert counted("fundocr_stage_seconds_count", stage=stage) == {(): 4 + 1 + 2 + 1}
    assert counted("fundocr_stage_seconds_count", stage="correct") == {(): 2}
    starts = after.counted("fundocr_worker_starts_total", "model", "kind")
    assert starts.keys() >= {("ocr_handler", "start"), ("ocr_info_update", "start")}
    table = counted("fundocr_front_seconds_count", "route", answered_by="table")
    assert table == {("/ocr_handler",): 2, ("/ocr_info_update",): 1}
    asked = counted("fundocr_front_requests_total", "status", "code", route="/ocr_handler")
    assert asked == {
        ("200", ""): 3 + 2 + 1 + 1 + 1 + 2 + 1,
        ("502", "FETCH_FAILED"): 3,
        ("415", "NOT_A_PICTURE"): 2,
        ("403", "HOST_NOT_ALLOWED"): 1,
    }


def _row(service: SharedService, url: str) -> Row:
    with service.store() as store:
        return store.get(identity=url)


def _lines(service: SharedService, log: str, request_id: str) -> list[dict[str, Any]]:
    return [line for line in service.log(log) if line.get("request_id") == request_id]


def test_a_request_can_be_followed_from_its_caller_to_its_row(seen: SharedService) -> None:
    for target, headers, name in (
        ("/eyes/sure-10.png", {"X-Request-Id": "order-17.b_2"}, "order-17.b_2"),
        ("/eyes/sure-11.png", {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}, TRACE),
    ):
        answer = seen.ask(target, headers=headers)
        assert answer.headers["X-Request-Id"] == answer.json()["detail"]["request_id"] == name
        row = _row(seen, seen.host.url(target))
        wait_until(lambda name=name: _lines(seen, "model_log.log", name))  # type: ignore[misc]
        (front,) = _lines(seen, "front.log", name)
        (worker,) = _lines(seen, "model_log.log", name)
        assert (front["row"], worker["row"], row.request_id) == (row.id, row.id, name)
        assert (front["status"], front["caller"], front["source"]) == (200, "the caller", "ocr")
        assert (front["route"], front["answered_by"]) == ("/ocr_handler", "torchserve")
        assert front["elapsed_ms"] >= worker["elapsed_ms"] - 1
        assert (front["bytes_out"], front["level"]) == (len(answer.content), "INFO")
    # The row keeps the request that read it, whoever asks for it later; a new reading is one more.
    url = seen.host.url("/eyes/sure-10.png")
    seen.ask("/eyes/sure-10.png", headers={"X-Request-Id": "later"})
    assert _row(seen, url).request_id == "order-17.b_2"
    seen.ask("/eyes/sure-10.png", refresh=True, headers={"X-Request-Id": "again"})
    assert _row(seen, url).request_id == "again"
    seen.ask("/eyes/sure-10.png?other", headers={"X-Request-Id": "another-link"})
    assert _row(seen, seen.host.url("/eyes/sure-10.png?other")).request_id == "another-link"


def test_each_request_has_one_line_whatever_became_of_it(seen: SharedService) -> None:
    before, lines_before = Figures(seen), len(seen.log("front.log"))
    row = seen.ask("/eyes/sure-12.png").json()["detail"]["id"]
    assert correct(seen, "/eyes/sure-12.png").status_code == 200
    seen.front("GET", "/no-such-path?canary-of-a-line", Role.CALLER)
    seen.front("DELETE", "/ocr_handler", Role.CALLER)
    seen.front("GET", "/results?id=0", Role.CALLER, headers={"X-Request-Id": "a-bad-query"})
    seen.front("GET", f"/results?id={row}", Role.CALLER, headers={"X-Request-Id": "a-row"})
    (bad,) = _lines(seen, "front.log", "a-bad-query")
    assert (bad["status"], bad["code"], bad["route"]) == (400, "BAD_QUERY", "/results")
    (found,) = _lines(seen, "front.log", "a-row")
    assert (found["row"], found["answered_by"]) == (row, "table")
    counts = Figures(seen).since(before, "fundocr_front_requests_total", "route")
    new = seen.log("front.log")[lines_before:]
    lines = Counter((line["route"],) for line in new if "route" in line)
    for route in ("/ocr_handler", "/results", "/ocr_info_update", "other"):
        assert lines[route,] == counts[route,] > 0
    assert "canary-of-a-line" not in str(new)


def _in_flight(service: SharedService) -> float:
    (told,) = (
        one.value for one in samples(service) if one.name == "fundocr_front_requests_in_flight"
    )
    return told


def test_who_leaves_before_his_answer_has_a_line_too(seen: SharedService) -> None:
    before = Figures(seen)
    host, port = seen.url.removeprefix("http://").split(":")
    body = (
        f'{{"image_url": "{seen.host.url("/eyes/silent.png")}", "url_type": "7min_local"}}'
    ).encode()
    head = (
        f"POST /ocr_handler HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: gone-home\r\n"
        f"Authorization: Bearer {seen.keys[Role.CALLER]}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection((host, int(port))) as talk:
        talk.sendall(head + body)
        wait_until(lambda: _in_flight(seen) >= 2)

    def told() -> list[dict[str, Any]]:
        lines = _lines(seen, "front.log", "gone-home")
        return [line for line in lines if line["message"] == "answered"]

    wait_until(told)
    (line,) = told()
    assert line["status"] == 499
    wait_until(lambda: _in_flight(seen) == 1)
    # Its fetch goes on, and would be counted beside what another test asks for.
    fetches = ("fundocr_front_fetches_total", "code")
    wait_until(lambda: Figures(seen).since(before, *fetches)[("FETCH_TIMEOUT",)] == 1)


def test_no_personal_thing_is_in_any_figure(seen: SharedService) -> None:
    seen.ask("/eyes/sure-13.png")
    correct(seen, "/eyes/sure-13.png")
    Figures(seen)  # all of it is counted
    text = seen.front("GET", "/metrics", Role.MONITOR).text
    assert "fundocr_answers_total" in text
    values = set(re.findall(r'="((?:[^"\\]|\\.)*)"', text))
    for private in ("the caller", seen.host.authority, "sure-13.png", "011608", "1234.56"):
        assert not [value for value in values if private in value], private
