"""Makes one GET over one connection to one checked address, all of it before one deadline.

No proxy, no redirect, no pool, no retry, no decoding: what those would do behind our back is
what a hostile host would use.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing
from io import BytesIO
from ipaddress import IPv4Address
from typing import TypeAlias

import certifi
import httpcore2

from pipeline.errors import FETCH_ENCODED, FetchFailed, FetchTimeout, PictureTooLarge
from pipeline.fetch.address import addresses_in
from pipeline.fetch.link import Address, Link

Resolve: TypeAlias = Callable[[str], Sequence[Address]]
Connect: TypeAlias = Callable[[Address, int, float], socket.socket]

_HEADER_BYTES = 64 * 1024
_MOST_CRUMBS = 1000
_CRUMB_BYTES = 256
_MOST_ADDRESSES = 4
# A front door fetches 64 at once, and a silent name server is asked for longer than the deadline.
_MOST_LOOKUPS = 256
_REDIRECTS = (301, 302, 303, 307, 308)
# What else was seen there is no compression: nothing, `identity`, `none`, `binary`, `utf-8`,
# `aws-chunked` and `base64`, of pictures that are sent as they are.
_COMPRESSIONS = frozenset(
    {"gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd", "dcb", "dcz"}
)


class Deadline:
    """A point in time that everything done for one picture must respect."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, always more than 0; FetchTimeout when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise FetchTimeout
        return left


def look_up(host: str) -> tuple[Address, ...]:
    """All addresses of a name, as the system resolves it; OSError when it has none."""
    answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return addresses_in(str(answer[4][0]) for answer in answers)


def open_socket(address: Address, port: int, timeout: float) -> socket.socket:
    """Connect to exactly this address; OSError or TimeoutError when that fails."""
    family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout)
        sock.connect((str(address), port))
    except BaseException:
        sock.close()
        raise
    return sock


def tls_context() -> ssl.SSLContext:
    """Trust what the system trusts (SSL_CERT_FILE and SSL_CERT_DIR count), and certifi's roots,
    because a slim machine has none of its own."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


class TimedLookup:
    """Looks names up in threads of their own: the system's call cannot be interrupted, and a
    slow name server must not outlive the deadline of the request that asked for it."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._slots = threading.BoundedSemaphore(_MOST_LOOKUPS)

    def __call__(self, host: str, deadline: Deadline) -> tuple[Address, ...]:
        """The addresses of a name; OSError when it has none, TimeoutError at the deadline."""
        if not self._slots.acquire(timeout=deadline.left()):
            raise FetchTimeout
        answer: Future[tuple[Address, ...]] = Future()
        thread = threading.Thread(target=self._run, args=(host, answer), daemon=True)
        try:
            thread.start()
        except BaseException:
            self._slots.release()
            raise
        return answer.result(deadline.left())

    def _run(self, host: str, answer: Future[tuple[Address, ...]]) -> None:
        try:
            answer.set_result(tuple(self._resolve(host)))
        except Exception as error:
            answer.set_exception(error)
        finally:
            self._slots.release()


class TimedStream(httpcore2.NetworkStream):
    """A socket for httpcore2 that keeps to the deadline and to a number of bytes.

    allowance: bytes that may still be read. Its end raises what `over` makes. has_ended: the host
        has sent its last byte.
    """

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline
        self.allowance = _HEADER_BYTES
        self.over: Callable[[], Exception] = _not_http
        self.has_ended = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self.allowance <= 0:
            raise self.over()
        self._sock.settimeout(self._deadline.left())
        data = self._sock.recv(min(max_bytes, self.allowance))
        self.allowance -= len(data)
        self.has_ended = not data
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._sock.settimeout(self._deadline.left())
        self._sock.sendall(buffer)

    def close(self) -> None:
        self._sock.close()

    def get_extra_info(self, info: str) -> None:
        return None


def connect_any(
    connect: Connect, addresses: Sequence[Address], port: int, deadline: Deadline
) -> socket.socket:
    """The first of the addresses that answers; each gets its part of the time that is left."""
    tried = addresses[:_MOST_ADDRESSES]
    for place, address in enumerate(tried):
        try:
            return connect(address, port, deadline.left() / (len(tried) - place))
        except OSError:
            if place == len(tried) - 1:
                raise
    raise socket.gaierror("the name has no address")


def get(
    link: Link, sock: socket.socket, context: ssl.SSLContext, deadline: Deadline, max_bytes: int
) -> bytes:
    """Ask for the link over a fresh connection, which is closed in any case.

    Errors: FetchFailed, FetchTimeout, PictureTooLarge; OSError and TimeoutError as they come.
    """
    with closing(sock):
        if link.scheme == "https":
            sock.settimeout(deadline.left())
            sock = context.wrap_socket(sock, server_hostname=link.host)
        with closing(sock):
            stream = TimedStream(sock, deadline)
            try:
                return _exchange(link, stream, max_bytes)
            except httpcore2.ProtocolError as error:
                raise FetchFailed("closed" if stream.has_ended else "protocol") from error


def why_not(error: OSError) -> str:
    """The cause of a FetchFailed (see there) for what the system says of a connection."""
    if isinstance(error, ssl.SSLError):
        return "tls"
    if isinstance(error, socket.gaierror):
        return "name"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    return "closed" if isinstance(error, ConnectionError) else "unreachable"


def _not_http() -> Exception:
    return FetchFailed("protocol")


def _require_plain(encodings: Sequence[str]) -> None:
    """FetchFailed where the body is compressed, by what Content-Encoding says."""
    named = {one.strip() for text in encodings for one in text.lower().split(",")}
    compressed = sorted(named & _COMPRESSIONS)
    if compressed:
        raise FetchFailed("encoding", FETCH_ENCODED.format(", ".join(compressed)))


def _exchange(link: Link, stream: TimedStream, max_bytes: int) -> bytes:
    url = httpcore2.URL(
        scheme=link.scheme.encode(),
        host=link.host.encode(),
        port=link.port,
        target=link.target.encode(),
    )
    request = httpcore2.Request(
        "GET",
        url,
        headers=[
            ("Host", link.authority),
            ("User-Agent", "fundocr"),
            ("Accept", "*/*"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ],
    )
    response = httpcore2.HTTP11Connection(url.origin, stream).handle_request(request)
    if response.status != 200:
        is_redirect = response.status in _REDIRECTS
        raise FetchFailed("redirect" if is_redirect else f"status {response.status}")
    named = [(name.lower(), value) for name, value in response.headers]
    _require_plain(
        [value.decode("latin-1") for name, value in named if name == b"content-encoding"]
    )
    headers = dict(named)
    if int(headers.get(b"content-length", 0)) > max_bytes:
        raise PictureTooLarge
    # Framing may cost a few bytes for each chunk, and not more.
    stream.allowance, stream.over = max_bytes + max_bytes // 8 + _HEADER_BYTES, PictureTooLarge
    # A BytesIO hands its buffer out without a second copy.
    body = BytesIO()
    for count, part in enumerate(response.iter_stream()):
        if body.tell() + len(part) > max_bytes:
            raise PictureTooLarge
        # A body in crumbs is an attack on our processor: each costs as much as 64 KiB do.
        if count > _MOST_CRUMBS + body.tell() // _CRUMB_BYTES:
            raise FetchFailed("protocol")
        body.write(part)
    return body.getvalue()
