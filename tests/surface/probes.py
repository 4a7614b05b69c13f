"""Requests that two readers might take apart in two ways, and what is told of the answers.

Each probe carries a second request, for /healthz?smuggled, where a careless reader would find one.
Whoever reads it rightly sees one request at most, and answers once or closes the connection.
"""

import socket
import ssl
from dataclasses import dataclass

HOST = b"Host: localhost\r\n"
_JSON = b"Content-Type: application/json\r\n"
_HEAD = b"POST /ocr_handler HTTP/1.1\r\n" + HOST + _JSON
SECOND = b"GET /healthz?smuggled HTTP/1.1\r\n" + HOST + b"\r\n"
_CHUNKED = b"Transfer-Encoding: chunked\r\n"
_ENDED = b"5\r\nhello\r\n0\r\n\r\n"


def _length(size: int) -> bytes:
    return b"Content-Length: %d\r\n" % size


def _framed(framing: bytes, body: bytes) -> bytes:
    return _HEAD + framing + b"\r\n" + body


# A request that ends before SECOND for some readers, and holds it for others.
PROBES: dict[str, bytes] = {
    # ends of chunks
    "chunks end with LF": _framed(_CHUNKED, b"5\nhello\n0\n\n" + SECOND),
    "sizes end with LF": _framed(_CHUNKED, b"5\nhello\r\n0\n\r\n" + SECOND),
    "an extension hides LF": _framed(_CHUNKED, b"5;\nxx\r\nhello\r\n0\r\n\r\n" + SECOND),
    "chunk data without its end": _framed(_CHUNKED, b"5\r\nhelloXX0\r\n\r\n" + SECOND),
    "a chunk's size in another form": _framed(_CHUNKED, b"0x5\r\nhello\r\n0\r\n\r\n" + SECOND),
    "a chunk's size with a sign": _framed(_CHUNKED, b"+5\r\nhello\r\n0\r\n\r\n" + SECOND),
    "a chunk's size beyond 64 bits": _framed(
        _CHUNKED, b"10000000000000005\r\nhello\r\n0\r\n\r\n" + SECOND
    ),
    "a trailer that is a request": _framed(_CHUNKED, b"5\r\nhello\r\n0\r\n" + SECOND),
    # CL.TE and TE.CL
    "CL and TE": _framed(_length(len(_ENDED) + len(SECOND)) + _CHUNKED, _ENDED + SECOND),
    "TE and CL": _framed(
        _CHUNKED + _length(4), b"%02x\r\n" % len(SECOND) + SECOND + b"\r\n0\r\n\r\n"
    ),
    "CL and TE, CL of nothing": _framed(_length(0) + _CHUNKED, _ENDED + SECOND),
    # TE that some do not see
    "a blank before the colon of TE": _framed(b"Transfer-Encoding : chunked\r\n", _ENDED + SECOND),
    "a tab before TE": _framed(b"X: y\r\n\tTransfer-Encoding: chunked\r\n", _ENDED + SECOND),
    "a blank before TE": _framed(b" Transfer-Encoding: chunked\r\n", _ENDED + SECOND),
    "TE after LF alone": _framed(b"X: y\nTransfer-Encoding: chunked\r\n", _ENDED + SECOND),
    "TE after CR alone": _framed(b"X: y\rTransfer-Encoding: chunked\r\n", _ENDED + SECOND),
    "TE twice": _framed(_CHUNKED + b"Transfer-Encoding: identity\r\n", _ENDED + SECOND),
    "TE of two": _framed(b"Transfer-Encoding: identity, chunked\r\n", _ENDED + SECOND),
    "TE that is none": _framed(b"Transfer-Encoding: xchunked\r\n", _ENDED + SECOND),
    "TE with a vertical tab": _framed(b"Transfer-Encoding: \x0bchunked\r\n", _ENDED + SECOND),
    "TE with NUL": _framed(b"Transfer-Encoding: chunked\0\r\n", _ENDED + SECOND),
    # CL that some do not see, or see otherwise
    "a blank before the colon of CL": _framed(b"Content-Length : %d\r\n" % len(SECOND), SECOND),
    "a blank before CL": _framed(b" Content-Length: %d\r\n" % len(SECOND), SECOND),
    "CL twice": _framed(_length(0) + _length(len(SECOND)), SECOND),
    "CL of two": _framed(b"Content-Length: 0, %d\r\n" % len(SECOND), SECOND),
    "CL with a sign": _framed(b"Content-Length: +%d\r\n" % len(SECOND), SECOND),
    "CL with underscores": _framed(b"Content-Length: 0_0\r\n", SECOND),
    "CL in digits of another script": _framed("Content-Length: ٠\r\n".encode(), SECOND),
    "CL after LF alone": _framed(b"X: y\nContent-Length: %d\r\n" % len(SECOND), SECOND),
    # whose request it is
    "no Host": _framed(_length(2), b"{}").replace(HOST, b"") + SECOND,
    "two Hosts": _framed(HOST + _length(2), b"{}" + SECOND),
    "headers end with LF": (_HEAD + _length(len(SECOND))).replace(b"\r\n", b"\n") + b"\n" + SECOND,
}
# Two plain requests, one behind the other, which HTTP allows: both are answered.
IN_A_ROW = _framed(_length(2), b"{}" + SECOND)
# A plain request in chunks with one behind it: that is not looked at any more.
BEHIND_CHUNKS = _framed(_CHUNKED, _ENDED + SECOND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came back. statuses: of each answer, in order. closed: by the other side."""

    statuses: tuple[int, ...]
    closed: bool


def send(
    place: tuple[str, int],
    data: bytes,
    tls: ssl.SSLContext | None = None,
    *,
    source: str = "127.0.0.1",
    quiet: float = 3,
    patience: float = 60,
) -> Told:
    """Send these bytes and read what comes back, until the other side closes the connection, says
    nothing for `patience` seconds, or nothing more for `quiet` seconds after an answer."""
    answer, closed = b"", False
    with (
        socket.create_connection(place, timeout=60, source_address=(source, 0)) as bare,
        bare if tls is None else tls.wrap_socket(bare, server_hostname="localhost") as talk,
    ):
        try:
            talk.sendall(data)
            talk.settimeout(patience)
            while part := talk.recv(65536):
                answer += part
                talk.settimeout(quiet)
            closed = True
        except TimeoutError:
            pass
        except (ConnectionError, ssl.SSLError):  # closed while we still sent
            closed = True
    return Told(statuses=_statuses(answer), closed=closed)


def _statuses(answer: bytes) -> tuple[int, ...]:
    """Of all answers, interim ones apart; no body of ours holds such a line."""
    lines = [line for line in answer.split(b"\r\n") if b"HTTP/1." in line]
    found = [int(line[line.index(b"HTTP/1.") :].split(b" ")[1]) for line in lines]
    return tuple(status for status in found if status >= 200)
