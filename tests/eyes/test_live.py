"""The running service under Debian's Prometheus: what was asked is what is counted, every panel
shows something, a request can be followed from its caller to its row, and alerts ring.

One story: each test goes on where the one before has left the service.
"""

import math
import os
import re
import signal
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import psutil
import requests

from db.keys import Role
from tests.eyes.conftest import SURE, Watched
from tests.eyes.dashboard import Query, queries
from tests.serve.waiting import wait_until

ANSWERS = ("url_type", "source", "outcome", "reason")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def counted(watched: Watched, name: str, *by: str, **only: str) -> Counter[tuple[str, ...]]:
    """A counter's values summed over all labels but these; what is 0 is left out."""
    found: Counter[tuple[str, ...]] = Counter()
    for labels, value in watched.metrics(name).items():
        told = dict(labels)
        if all(told[label] == wanted for label, wanted in only.items()):
            found[tuple(told[label] for label in by)] += int(value)
    return +found


def comes_to(
    watched: Watched, expected: dict[tuple[str, ...], int], name: str, *by: str, **only: str
) -> None:
    """What a counter says as soon as TorchServe has read what its workers have told it."""
    with suppress(AssertionError):
        wait_until(lambda: counted(watched, name, *by, **only) == expected, 20)
    assert counted(watched, name, *by, **only) == expected


def known(watched: Watched, first: int) -> None:
    """A little of everything that works, with pictures that were never read."""
    for number in range(first, first + 3):
        assert watched.ask(f"/sure-{number}.png").json()["flag"] is True
    for _ in range(2):
        assert watched.ask(f"/sure-{first}.png").json()["detail"]["source"] == "stored"


