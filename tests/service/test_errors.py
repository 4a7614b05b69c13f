"""Every line of the error table that needs no key and no rate: status, code and sentence, and the
neighbours of a bad item in one batch of eight are answered as if it were not there.
"""

import json
import os
import signal
import struct
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
import requests

from evals.testbed.picture_host import (
    Behaviour,
    endless_body,
    gzip_encoded,
    hangs_up,
    never_answers,
    redirect,
    status,
    wrong_length,
)
from pipeline import errors
from pipeline.settings import Settings
from tests.serve.waiting import wait_until
from tests.service.rest import SAMPLES, correction, link, post
from tests.shared_service import SharedService
from tests.trial import Trial

pytest_plugins = ["tests.shared_service_fixtures"]

SAMPLE = SAMPLES / "alipay_light_rows.png"
GOOD = {"fund_code": "011608", "hold_share": "1234.56"}
JPEG = SAMPLES / "cmb_dark_two_labels.jpg"


def bomb() -> bytes:
    """A PNG whose header claims 30,000 × 30,000 pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk + SAMPLE.read_bytes()[33:]


def tiny() -> bytes:
    """A whole BMP of one pixel."""
    return (
        b"BM"
        + struct.pack("<IHHI", 58, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, 1, 1, 1, 24, 0, 4, 2835, 2835, 0, 0)
        + b"\0\0\0\0"
    )


FOLDER = "/errors"


def routes() -> dict[str, bytes | Behaviour]:
    content = SAMPLE.read_bytes() + b"errors"  # other bytes than those of any other test
    return {
        "/good.png": content,
        "/known.png": content + b"1",
        "/gone.png": status(404),
        "/broken.png": status(500),
        "/moved.png": redirect("http://127.0.0.1:1/elsewhere.png"),
        "/hangs-up.png": hangs_up,
        "/packed.png": gzip_encoded(content),
        "/lying.png": wrong_length(content, len(content) + 10),
        "/silent.png": never_answers,
        "/endless.png": endless_body,
        "/page.html": b"<html><body>no picture</body></html>",
        "/animation.gif": b"GIF89a" + bytes(400),
        "/cut.jpg": JPEG.read_bytes()[:-2],
        "/half.png": content[: len(content) // 2],
        "/bomb.png": bomb(),
        "/tiny.bmp": tiny(),
        "/empty.png": b"",
    }


@pytest.fixture(scope="module")
def running(shared: SharedService) -> SharedService:
    shared.routes.update({f"{FOLDER}{path}": answer for path, answer in routes().items()})
    return shared


@pytest.fixture(scope="module")
def trial(running: SharedService) -> Trial:
    return running.trial


def url_of(service: SharedService, path: str) -> str:
    return service.host.url(f"{FOLDER}{path}")


def outcome(answer: requests.Response) -> tuple[int, str | None]:
    body = answer.json()
    assert body.get("request_id") or body["detail"]["request_id"]
    return answer.status_code, body.get("code")


CAUSES = {
    "/gone.png": "status 404",
    "/broken.png": "status 500",
    "/moved.png": "redirect",
    "/hangs-up.png": "closed",
    "/packed.png": "encoding",
    "/lying.png": "closed",
}
FETCHED = [
    *((path, 502, "FETCH_FAILED") for path in CAUSES),
    ("/silent.png", 504, "FETCH_TIMEOUT"),
    ("/endless.png", 413, "TOO_MANY_BYTES"),
    ("/page.html", 415, "NOT_A_PICTURE"),
    ("/animation.gif", 415, "NOT_A_PICTURE"),
    ("/empty.png", 415, "NOT_A_PICTURE"),
    ("/cut.jpg", 422, "BAD_PICTURE"),
    ("/half.png", 422, "BAD_PICTURE"),
    ("/bomb.png", 413, "TOO_MANY_PIXELS"),
    ("/tiny.bmp", 422, "PICTURE_TOO_SMALL"),
]


@pytest.mark.parametrize(("path", "expected", "code"), FETCHED)
def test_a_link_that_gives_no_sound_picture(
    running: SharedService, path: str, expected: int, code: str
) -> None:
    answer = post(running.trial, link(url_of(running, path)))
    assert outcome(answer) == (expected, code)
    if code.startswith("FETCH"):
        packed = path == "/packed.png"
        sentence = errors.FETCH_ENCODED.format("gzip") if packed else errors.FETCH_FAILED
        assert answer.json()["error"] == sentence
        assert answer.json().get("detail", {}).get("cause") == CAUSES.get(path)


REFUSED: list[tuple[bytes | dict[str, Any], int, str, str | None]] = [
    (b"{not json", 400, "NOT_JSON", errors.NotJson.message),
    (b"[1]", 400, "NOT_JSON", errors.NotJson.message),
    (b'"text"', 400, "NOT_JSON", errors.NotJson.message),
    (b"\xff\xfe", 400, "NOT_JSON", errors.NotJson.message),
    (b"[" * 100_000, 400, "NOT_JSON", errors.NotJson.message),
    ({}, 400, "MISSING_FIELD", errors.RECOGNISE_REQUIRED),
    ({"image_url": "https://a.example.com/a.png"}, 400, "MISSING_FIELD", errors.RECOGNISE_REQUIRED),
    ({"image_url": "", "url_type": "oss"}, 400, "MISSING_FIELD", errors.RECOGNISE_REQUIRED),
    ({"image_url": None, "url_type": "oss"}, 400, "MISSING_FIELD", errors.RECOGNISE_REQUIRED),
    (
        {"image_url": "https://a/", "url_type": "ftp"},
        400,
        "MISSING_FIELD",
        errors.RECOGNISE_REQUIRED,
    ),
    ({"image_url": 7, "url_type": "oss"}, 400, "WRONG_TYPE", errors.RECOGNISE_STRINGS),
    ({"image_url": ["x"], "url_type": "oss"}, 400, "WRONG_TYPE", errors.RECOGNISE_STRINGS),
    (link("https://a.example.com/", refresh="yes"), 400, "WRONG_TYPE", None),
    (link("file:///etc/passwd"), 400, "BAD_URL", None),
    (link("https://user@a.example.com/"), 400, "BAD_URL", None),
    (link("https://a.example.com/" + "a" * 2048), 400, "BAD_URL", None),
    (b'{"image_url": "https://a.example.com/\\ud800", "url_type": "oss"}', 400, "BAD_URL", None),
    (link("http://127.0.0.1:1/a.png"), 403, "HOST_NOT_ALLOWED", None),
    ({"image_url": "http://127.0.0.1/a.png", "url_type": "oss"}, 403, "ADDRESS_NOT_ALLOWED", None),
]


@pytest.mark.parametrize(("body", "expected", "code", "sentence"), REFUSED)
def test_a_request_that_is_not_understood_or_not_allowed(
    trial: Trial, body: bytes | dict[str, Any], expected: int, code: str, sentence: str | None
) -> None:
    # An empty dict must be sent as it is.
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = post(trial, raw, content_type="application/json")
    assert outcome(answer) == (expected, code)
    assert sentence is None or answer.json()["error"] == sentence


CORRECTIONS: list[tuple[dict[str, Any] | bytes, int, str, str | None]] = [
    (b"nothing", 400, "NOT_JSON", errors.NotJson.message),
    ({"image_url": "x"}, 400, "MISSING_FIELD", errors.UPDATE_REQUIRED),
    (correction("x", share=""), 400, "MISSING_FIELD", errors.UPDATE_REQUIRED),
    (correction("x", share=12.5), 400, "WRONG_TYPE", errors.UPDATE_STRINGS),
    (correction("x", code="０１１６０８"), 400, "BAD_FUND_CODE", None),
    (correction("x", code="11608"), 400, "BAD_FUND_CODE", None),
    (correction("x", share="-1"), 400, "BAD_HOLD_SHARE", None),
    (correction("x", share="1e3"), 400, "BAD_HOLD_SHARE", None),
    (correction("x", share="12,34.5"), 400, "BAD_HOLD_SHARE", None),
    (correction("x", share="1.23456"), 400, "BAD_HOLD_SHARE", None),
    (correction("x", share="12345678901234567"), 400, "BAD_HOLD_SHARE", None),
    (correction("x", row_version=True), 400, "WRONG_TYPE", None),
    (correction("https://never.example.com/a.png"), 404, "UNKNOWN_IMAGE", errors.UPDATE_UNKNOWN),
]


@pytest.mark.parametrize(("body", "expected", "code", "sentence"), CORRECTIONS)
def test_a_correction_that_cannot_be_stored(
    trial: Trial, body: bytes | dict[str, Any], expected: int, code: str, sentence: str | None
) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = post(trial, raw, model="ocr_info_update", content_type="application/json")
    assert outcome(answer) == (expected, code)
    assert sentence is None or answer.json()["error"] == sentence


def test_an_upload_that_is_no_picture(trial: Trial) -> None:
    assert outcome(post(trial, b"text", content_type="image/png")) == (415, "NOT_A_PICTURE")
    cut = SAMPLE.read_bytes()[:5000]
    assert outcome(post(trial, cut, content_type="image/png")) == (422, "BAD_PICTURE")
    large = SAMPLE.read_bytes() + bytes(Settings.model_fields["max_bytes"].default)
    assert outcome(post(trial, large, content_type="image/png")) == (413, "TOO_MANY_BYTES")


def test_bad_items_change_nothing_for_their_neighbours_in_a_batch(
    running: SharedService,
) -> None:
    good = url_of(running, "/good.png")
    bodies = [
        link(f"{good}?1"),
        link(url_of(running, "/gone.png")),
        link(f"{good}?2"),
        {"image_url": "x"},
        link("http://127.0.0.1:1/a.png"),
        link(url_of(running, "/half.png")),
        link(f"{good}?1"),
        link(url_of(running, "/silent.png")),
    ]
    answers = batched(running, bodies)
    assert [answer.status_code for answer in answers] == [200, 502, 200, 400, 403, 422, 200, 504]
    assert all(answers[index].json()["data"] == GOOD for index in (0, 2, 6))
    identifiers = [
        answer.json().get("request_id") or answer.json()["detail"]["request_id"]
        for answer in answers
    ]
    assert len(set(identifiers)) == 8
    records = answered(running, identifiers)
    # All eight wait. TorchServe gives up filling a batch after a delay, also while there are more
    # in its queue: on a busy machine they may go in two (in one: test_handlers_in_process.py).
    sizes = Counter(record["batch"] for record in records)
    assert max(sizes) > 1
    assert all(count % size == 0 for size, count in sizes.items())
    asked = [asked.target for asked in running.host.requests if asked.target.endswith(".png?1")]
    assert asked == [f"{FOLDER}/good.png?1"], "equal ones of a batch are fetched and read once"


def batched(service: SharedService, bodies: list[dict[str, Any]]) -> list[requests.Response]:
    """Their answers. They wait while the only worker stands still, with a picture before them that
    it waits for; then it takes them together."""
    with ThreadPoolExecutor(len(bodies) + 1) as pool:
        worker = stopped_while_it_reads(service, pool)
        try:
            asked = [pool.submit(post, service.trial, body) for body in bodies]
            wait_until(lambda: waiting(service) == len(bodies))
        finally:
            os.kill(worker, signal.SIGCONT)
        return [one.result() for one in asked]


def stopped_while_it_reads(service: SharedService, pool: ThreadPoolExecutor) -> int:
    """The worker's process id."""
    (worker,) = service.ready_workers()
    for turn in count():
        target = f"{FOLDER}/silent.png?before-{turn}"
        before = pool.submit(post, service.trial, link(service.host.url(target)))
        wait_until(lambda target=target: target in [one.target for one in service.host.requests])  # type: ignore[misc]
        os.kill(worker, signal.SIGSTOP)
        if not before.done():  # else it had given up the picture already
            break
        os.kill(worker, signal.SIGCONT)
    return worker


