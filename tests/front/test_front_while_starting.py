"""What a TorchServe says that is about to start is told as what it is: ask again."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from tests.front.in_process import front_in_process, new_database


@contextmanager
def torchserve_that_says(status: int, kind: str) -> Iterator[str]:
    """The address of one that answers everything with this error, in TorchServe's form."""
    body = json.dumps({"code": status, "type": kind, "message": "…"}).encode()

    class Says(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Says) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (404, "ModelNotFoundException", (503, "SERVICE_BUSY")),
        (404, "ModelVersionNotFoundException", (404, "NO_SUCH_VERSION")),
        (503, "ServiceUnavailableException", (503, "SERVICE_BUSY")),
    ],
)
def test_a_version_that_is_not_there_yet_is_busy(
    status: int, kind: str, told: tuple[int, str], tmp_path: Path
) -> None:
    new_database(tmp_path)
    headers = {"Content-Type": "image/png"}
    says = torchserve_that_says(status, kind)
    with says as torchserve, front_in_process(torchserve, tmp_path) as url:
        answer = requests.post(
            f"{url}/predictions/ocr_handler/1.0", data=b"picture", headers=headers, timeout=60
        )
    assert (answer.status_code, answer.json()["code"]) == told
