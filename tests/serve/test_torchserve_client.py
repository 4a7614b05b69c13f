"""TorchServe asked, in commands and at the front door: one rule for a token that was renewed."""

import asyncio
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from serving.async_client import AsyncClient, with_present_token
from serving.client import Client, NoAnswer
from serving.torchserve import KEY_FILE, Answer, Header, Renewal, authorization, token_of

REFUSED = (400, {"code": 400, "type": "InvalidKeyException", "message": "Token is invalid"})
WRONG = (400, {"code": 400, "type": "BadRequestException", "message": "No"})
DIED = (507, {"code": 507, "type": "InternalServerException", "message": "Worker died"})
OURS = (200, {"request_id": "r", "data": {}})


class Stub(ThreadingHTTPServer):
    """Answers what it is told to, one after the other, and the last for ever.

    writes: a token that it writes down when it has refused another one.
    """

    daemon_threads = True

    def __init__(self, home: Path) -> None:
        super().__init__(("127.0.0.1", 0), Told)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.home = home
        self.answers: list[tuple[int, Any]] = []
        self.writes = ""
        self.tokens: list[str] = []

    def write(self, token: str) -> None:
        keys = {api: {"key": token} for api in ("inference", "management", "API")}
        (self.home / KEY_FILE).write_text(json.dumps(keys))


class Told(BaseHTTPRequestHandler):
    server: Stub

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.tokens.append(self.headers["Authorization"].removeprefix("Bearer "))
        answers = self.server.answers
        status, content = answers.pop(0) if len(answers) > 1 else answers[0]
        if status == 400 and self.server.writes:
            self.server.write(self.server.writes)
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[Stub]:
    with Stub(tmp_path) as server:
        server.write("first")
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def client(stub: Stub) -> Client:
    addresses = {f"{api}_address": stub.url for api in ("inference", "management")}
    return Client(stub.home, addresses)


def by_command(stub: Stub) -> Answer:
    return client(stub).ask("GET", "management", "/models")


def by_front_door(stub: Stub) -> Answer:
    async def ask() -> Answer:
        asks = AsyncClient(stub.url, seconds=5)

        async def send(header: Header) -> Answer:
            return await asks.send("GET", "/models", headers=header)

        renewal = Renewal(lambda: authorization(stub.home, "management"), 0.2)
        try:
            return await with_present_token(renewal, send)
        finally:
            await asks.close()

    return asyncio.run(ask())


both = pytest.mark.parametrize("ask", [by_command, by_front_door])


@both
def test_a_token_that_was_renewed_is_asked_with_again(ask: Any, stub: Stub) -> None:
    stub.answers, stub.writes = [REFUSED, OURS], "second"
    assert ask(stub).content == OURS[1]
    assert stub.tokens == ["first", "second"]


@both
def test_a_token_that_is_no_longer_good_is_asked_with_once(ask: Any, stub: Stub) -> None:
    stub.answers = [REFUSED]
    assert ask(stub).refuses_token
    assert stub.tokens == ["first"]


@both
def test_what_is_refused_for_another_reason_is_not_asked_again(ask: Any, stub: Stub) -> None:
    stub.answers, stub.writes = [WRONG, OURS], "second"
    assert ask(stub).status == 400
    assert stub.tokens == ["first"]


def test_a_worker_that_ended_under_a_command_is_asked_once_more_where_that_harms_nobody(
    stub: Stub,
) -> None:
    stub.answers = [DIED, OURS]
    assert client(stub).predict("ocr_handler", "1.0", again=True, json={}) == OURS[1]
    stub.answers = [DIED, OURS]
    with pytest.raises(NoAnswer, match="answered 507"):
        client(stub).predict("ocr_handler", "1.0", json={})


def test_tokens_are_asked_for_by_the_key_that_was_there_before_the_file_was_emptied(
    stub: Stub,
) -> None:
    """As a full disk leaves it."""
    stub.answers = [(200, {})]
    asks = client(stub)
    asks.renew_tokens()
    (stub.home / KEY_FILE).write_text("")
    for _ in range(2):
        asks.renew_tokens()
    assert stub.tokens == ["first"]


@pytest.mark.parametrize("written", ["", "[]", "{}", '{"inference": {"key": ""}}', "{", "\xff"])
def test_a_key_file_without_a_token_has_none(written: str, tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(written.encode("latin-1"))
    with pytest.raises(ValueError):
        token_of(tmp_path, "inference")


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[1]", b"{", b"\xff", b"[" * 100_000, b'{"type": "x"}']
)
def test_what_is_none_of_ours_is_taken_for_none(body: bytes) -> None:
    answer = Answer(status=200, body=body, headers={})
    assert not answer.is_ours
    assert answer.kind == ("x" if b"type" in body else "")