def test_what_was_asked_is_what_is_counted(watched: Watched) -> None:
    known(watched, 0)
    assert watched.ask("/again.png").json()["detail"]["source"] == "stored"
    assert watched.ask("/sure-5.png", dry_run=True).json()["detail"]["source"] == "dry_run"
    assert watched.ask("/sure-1.png", refresh=True).json()["detail"]["source"] == "ocr"
    for number in range(2):
        refused = watched.ask(f"/refused-{number}.png").json()
        assert refused["detail"]["reason"] == "NO_CODE"
    assert watched.ask("/gone.png").json()["code"] == "FETCH_FAILED"
    assert watched.ask("/page.html").json()["code"] == "NOT_A_PICTURE"
    for url, code in (
        ("https://pictures.invalid/1.png", "FETCH_FAILED"),
        ("https://a.wild.invalid/1.png", "FETCH_FAILED"),
        ("https://elsewhere.example/1.png", "HOST_NOT_ALLOWED"),
    ):
        body = {"image_url": url, "url_type": "oss"}
        told = watched.front("POST", "/ocr_handler", Role.CALLER, json=body).json()
        assert told["code"] == code
    for content, expected in ((SURE + b"upload", 200), (b"no picture", 415)):
        headers = {"Content-Type": "image/png"}
        options: dict[str, Any] = {"data": content, "headers": headers}
        answer = watched.front("POST", "/ocr_handler", Role.CALLER, **options)
        assert answer.status_code == expected
    link = {"image_url": watched.host.url("/sure-2.png"), "url_type": "7min_local"}
    assert watched.torchserve("ocr_handler", link).json()["detail"]["source"] == "stored"
    assert watched.torchserve("ocr_handler", b"{").json()["code"] == "NOT_JSON"
    for target, expected in (("/sure-2.png", 200), ("/never-read.png", 404)):
        correction = {
            "image_url": watched.host.url(target),
            "update_fund_code": "011608",
            "update_hold_share": "1",
        }
        answer = watched.front("POST", "/ocr_info_update", Role.CORRECTOR, json=correction)
        assert answer.status_code == expected

    answers = {
        ("7min_local", "ocr", "ok", "none"): 4,
        ("7min_local", "same_picture", "ok", "none"): 1,
        ("7min_local", "dry_run", "ok", "none"): 1,
        ("7min_local", "ocr", "refused", "NO_CODE"): 2,
        ("7min_local", "stored", "ok", "none"): 1,
        ("7min_local", "none", "error", "FETCH_FAILED"): 1,
        ("7min_local", "none", "error", "NOT_A_PICTURE"): 1,
        ("oss", "none", "error", "FETCH_FAILED"): 2,
        ("oss", "none", "error", "HOST_NOT_ALLOWED"): 1,
        ("upload", "ocr", "ok", "none"): 1,
        ("upload", "none", "error", "NOT_A_PICTURE"): 1,
        ("none", "none", "error", "NOT_JSON"): 1,
    }
    comes_to(watched, answers, "fundocr_answers_total", *ANSWERS, model="ocr_handler")
    corrections = {
        ("none", "corrected", "ok", "none"): 1,
        ("none", "none", "error", "UNKNOWN_IMAGE"): 1,
    }
    comes_to(watched, corrections, "fundocr_answers_total", *ANSWERS, model="ocr_info_update")
    hosts = {
        ("7min_local", "127.0.0.1", "ok"): 4,
        ("7min_local", "127.0.0.1", "refused"): 2,
        ("7min_local", "127.0.0.1", "error"): 2,
        ("oss", "pictures.invalid", "error"): 1,
        ("oss", "other", "error"): 2,
    }
    comes_to(watched, hosts, "fundocr_host_answers_total", "url_type", "host", "outcome")
    comes_to(watched, {(): 4 + 1 + 2 + 1}, "fundocr_read_seconds_count")
    comes_to(watched, {(): 4 + 2 + 1}, "fundocr_pages_total")
    comes_to(watched, {(): 4 + 1}, "fundocr_doubt_count")
    # /again.png is fetched and decoded, then known; what cannot be fetched took its time too.
    fetched = {("fetch",): 4 + 1 + 1 + 2 + 1 + 1 + 3}
    comes_to(watched, fetched, "fundocr_stage_seconds_count", "stage", stage="fetch")
    for stage in ("detect", "recognise"):
        read = {(stage,): 4 + 1 + 2 + 1}
        comes_to(watched, read, "fundocr_stage_seconds_count", "stage", stage=stage)
    corrected = {("correct",): 2}
    comes_to(watched, corrected, "fundocr_stage_seconds_count", "stage", stage="correct")
    starts = {("ocr_handler", "start"): 1, ("ocr_info_update", "start"): 1}
    comes_to(watched, starts, "fundocr_worker_starts_total", "model", "kind")
    table = counted(watched, "fundocr_front_seconds_count", "route", answered_by="table")
    assert table == {("/ocr_handler",): 2}
    asked = counted(watched, "fundocr_front_requests_total", "status", "code", route="/ocr_handler")
    assert asked == {
        ("200", ""): 3 + 2 + 1 + 1 + 1 + 2 + 1,
        ("502", "FETCH_FAILED"): 3,
        ("415", "NOT_A_PICTURE"): 2,
        ("403", "HOST_NOT_ALLOWED"): 1,
    }


def test_a_request_can_be_followed_from_its_caller_to_its_row(watched: Watched) -> None:
    for target, headers, name in (
        ("/sure-10.png", {"X-Request-Id": "order-17.b_2"}, "order-17.b_2"),
        ("/sure-11.png", {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}, TRACE),
    ):
        answer = watched.ask(target, headers=headers)
        assert answer.headers["X-Request-Id"] == answer.json()["detail"]["request_id"] == name
        row = watched.row(watched.host.url(target))
        wait_until(lambda name=name: _lines(watched, "model_log.log", name))  # type: ignore[misc]
        (front,) = _lines(watched, "front.log", name)
        (worker,) = _lines(watched, "model_log.log", name)
        assert (front["row"], worker["row"], row.request_id) == (row.id, row.id, name)
        assert (front["status"], front["caller"], front["source"]) == (200, "the caller", "ocr")
        assert (front["route"], front["answered_by"]) == ("/ocr_handler", "torchserve")
        assert front["elapsed_ms"] >= worker["elapsed_ms"] - 1
        assert (front["bytes_out"], front["level"]) == (len(answer.content), "INFO")
    # The row keeps the request that read it, whoever asks for it later; a new reading is one more.
    url = watched.host.url("/sure-10.png")
    watched.ask("/sure-10.png", headers={"X-Request-Id": "later"})
    assert watched.row(url).request_id == "order-17.b_2"
    watched.ask("/sure-10.png", refresh=True, headers={"X-Request-Id": "again"})
    assert watched.row(url).request_id == "again"
    watched.ask("/again.png?other", headers={"X-Request-Id": "another-link"})
    assert watched.row(watched.host.url("/again.png?other")).request_id == "another-link"


