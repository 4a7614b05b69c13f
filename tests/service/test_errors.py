"""Every line of the error table that needs no key and no rate: status, code and sentence, and the
neighbours of a bad item in one batch of eight are answered as if it were not there.
"""

import json
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from pipeline import errors
from tests.picture_host import (
    PictureHost,
    allowed_from,
    endless_body,
    gzip_encoded,
    hangs_up,
    never_answers,
    picture_host,
    redirect,
    status,
    wrong_length,
)
from tests.service.rest import SAMPLES, correction, link, post, post_at_once
from tests.trial import Trial

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


@pytest.fixture(scope="module")
def host() -> Iterator[PictureHost]:
    content = SAMPLE.read_bytes()
    pages: dict[str, Any] = {
        "/good.png": content,
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
    with picture_host(pages) as running:
        yield running


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory, host: PictureHost) -> Iterator[Trial]:
    """A service whose copy of the model takes its time to gather eight requests."""
    settings = {
        **allowed_from(host),
        "FUNDOCR_FETCH_SECONDS": "2",
        "FUNDOCR_MAX_BYTES": "1000000",
    }
    with Trial(tmp_path_factory.mktemp("errors"), settings) as running:
        answer = requests.post(
            f"{running.address.management}/models",
            params={
                "url": "ocr_handler.mar",
                "model_name": "eight",
                "batch_size": 8,
                "max_batch_delay": 5000,
                "initial_workers": 1,
                "synchronous": "true",
            },
            headers=running.authorization("management"),
            timeout=120,
        )
        assert answer.status_code == 200, answer.text
        yield running


def outcome(answer: requests.Response) -> tuple[int, str | None]:
    body = answer.json()
    assert body.get("request_id") or body["detail"]["request_id"]
    return answer.status_code, body.get("code")


FETCHED = [
    ("/gone.png", 502, "FETCH_FAILED"),
    ("/broken.png", 502, "FETCH_FAILED"),
    ("/moved.png", 502, "FETCH_FAILED"),
    ("/hangs-up.png", 502, "FETCH_FAILED"),
    ("/packed.png", 502, "FETCH_FAILED"),
    ("/lying.png", 502, "FETCH_FAILED"),
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
    trial: Trial, host: PictureHost, path: str, expected: int, code: str
) -> None:
    answer = post(trial, link(host.url(path)))
    assert outcome(answer) == (expected, code)
    if code.startswith("FETCH"):
        assert answer.json()["error"] == errors.FETCH_FAILED


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
    large = SAMPLE.read_bytes() + bytes(1_000_001)
    assert outcome(post(trial, large, content_type="image/png")) == (413, "TOO_MANY_BYTES")


def test_bad_items_change_nothing_for_their_neighbours_in_a_batch_of_eight(
    trial: Trial, host: PictureHost
) -> None:
    bodies = [
        link(host.url("/good.png?1")),
        link(host.url("/gone.png")),
        link(host.url("/good.png?2")),
        {"image_url": "x"},
        link("http://127.0.0.1:1/a.png"),
        link(host.url("/half.png")),
        link(host.url("/good.png?1")),
        link(host.url("/silent.png")),
    ]
    answers = post_at_once(trial, bodies, model="eight")
    assert [answer.status_code for answer in answers] == [200, 502, 200, 400, 403, 422, 200, 504]
    assert all(answers[index].json()["data"] == GOOD for index in (0, 2, 6))
    identifiers = [
        answer.json().get("request_id") or answer.json()["detail"]["request_id"]
        for answer in answers
    ]
    assert len(set(identifiers)) == 8
    records = answered(trial.home / "var" / "log" / "model_log.log", identifiers)
    assert [record["batch"] for record in records] == [8] * 8
    asked = [asked.target for asked in host.requests if asked.target == "/good.png?1"]
    assert asked == ["/good.png?1"], "equal requests of one batch are fetched and read once"


def answered(log: Path, identifiers: list[str]) -> list[dict[str, Any]]:
    """The worker's log records of these requests."""
    records = (json.loads(line) for line in log.read_text("utf-8").splitlines() if line[:1] == "{")
    by_id = {record.get("request_id"): record for record in records}
    return [by_id[identifier] for identifier in identifiers]


def test_with_the_database_away_nothing_is_answered_that_is_not_stored(
    tmp_path: Path, host: PictureHost, mariadb_of_its_own: Callable[[], Any]
) -> None:
    server, url = mariadb_of_its_own()
    settings = {**allowed_from(host), "FUNDOCR_DATABASE_URL": url}
    with Trial(tmp_path, settings) as trial:
        assert post(trial, link(host.url("/good.png"))).json()["data"] == GOOD
        server.kill()
        away = post(trial, link(host.url("/good.png")))
        assert outcome(away) == (503, "DATABASE_UNAVAILABLE")
        assert int(away.headers["Retry-After"]) > 0
        failed = post(trial, correction(host.url("/good.png")), model="ocr_info_update")
        assert outcome(failed) == (503, "DATABASE_UNAVAILABLE")
        assert failed.json()["error"] == errors.UPDATE_FAILED
        dry = post(trial, link(host.url("/good.png"), dry_run=True))
        assert dry.json()["data"] == GOOD, "a dry run needs no database"
        server.start()
        back = post(trial, link(host.url("/good.png")))
        assert back.json()["data"] == GOOD
        assert back.json()["detail"]["source"] == "stored"


@pytest.fixture
def mariadb_of_its_own() -> Iterator[Callable[[], Any]]:
    """A server that the test may kill, with an upgraded database."""
    from db.upgrade import upgrade
    from tests.mariadb import MariaDB

    with MariaDB() as server:

        def start() -> tuple[MariaDB, str]:
            url = server.new_database()
            upgrade(url)
            return server, url

        yield start
