"""Who listens where, and what of TorchServe can be reached from outside: nothing."""

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from db.upgrade import upgrade
from pipeline.settings import PROJECT
from serving.properties import read_properties
from tests.front.front_process import database_url, exchange, front_door
from tests.shared_service import SharedService
from tests.surface.recorder import Recorder, recorder

pytest_plugins = ["tests.shared_service_fixtures"]


def sockets_of(home: Path) -> list[tuple[str, int, str]]:
    """Address, port and state of every internet socket of the service of this home."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("FUNDOCR_HOME") == str(home):
                for one in process.net_connections("inet"):
                    found.append((one.laddr.ip, one.laddr.port, one.status))
    return found


def is_loopback(text: str) -> bool:
    address = ipaddress.ip_address(text)
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def test_the_service_listens_on_loopback_alone(shared: SharedService) -> None:
    trial = shared.trial
    properties = read_properties(trial.home / "config.properties")
    apis = (trial.address.inference, trial.address.management, trial.address.metrics, trial.front)
    expected = {urlsplit(url).port for url in apis}
    expected |= {int(properties[f"grpc_{api}_port"]) for api in ("inference", "management")}
    found = sockets_of(trial.home)
    listening = {port for _, port, state in found if state == psutil.CONN_LISTEN}
    assert listening == expected
    # Datagram sockets have no state; they would be told here too.
    assert [one for one in found if not is_loopback(one[0])] == []


def test_none_of_them_answers_at_another_address_of_this_machine(shared: SharedService) -> None:
    ports = {port for _, port, state in sockets_of(shared.home) if state == psutil.CONN_LISTEN}
    others = {
        address.address
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family == socket.AF_INET and not is_loopback(address.address)
    }
    for address in others | {"127.0.0.2"}:
        for port in ports:
            with pytest.raises(OSError), socket.create_connection((address, port), timeout=10):
                pass


def test_what_is_shipped_fetches_nothing_and_asks_for_tokens() -> None:
    shipped = read_properties(PROJECT / "config.properties")
    for api in ("inference", "management", "metrics"):
        assert urlsplit(shipped[f"{api}_address"]).hostname == "127.0.0.1"
    assert {shipped["grpc_inference_address"], shipped["grpc_management_address"]} == {"127.0.0.1"}
    assert shipped["disable_token_authorization"] == "false"
    assert shipped["allowed_urls"] == r"https://models\.invalid/.*"


# The front door, before two servers that only write down what reaches them.


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Recorder, Recorder]]:
    """The front door's address, and what stands where TorchServe's two APIs would."""
    home = tmp_path_factory.mktemp("front")
    upgrade(database_url(home))
    with (
        recorder() as inference,
        recorder() as management,
        front_door(inference.url, home, "--management", management.url) as url,
    ):
        yield url, inference, management


# (/metrics is the front door's own: tests/eyes/test_front_metrics.py.)
TARGETS = (
    "/models",
    "/models/ocr_handler",
    "/models?url=http://127.0.0.1/x.mar",
    "/workflows?url=http://127.0.0.1/x.war",
    "/wfpredict/x",
    "/token?type=management",
    "/api-description",
    "/explanations/ocr_handler",
    "/predictions",
    "/predictions/",
    "/predictions/other",
    "/predictions/ocr_handler/1.0/more",
    "/predictions/..",
    "/predictions/../models",
    "/predictions/..%2fmodels",
    "/predictions/..%2f..%2fmodels",
    "/predictions/%2e%2e/models",
    "/predictions/ocr_handler/..",
    "/predictions/ocr_handler/..%2f..%2f..%2fmodels",
    "/predictions/ocr_handler/%2e%2e",
    "/predictions/ocr_handler/1.0%3fx",
    "/predictions/ocr_handler/1.0%2f..",
    "/predictions/ocr_handler/1.0%0d%0aX:%20y",
    "/predictions/ocr_handler%2f1.0",
    "/predictions/ocr%5fhandler/..",
    "/predictions/ocr_handler;x",
    "/v1/models/ocr_handler:predict",
    "/v2/models/ocr_handler/infer",
    "//models",
    "/ping/../models",
    "/static/../models",
    "/static/..%2f..%2fkey_file.json",
    "http://127.0.0.1:8081/models",
    "*",
)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_no_path_of_the_front_door_leads_to_anything_else_of_torchserve(
    behind: tuple[str, Recorder, Recorder], method: str, target: str
) -> None:
    url, inference, management = behind
    body = b'{"image_url": "http://here/a.png", "url_type": "oss"}'
    head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    with nothing_new(inference, management):
        answer = exchange(url, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    # 303: `*` is taken for the first page.
    assert answer.split(b" ")[1] in (b"400", b"404", b"405", b"303" if target == "*" else b"")


@contextmanager
def nothing_new(*recorders: Recorder) -> Iterator[None]:
    before = [len(recorder.seen) for recorder in recorders]
    yield
    assert [len(recorder.seen) for recorder in recorders] == before


def test_of_the_inference_api_health_and_predictions_are_asked_for(
    behind: tuple[str, Recorder, Recorder],
) -> None:
    """And of the management API whether the models are READY; nothing that a caller sends goes
    there."""
    url, inference, management = behind
    body = b"Content-Length: 0\r\n\r\nGET /models HTTP/1.1\r\n\r\n"
    head = b"POST /predictions/ocr_handler/1.0?x=/../../models HTTP/1.1\r\nHost: 10.9.8.7\r\n"
    head += b"Content-Type: image/png\r\n"
    head += b"Authorization: Bearer x\r\nX-Forwarded-For: 127.0.0.1\r\nCookie: a=b\r\n"
    keyless = head.replace(b"Authorization: Bearer x\r\n", b"")
    with nothing_new(inference, management):
        assert b'"WRONG_KEY"' in exchange(url, head + b"Content-Length: 0\r\n\r\n")
    exchange(url, keyless + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    exchange(url, b"GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    exchange(url, b"GET /readyz?/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    asked = [(seen.method, seen.target) for seen in inference.seen]
    assert set(asked) == {("POST", "/predictions/ocr_handler/1.0"), ("GET", "/ping")}
    sent = next(seen for seen in inference.seen if seen.method == "POST")
    assert sent.headers["host"] == inference.url.removeprefix("http://")
    assert {"cookie", "x-forwarded-for"} & sent.headers.keys() == set()
    assert {(seen.method, seen.target) for seen in management.seen} == {
        ("GET", "/models/ocr_handler"),
        ("GET", "/models/ocr_info_update"),
    }
