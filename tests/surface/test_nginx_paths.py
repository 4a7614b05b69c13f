"""What nginx lets through: the front door's own paths, methods and content types, and no others."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sanic import Sanic

from front.app import create_app
from front.pages.render import STATIC
from pipeline.settings import Settings
from serving.torchserve import TorchServeAddress
from tests.surface.conftest import Behind
from tests.surface.nginx import checked

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PICTURE = {"Content-Type": "image/png"}
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND")
# What stands for the variable parts of a path.
# For Prometheus, which asks the front door itself: figures are nobody's business outside.
INSIDE = {"/metrics"}
PARTS = {"version": "1.0", "batch_id": "0191a2b3c4d5deadbeefdeadbeef00", "row_id": "17"}


def routes(home: Path) -> Iterator[tuple[str, set[str]]]:
    """Path and methods of everything that the front door has."""
    app = create_app(Settings(home=home), TorchServeAddress(inference="http://127.0.0.1:9"))
    Sanic.unregister_app(app)  # there can be one of its name in a process
    app.ctx.lookups.close()
    app.ctx.engine.dispose()
    for route in app.router.routes:
        path = "/" + route.path.lstrip("/")
        if path.startswith("/static"):
            files = [file for file in STATIC.rglob("*") if file.is_file()]
            assert len(files) > 5
            for file in files:
                yield f"/static/{file.relative_to(STATIC)}", {"GET", "HEAD"}
            continue
        path = re.sub(r"<(\w+)[^>]*>", lambda found: PARTS[found[1]], path)
        yield path, set(route.methods) - {"OPTIONS", "HEAD"}


def content_type(path: str) -> dict[str, str]:
    return {"/login": FORM, "/upload": PICTURE}.get(path, JSON)


def test_the_shipped_file_is_sound(tmp_path: Path) -> None:
    done = checked(tmp_path, "http://127.0.0.1:8000")
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr
    assert "syntax is ok" in done.stderr


def test_every_path_of_the_front_door_is_reached_by_its_methods_and_no_other(
    behind: Behind, tmp_path: Path
) -> None:
    by_path: dict[str, set[str]] = {}
    for path, methods in routes(tmp_path):
        by_path.setdefault(path, set()).update(methods)
    assert len(by_path) > 30
    assert by_path.keys() >= INSIDE
    for path, methods in by_path.items():
        if path in INSIDE:
            continue
        target = f"{path}?a=%20b&c=/../d"
        for method in METHODS:
            body, headers = (b"{}", content_type(path)) if method in ("POST", "PUT") else (None, {})
            answer = behind.ask(method, target, body, headers)
            reached = [(seen.method, seen.target) for seen in behind.reached()]
            if method in methods:
                assert reached == [(method, target)], (method, path)
                assert answer.status == 200
            else:
                assert reached == [], (method, path)
                assert answer.error() == (405, "WRONG_METHOD")


@pytest.mark.parametrize(
    "target",
    [
        "/models",
        "/models/ocr_handler",
        "/workflows?url=http://127.0.0.1/x.war",
        "/wfpredict/x",
        "/metrics",
        "/token?type=management",
        "/api-description",
        "/explanations/ocr_handler",
        "/predictions",
        "/predictions/",
        "/predictions/other",
        "/predictions/ocr_handler/1.0/more",
        "/predictions/ocr_handler/..",
        "/predictions/ocr_handler/%2e%2e",
        "/predictions/ocr_handler/..%2f..%2fmodels",
        "/predictions/..%2f..%2fmodels",
        "/predictions/%2e%2e/models",
        "/predictions/ocr_handler/1%2e0",
        "/ocr_handler/1.0",
        "/ocr_handler/",
        "/OCR_HANDLER",
        "/%6fcr_handler",
        "/ocr_handler;x",
        "/ocr_handler%00",
        "/ocr_handler%3f",
        "//ocr_handler",
        "/./ocr_handler",
        "/x/../ocr_handler",
        "/review/17x",
        "/review/-1",
        "/review/17/delete",
        "/review/17/picture/../../18",
        "/static/",
        "/static/../../key_file.json",
        "/static/..%2f..%2fkey_file.json",
        "/static/.env",
        "/key_file.json",
        "/.env",
        "/.git/config",
        "/v1/models/ocr_handler:predict",
        "/-error",
        "/index.html",
        "*",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_else_is_there(behind: Behind, target: str, method: str) -> None:
    answer = behind.ask(method, target, b"{}" if method == "POST" else None, JSON)
    assert answer.error() in ((404, "NO_SUCH_PATH"), (400, "BAD_REQUEST"))
    assert behind.reached() == []


@pytest.mark.parametrize(
    ("path", "given", "handed_on"),
    [
        ("/ocr_handler", "application/json", "application/json"),
        ("/ocr_handler", "Application/JSON; charset=utf-8", "application/json"),
        ("/ocr_handler", "application/x-www-form-urlencoded", "application/json"),
        ("/ocr_handler", "text/plain;charset=UTF-8", "application/json"),
        ("/ocr_handler", None, "application/json"),
        ("/ocr_handler", "", "application/json"),
        ("/ocr_handler", "image/png", "image/png"),
        ("/ocr_handler", "image/webp; x=y", "image/webp; x=y"),
        ("/ocr_handler", "multipart/form-data; boundary=b", "multipart/form-data; boundary=b"),
        ("/ocr_handler", "multipart/form-data", None),
        ("/ocr_handler", "multipart/mixed; boundary=b", None),
        ("/ocr_handler", "application/octet-stream", "application/octet-stream"),
        ("/ocr_batch", "application/octet-stream", None),
        ("/ocr_handler", "application/jsonx", None),
        ("/ocr_handler", "application/xml", None),
        ("/ocr_handler", "image", None),
        ("/ocr_handler", "application/json, image/png", None),
        ("/predictions/ocr_handler/1.0", "image/png", "image/png"),
        ("/predictions/ocr_handler", "text/html", None),
        ("/ocr_info_update", "application/json", "application/json"),
        ("/ocr_info_update", "application/x-www-form-urlencoded", "application/json"),
        ("/ocr_info_update", "image/png", None),
        ("/ocr_info_update", "multipart/form-data; boundary=b", None),
        ("/ocr_batch", "application/json", "application/json"),
        ("/ocr_batch", "image/png", None),
        ("/review/17/correct", "application/json", "application/json"),
        # Any site can make a browser send these; the pages' own requests call themselves JSON.
        ("/review/17/correct", "text/plain", None),
        ("/review/17/correct", "application/x-www-form-urlencoded", None),
        ("/review/17/correct", None, None),
        ("/logout", "application/json", "application/json"),
        ("/logout", "application/x-www-form-urlencoded", None),
        ("/login", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded"),
        ("/login", "multipart/form-data; boundary=b", None),
        ("/login", "application/json", None),
        ("/upload", "image/unknown", "image/unknown"),
        ("/upload", "application/json", None),
        ("/upload", "multipart/form-data; boundary=b", None),
    ],
)
def test_only_json_and_pictures_are_handed_on(
    behind: Behind, path: str, given: str | None, handed_on: str | None
) -> None:
    answer = behind.ask("POST", path, b"{}", {} if given is None else {"Content-Type": given})
    reached = [seen.headers.get("content-type") for seen in behind.reached()]
    if handed_on is None:
        assert answer.error() == (415, "NOT_A_PICTURE")
        assert reached == []
    else:
        assert (answer.status, reached) == (200, [handed_on])


def test_who_only_reads_hands_on_no_content_type(behind: Behind) -> None:
    assert behind.ask("GET", "/healthz", headers=JSON).status == 200
    assert "content-type" not in behind.reached()[0].headers


def test_the_front_door_learns_from_nginx_alone_whose_request_it_is(behind: Behind) -> None:
    forged = {
        "X-Forwarded-For": "10.0.0.1",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "1",
        "X-Real-IP": "10.0.0.1",
        "Forwarded": "for=10.0.0.1",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "TE": "trailers",
    }
    behind.ask(
        "GET", "/healthz", headers=forged | {"Authorization": "Bearer k"}, source="127.0.7.1"
    )
    (seen,) = behind.reached()
    assert seen.headers["x-forwarded-for"] == "127.0.7.1"
    assert seen.headers["x-forwarded-proto"] == "https"
    assert seen.headers["host"] == f"localhost:{behind.nginx.port}"
    assert seen.headers["authorization"] == "Bearer k"
    assert seen.headers["connection"] == "close"
    gone = ("x-forwarded-host", "x-forwarded-port", "x-real-ip", "forwarded", "upgrade", "te")
    assert [name for name in gone if name in seen.headers] == []


@pytest.mark.parametrize("given", ["order-17.b_2", "a" * 64])
def test_the_callers_request_id_goes_through(behind: Behind, given: str) -> None:
    headers = {"X-Request-Id": given}
    behind.ask("GET", "/healthz", headers=headers)
    assert behind.reached()[0].headers["x-request-id"] == given
    refused = behind.ask("GET", "/nothing", headers=headers)
    assert refused.error() == (404, "NO_SUCH_PATH")
    assert refused.headers["x-request-id"] == given


def test_without_a_plain_request_id_the_callers_trace_is_it(behind: Behind) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    parent = f"00-{trace}-00f067aa0ba902b7-01"
    for more, told in (({}, trace), ({"X-Request-Id": "two words"}, trace)):
        behind.ask("GET", "/healthz", headers={"traceparent": parent, **more})
        assert behind.reached()[0].headers["x-request-id"] == told
    behind.ask("GET", "/healthz", headers={"traceparent": parent, "X-Request-Id": "order-17"})
    assert behind.reached()[0].headers["x-request-id"] == "order-17"


@pytest.mark.parametrize("given", ["", "a" * 65, "two words", '"quoted"', "{}"])
def test_a_request_id_that_is_not_plain_is_replaced(behind: Behind, given: str) -> None:
    headers = {"X-Request-Id": given}
    behind.ask("GET", "/healthz", headers=headers)
    assert re.fullmatch(r"[0-9a-f]{32}", behind.reached()[0].headers["x-request-id"])
    refused = behind.ask("GET", "/nothing", headers=headers)
    assert re.fullmatch(r"[0-9a-f]{32}", refused.headers["x-request-id"])
    refused.error()