def _lines(watched: Watched, log: str, request_id: str) -> list[dict[str, Any]]:
    return [line for line in watched.log(log) if line.get("request_id") == request_id]


def test_each_request_has_one_line_whatever_became_of_it(watched: Watched) -> None:
    watched.front("GET", "/no-such-path?canary-4711", Role.CALLER)
    watched.front("DELETE", "/ocr_handler", Role.CALLER)
    watched.front("GET", "/results?id=0", Role.CALLER, headers={"X-Request-Id": "a-bad-query"})
    watched.front("GET", "/results?id=1", Role.CALLER, headers={"X-Request-Id": "a-row"})
    (bad,) = _lines(watched, "front.log", "a-bad-query")
    assert (bad["status"], bad["code"], bad["route"]) == (400, "BAD_QUERY", "/results")
    (row,) = _lines(watched, "front.log", "a-row")
    assert (row["row"], row["answered_by"]) == (1, "table")
    counts = counted(watched, "fundocr_front_requests_total", "route")
    lines = Counter((line["route"],) for line in watched.log("front.log") if "route" in line)
    for route in ("/ocr_handler", "/results", "/ocr_info_update", "other"):
        assert lines[route,] == counts[route,] > 0
    assert "canary-4711" not in str(watched.log("front.log"))


def test_who_leaves_before_his_answer_has_a_line_too(watched: Watched) -> None:
    host, port = watched.trial.front.removeprefix("http://").split(":")
    body = (
        f'{{"image_url": "{watched.host.url("/silent.png")}", "url_type": "7min_local"}}'
    ).encode()
    head = (
        f"POST /ocr_handler HTTP/1.1\r\nHost: x\r\nX-Request-Id: gone-home\r\n"
        f"Authorization: Bearer {watched.keys[Role.CALLER]}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    with socket.create_connection((host, int(port))) as talk:
        talk.sendall(head + body)
        wait_until(lambda: counted(watched, "fundocr_front_requests_in_flight")[()] >= 2)

    def told() -> list[dict[str, Any]]:
        lines = _lines(watched, "front.log", "gone-home")
        return [line for line in lines if line["message"] == "answered"]

    wait_until(told)
    (line,) = told()
    assert line["status"] == 499
    wait_until(lambda: counted(watched, "fundocr_front_requests_in_flight")[()] == 1)


def test_every_panel_of_the_dashboard_shows_something(watched: Watched) -> None:
    watched.wait_for_scrapes()
    known(watched, 20)
    watched.ask("/refused-4.png")
    watched.ask("/gone.png")
    correction = {
        "image_url": watched.host.url("/sure-20.png"),
        "update_fund_code": "011608",
        "update_hold_share": "2",
    }
    watched.front("POST", "/ocr_info_update", Role.CORRECTOR, json=correction)
    watched.wait_for_scrapes(3)
    assert len({query.panel for query in queries()}) > 20

    def empty() -> list[Query]:
        return [query for query in queries() if not _shows(watched, query)]

    def nothing_is_empty() -> bool:
        return not empty()

    wait_until(nothing_is_empty, 30)


def _shows(watched: Watched, query: Query) -> bool:
    samples = watched.eyes.samples(query.filled(job="fundocr", rate_interval="5m"))
    return any(not math.isnan(value) for value in samples.values())


def test_all_is_up_and_nothing_rings(watched: Watched) -> None:
    assert set(watched.eyes.samples("fundocr_up").values()) == {1.0}
    assert list(watched.eyes.samples("fundocr_torchserve_up").values()) == [1.0]
    rings = {one["labels"]["alertname"] for one in watched.eyes.firing()}
    assert rings == set()


def test_pictures_that_nobody_can_read_ring_for_their_host_and_url_type(watched: Watched) -> None:
    watched.ask("/blank-0.png")
    watched.wait_for_scrapes()
    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(lambda n: watched.ask(f"/blank-{n}.png"), range(1, 80)))
    assert {one.json()["detail"]["reason"] for one in asked} == {"NO_TEXT"}
    for alert in ("FundocrHostRefusals", "FundocrUrlTypeRefusals"):
        wait_until(lambda alert=alert: watched.eyes.has_fired(alert))  # type: ignore[misc]
    (one,) = [
        one for one in watched.eyes.firing() if one["labels"]["alertname"] == "FundocrHostRefusals"
    ]
    assert one["labels"]["host"] == "127.0.0.1"
    assert "127.0.0.1" in one["annotations"]["summary"]


