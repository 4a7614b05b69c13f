"""A TorchServe that reads nothing: it keeps what is handed on to it, and answers when it is told.

Its answers have the handlers' form. What it got is for the real handler's own parser to judge.
"""

import json
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from handlers import exchange
from pipeline import fetched
from pipeline.errors import ServiceError
from pipeline.request import Request
from pipeline.response import error_body, to_json

_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """One request as it came. path: which model, and version."""

    id: str
    path: str
    content_type: str
    body: bytes

    def asked(self) -> Request | ServiceError:
        """What the handler takes it for; fields of a form are TorchServe's own to find."""
        return exchange.recognise_request(
            exchange.Call(
                id=self.id,
                index=0,
                batch=1,
                describe=False,
                content_type=self.content_type,
                fields={"body": self.body},
            )
        )


@dataclass(slots=True, kw_only=True)
class TorchServeStub:
    """url: its address. handed: what it was given, in order. refusal: of what the front door has
    fetched."""

    url: str = ""
    handed: list[Handed] = field(default_factory=list)
    refusal: ServiceError | None = None
    _may_answer: float = math.inf
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def hold(self) -> None:
        """From now on nothing is answered until `answer` says how many."""
        self._may_answer = 0

    def answer(self, count: float = math.inf) -> None:
        with self._changed:
            self._may_answer += count
            self._changed.notify_all()

    def ids(self) -> list[str]:
        return [one.id for one in self.handed]

    def _take(self, one: Handed) -> tuple[int, str]:
        self.handed.append(one)
        with self._changed:
            assert self._changed.wait_for(lambda: self._may_answer > 0, _SECONDS)
            self._may_answer -= 1
        if self.refusal is not None and one.content_type == fetched.CONTENT_TYPE:
            return self.refusal.status, to_json(error_body(self.refusal, one.id))
        detail = {"id": 1, "source": "ocr", "reason": "NO_TEXT", "request_id": one.id}
        return 200, json.dumps({"flag": False, "data": {}, "detail": detail})


@contextmanager
def torchserve_stub() -> Iterator[TorchServeStub]:
    stub = TorchServeStub()

    class Stub(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._say(200, '{"status": "Healthy"}')

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told = {"id": "X-Request-Id", "content_type": "Content-Type"}
            named = {name: self.headers[header] for name, header in told.items()}
            self._say(*stub._take(Handed(path=self.path, body=body, **named)))

        def _say(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    with Server(("127.0.0.1", 0), Stub) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        stub.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield stub
        finally:
            stub.answer()
            server.shutdown()
            thread.join()