def waiting(service: SharedService) -> int:
    """How many requests for pictures TorchServe has taken that no worker has."""
    answer = requests.get(
        f"{service.trial.address.management}/models/ocr_handler",
        headers=service.trial.authorization("management"),
        timeout=30,
    )
    return int(answer.json()[0]["jobQueueStatus"]["pendingRequests"])


def answered(service: SharedService, identifiers: list[str]) -> list[dict[str, Any]]:
    """The worker's log records of these requests."""

    def by_id() -> dict[str, dict[str, Any]]:
        records = service.log("model_log.log")
        return {one["request_id"]: one for one in records if "request_id" in one}

    wait_until(lambda: by_id().keys() >= set(identifiers))
    records = by_id()
    return [records[identifier] for identifier in identifiers]


def test_with_the_database_away_nothing_is_answered_that_is_not_stored(
    running: SharedService,
) -> None:
    trial, known = running.trial, link(url_of(running, "/known.png"))
    assert post(trial, known).json()["data"] == GOOD
    running.mariadb.kill()
    try:
        away = post(trial, known)
        assert outcome(away) == (503, "DATABASE_UNAVAILABLE")
        assert int(away.headers["Retry-After"]) > 0
        failed = post(trial, correction(known["image_url"]), model="ocr_info_update")
        assert outcome(failed) == (503, "DATABASE_UNAVAILABLE")
        assert failed.json()["error"] == errors.UPDATE_FAILED
        dry = post(trial, {**known, "dry_run": True})
        assert dry.json()["data"] == GOOD, "a dry run needs no database"
    finally:
        running.mariadb.start()
        running.wait_ready()
    back = post(trial, known)
    assert back.json()["data"] == GOOD
    assert back.json()["detail"]["source"] == "stored"
