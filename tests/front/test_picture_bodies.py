"""A picture's bytes are known by what they are, however TorchServe's usual clients send them."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from secrets import token_bytes

import pytest
import requests

from pipeline.request import Bytes, Request
from tests.front.in_process import front_in_process, new_database
from tests.front.torchserve_stub import TorchServeStub, torchserve_stub

PNG = b"\x89PNG\r\n\x1a\n" + token_bytes(100_000)
"""Longer than any JSON. Nobody reads it here."""
UNKNOWN = {"image_url": "ftp://pictures.example.com/a.png", "url_type": "oss"}


@pytest.fixture(scope="module")
def stub() -> Iterator[TorchServeStub]:
    with torchserve_stub() as running:
        yield running


@pytest.fixture(scope="module")
def front(stub: TorchServeStub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("front")
    new_database(home)
    with front_in_process(stub.url, home, management=stub.url) as url:
        yield url


def handed_on(stub: TorchServeStub) -> bytes:
    """What the handler takes the last request for: these bytes."""
    asked = stub.handed[-1].asked()
    assert isinstance(asked, Request)
    assert isinstance(asked.source, Bytes)
    return asked.source.content


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    "content_type",
    [
        *("image/png", "Application/Octet-Stream", "application/x-www-form-urlencoded"),
        *("application/json", "text/plain", "", None),
    ],
)
def test_a_picture_is_taken_under_any_content_type(
    front: str, stub: TorchServeStub, method: str, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    path = "/predictions/ocr_handler" if method == "PUT" else "/ocr_handler"
    for content in (PNG, PNG[:60]):
        answer = requests.request(method, front + path, data=content, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
        assert handed_on(stub) == content


@pytest.mark.parametrize("field", ["image", "data", "body"])
def test_a_forms_picture_may_have_torchserves_names(
    front: str, stub: TorchServeStub, field: str
) -> None:
    files = {field: ("a.png", PNG), "dry_run": (None, "true")}
    answer = requests.post(f"{front}/ocr_handler", files=files, timeout=30)
    assert answer.status_code == 200
    assert b'name="image"' in stub.handed[-1].body  # as older archives know it, too
    assert PNG in stub.handed[-1].body


def test_a_form_with_two_pictures_is_refused(front: str) -> None:
    files = {"body": ("a.png", PNG), "data": ("b.png", PNG)}
    answer = requests.post(f"{front}/ocr_handler", files=files, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_FORM")


@pytest.mark.parametrize("options", [["-T"], ["-F", "data="], ["-F", "image="], ["--data-binary"]])
def test_curl_sends_a_picture_as_torchserves_docs_do(
    front: str, stub: TorchServeStub, tmp_path: Path, options: list[str]
) -> None:
    picture = tmp_path / "pic.png"
    picture.write_bytes(PNG)
    *before, last = options
    named = str(picture) if last == "-T" else f"{last if '=' in last else ''}@{picture}"
    given = [*before, named] if "=" in last else [last, named]
    command = ["curl", "-s", *given, f"{front}/predictions/ocr_handler"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert json.loads(done.stdout)["detail"]["source"] == "ocr"
    assert handed_on(stub) == PNG


@pytest.mark.parametrize("content_type", ["application/octet-stream", "text/html", None])
def test_json_is_taken_under_any_content_type_all_the_same(
    front: str, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        body = json.dumps(UNKNOWN).encode(encoding)
        answer = requests.post(f"{front}/ocr_handler", data=body, headers=headers, timeout=30)
        assert answer.json()["code"] == "BAD_URL", (content_type, encoding)
    files = {"data": ("link.json", json.dumps(UNKNOWN))}
    assert (
        requests.post(f"{front}/ocr_handler", files=files, timeout=30).json()["code"] == "BAD_URL"
    )


def test_what_is_neither_is_as_short_as_json(front: str, stub: TorchServeStub) -> None:
    before = len(stub.handed)
    long = {"data": b"no picture" * 10_000, "timeout": 30}
    for headers in ({}, {"Content-Type": "application/octet-stream"}):
        answer = requests.post(f"{front}/ocr_handler", headers=headers, **long)
        assert (answer.status_code, answer.json()["code"]) == (413, "TOO_MANY_BYTES")
    answer = requests.post(f"{front}/ocr_handler", data=b"no picture", timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (400, "NOT_JSON")
    assert len(stub.handed) == before


def test_a_picture_without_a_type_may_be_no_larger_than_one_with(front: str) -> None:
    for content in (PNG[:100] + b"x" * (12 * 1024 * 1024), b"{" * (12 * 1024 * 1024)):
        answer = requests.post(f"{front}/ocr_handler", data=content, timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (413, "TOO_MANY_BYTES")
