"""A web server on loopback that serves pictures, or misbehaves the way a hostile host would.

with picture_host({"/a.png": content, "/gone.png": status(404)}) as host:
    host.url("/a.png")     # http://127.0.0.1:PORT/a.png
    host.authority         # 127.0.0.1:PORT
    host.requests          # what was asked for, in order of arrival
"""

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request as it arrived; sent: bytes that the behaviour has sent so far.

    target: path and query as they stood in the request line. headers: names in lower case.
    server_name: the name the client wished for in TLS.
    """

    method: str
    target: str
    headers: dict[str, str]
    server_name: str | None = None
    sent: int = 0

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


class Conversation:
    """One accepted connection; `closing` is set when the host is about to stop."""

    def __init__(self, sock: socket.socket, asked: Asked, closing: threading.Event) -> None:
        self._sock, self._asked, self.closing = sock, asked, closing

    def send(self, data: bytes) -> bool:
        """Send all of it; False when the client has gone or the host stops."""
        try:
            for start in range(0, len(data), 65536):
                part = data[start : start + 65536]
                self._sock.sendall(part)
                self._asked.sent += len(part)
        except OSError:
            return False
        return not self.closing.is_set()


Behaviour: TypeAlias = Callable[[Conversation], object]


def head(status: str = "200 OK", **headers: str | int) -> bytes:
    lines = [f"HTTP/1.1 {status}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def whole(content: bytes) -> Behaviour:
    return raw(head(Content_Type="application/octet-stream", Content_Length=len(content)) + content)


def raw(data: bytes) -> Behaviour:
    """Exactly these bytes, then the end of the connection."""
    return lambda talk: talk.send(data)


def status(code: int) -> Behaviour:
    """An answer of this status that carries a body all the same."""
    return raw(head(f"{code} Nothing", Content_Length=4) + b"none")


def redirect(location: str, code: int = 302) -> Behaviour:
    return raw(head(f"{code} Elsewhere", Location=location, Content_Length=0))


def gzip_encoded(content: bytes) -> Behaviour:
    packed = gzip.compress(content)
    return raw(head(Content_Encoding="gzip", Content_Length=len(packed)) + packed)


def wrong_length(content: bytes, claimed: int) -> Behaviour:
    return raw(head(Content_Length=claimed) + content)


def until_close(content: bytes) -> Behaviour:
    """No length at all: the end of the connection is the end of the body."""
    return raw(head() + content)


def chunked(content: bytes, size: int = 4096) -> Behaviour:
    parts = (content[start : start + size] for start in range(0, len(content), size))
    body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return raw(head(Transfer_Encoding="chunked") + body + b"0\r\n\r\n")


def never_answers(talk: Conversation) -> None:
    talk.closing.wait()


def slow_drip(content: bytes, seconds_per_byte: float = 0.02) -> Behaviour:
    """Every byte by itself, so that no single read ever waits long."""

    def drip(talk: Conversation) -> None:
        message = head(Content_Length=len(content)) + content
        for byte in message:
            if not talk.send(bytes([byte])) or talk.closing.wait(seconds_per_byte):
                return

    return drip


def endless_body(talk: Conversation) -> None:
    """A body without a stated length that never ends."""
    if talk.send(head()):
        while talk.send(b"\xff" * 65536):
            pass


def endless_chunks(talk: Conversation) -> None:
    """A chunked body of one byte a chunk that never ends."""
    if talk.send(head(Transfer_Encoding="chunked")):
        while talk.send(b"1\r\n.\r\n" * 10_000):
            pass


def header_flood(talk: Conversation) -> None:
    """Headers that never end."""
    if talk.send(b"HTTP/1.1 200 OK\r\n"):
        while talk.send(b"X-Filler: " + b"x" * 1000 + b"\r\n"):
            pass


def interim_flood(talk: Conversation) -> None:
    """Interim answers that never end."""
    while talk.send(b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" * 100):
        pass


def hangs_up(talk: Conversation) -> None:
    """The end of the connection instead of an answer."""


@dataclass(slots=True, kw_only=True)
class PictureHost:
    """A running host. reached: the addresses at which connections were accepted, requests: how
    they went on."""

    address: str
    port: int
    scheme: str
    requests: list[Asked] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)

    @property
    def connections(self) -> int:
        return len(self.reached)

    @property
    def authority(self) -> str:
        return f"{self.address}:{self.port}"

    def url(self, target: str) -> str:
        return f"{self.scheme}://{self.authority}{target}"


@contextmanager
def picture_host(
    routes: Mapping[str, bytes | Behaviour],
    *,
    tls: ssl.SSLContext | None = None,
    address: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[PictureHost]:
    """Serve each path's bytes or behaviour until the block ends; else 404.

    address: `::` is every address of this machine, of both families. port: 0 is a free one.
    """
    is_everywhere = address == "::"
    listener = socket.create_server(
        (address, port),
        family=socket.AF_INET6 if is_everywhere else socket.AF_INET,
        dualstack_ipv6=is_everywhere,
        backlog=256,
    )
    host = PictureHost(
        address=address, port=listener.getsockname()[1], scheme="https" if tls else "http"
    )
    closing = threading.Event()
    if tls is not None:
        tls.sni_callback = _remember_name

    def accept() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            host.reached.append(sock.getsockname()[0])
            threading.Thread(target=serve, args=(sock,), daemon=True).start()

    def serve(sock: socket.socket) -> None:
        try:
            with sock if tls is None else tls.wrap_socket(sock, server_side=True) as stream:
                asked = _read_request(stream)
                if asked is None:
                    return
                host.requests.append(asked)
                answer = routes.get(asked.path, status(404))
                behaviour = whole(answer) if isinstance(answer, bytes) else answer
                behaviour(Conversation(stream, asked, closing))
                _linger(stream)
        except OSError:
            return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield host
    finally:
        closing.set()
        # Closing alone leaves a blocked accept() waiting.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _read_request(stream: socket.socket) -> Asked | None:
    data = b""
    while b"\r\n\r\n" not in data:
        part = stream.recv(65536)
        if not part:
            return None
        data += part
        if not data[:1].isalpha():
            stream.sendall(head("400 Bad Request", Content_Length=0))
            return None
    first, *lines = data.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    name = getattr(stream, "wished_name", None)
    return Asked(method=method, target=target, headers=headers, server_name=name)


def _remember_name(stream: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
    stream.wished_name = name  # type: ignore[attr-defined]


def _linger(stream: socket.socket) -> None:
    """Say goodbye in order, so that the client sees the end and not a reset."""
    if not isinstance(stream, ssl.SSLSocket):
        stream.shutdown(socket.SHUT_WR)


def allowed_from(host: PictureHost) -> dict[str, str]:
    """Settings under which `7min_local` may fetch from this host."""
    return {"FUNDOCR_LOCAL_HOSTS": host.authority, "FUNDOCR_LOCAL_CIDRS": "127.0.0.1/32"}
