"""A light HTTP/1.1 client: keep-alive, one request at a time on each connection."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Response:
    """What came back; status 0 where the connection was lost."""

    status: int
    body: bytes


class Connection(asyncio.Protocol):
    """One keep-alive connection to `host`:`port`; opened again after the server has closed it."""

    def __init__(self, host: str, port: int) -> None:
        self._place = (host, port)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Response] | None = None
        self._got = bytearray()
        self._head = 0
        self._needs = -1
        self._status = 0

    async def ask(self, request: bytes) -> Response:
        """Send one whole request, and wait for its answer."""
        loop = asyncio.get_running_loop()
        if self._transport is None or self._transport.is_closing():
            await loop.create_connection(lambda: self, *self._place)
        assert self._transport is not None
        self._got, self._needs = bytearray(), -1
        self._answer = loop.create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Give the connection back."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._end(Response(0, str(error or "closed").encode()))

    def data_received(self, data: bytes) -> None:
        self._got += data
        if self._needs < 0:
            end = self._got.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._got[:end]).lower()
            self._status, self._head = int(head[9:12]), end + 4
            name = b"\r\ncontent-length:"
            at = head.find(name)
            if at < 0:
                raise ValueError(f"an answer without a length: {head!r}")
            self._needs = end + 4 + int(head[at + len(name) :].split(b"\r\n", 1)[0])
        if len(self._got) >= self._needs:
            self._end(Response(self._status, bytes(self._got[self._head :])))

    def _end(self, response: Response) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_result(response)


def place(url: str) -> tuple[str, int]:
    """Host and port of `http://host:port/…`."""
    parts = urlsplit(url)
    assert parts.hostname is not None and parts.port is not None
    return parts.hostname, parts.port


def post(path: str, body: Any, headers: dict[str, str] | None = None) -> bytes:  # noqa: ANN401
    """A POST of JSON, whole."""
    content = json.dumps(body, separators=(",", ":")).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content