def test_a_database_that_is_away_rings_and_is_quiet_when_it_is_back(watched: Watched) -> None:
    watched.server.stop()
    wait_until(lambda: watched.eyes.has_fired("FundocrDatabaseAway"))
    link = {"image_url": watched.host.url("/sure-30.png"), "url_type": "7min_local"}
    for _ in range(5):
        assert watched.torchserve("ocr_handler", link).json()["code"] == "DATABASE_UNAVAILABLE"
        watched.wait_for_scrapes(1)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(2):
            asked = pool.map(lambda _: watched.ask("/sure-30.png").status_code, range(20))
            assert set(asked) == {503}
            watched.wait_for_scrapes()
    for alert in ("FundocrDatabaseErrors", "FundocrErrors"):
        wait_until(lambda alert=alert: watched.eyes.has_fired(alert))  # type: ignore[misc]
    for one in watched.eyes.firing():
        assert "{{" not in str(one["annotations"])
    watched.server.start()
    up = 'fundocr_up{part="database"}'
    wait_until(lambda: list(watched.eyes.samples(up).values()) == [1.0])
    wait_until(lambda: "FundocrDatabaseAway" not in _rings(watched))
    assert watched.ask("/sure-30.png").json()["flag"] is True


def test_workers_that_are_killed_lose_no_count_and_ring(watched: Watched) -> None:
    name = "fundocr_answers_total"
    before = counted(watched, name, *ANSWERS, model="ocr_handler")
    for _ in range(3):
        pid = _ocr_worker(watched)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda pid=pid: _ocr_worker(watched) not in (None, pid))  # type: ignore[misc]
        watched.wait_for_scrapes(1)
    assert counted(watched, name, *ANSWERS, model="ocr_handler") == before
    assert watched.ask("/sure-31.png").json()["flag"] is True
    wait_until(lambda: watched.eyes.has_fired("FundocrWorkerRestarts"))


def test_a_torchserve_that_ends_rings(watched: Watched) -> None:
    (java,) = [
        process
        for process in psutil.process_iter()
        if "java" in process.name() and _is_of(process, str(watched.trial.home))
    ]
    java.kill()
    wait_until(lambda: watched.eyes.has_fired("FundocrTorchServeAway"))
    wait_until(lambda: _ocr_worker(watched) is not None, 180)
    wait_until(lambda: watched.ask("/sure-32.png").status_code == 200)


def _rings(watched: Watched) -> set[str]:
    return {one["labels"]["alertname"] for one in watched.eyes.firing()}


def _ocr_worker(watched: Watched) -> int | None:
    """The id of the READY worker that reads; None while there is none."""
    try:
        answer = requests.get(
            f"{watched.trial.address.management}/models/ocr_handler",
            headers=watched.trial.authorization("management"),
            timeout=10,
        )
        (worker,) = answer.json()[0]["workers"]
        return int(worker["pid"]) if worker["status"] == "READY" else None
    except (requests.RequestException, ValueError, KeyError, TypeError):
        return None


def _is_of(process: psutil.Process, home: str) -> bool:
    try:
        return process.environ().get("FUNDOCR_HOME") == home
    except psutil.Error:
        return False


def test_no_personal_thing_is_in_any_figure(watched: Watched) -> None:
    text = watched.front("GET", "/metrics", Role.MONITOR).text
    assert "fundocr_answers_total" in text
    values = set(re.findall(r'="((?:[^"\\]|\\.)*)"', text))
    for private in ("the caller", watched.host.authority, "sure-0.png", "011608", "1234.56"):
        assert not [value for value in values if private in value], private
