"""Hosts that are let through and then are slow, lie, never end, pack bombs or send floods."""

import gzip
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product

from evals.testbed.picture_host import (
    Behaviour,
    Conversation,
    endless_body,
    endless_chunks,
    gzip_encoded,
    hangs_up,
    head,
    header_flood,
    interim_flood,
    never_answers,
    raw,
    slow_drip,
    status,
    wrong_length,
)
from tests.hostile.entrances import Entrance
from tests.hostile.links import ALLOWED, HOSTS, PICTURE, URL_TYPES
from tests.hostile.names import Silence
from tests.hostile.stage import LOCAL_HOST, MemoryWatch, Stage

# Connections are taken here, and nobody ever reads from them; and here not even that.
MUTE_PORT, FULL_PORT = 8444, 8445
TIMEOUT, FAILED, TOO_LARGE = "FETCH_TIMEOUT", "FETCH_FAILED", "TOO_MANY_BYTES"


def drips_after_half(talk: Conversation) -> None:
    """Half of the picture at once, the rest byte by byte."""
    if talk.send(head(Content_Length=len(PICTURE)) + PICTURE[: len(PICTURE) // 2]):
        slow_drip(PICTURE)(talk)


def endless_large_chunks(talk: Conversation) -> None:
    if talk.send(head(Transfer_Encoding="chunked")):
        while talk.send(b"10000\r\n" + b"x" * 65536 + b"\r\n"):
            pass


def endless_chunk_extension(talk: Conversation) -> None:
    if talk.send(head(Transfer_Encoding="chunked") + b"5"):
        while talk.send(b";x=" + b"y" * 5000):
            pass


def endless_trailer(talk: Conversation) -> None:
    if talk.send(head(Transfer_Encoding="chunked") + b"1\r\n.\r\n0\r\n"):
        while talk.send(b"X-Filler: " + b"x" * 1000 + b"\r\n"):
            pass


def packed_bomb() -> Behaviour:
    """A quarter of a gigabyte of zeros in 250 KB."""
    return gzip_encoded(bytes(2**28))


def many_headers() -> Behaviour:
    return raw(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 50_000 + b"\r\nbody")


# Kind of host → what it does: name → behaviour and the code that it is answered with.
HOSTILE: dict[str, dict[str, tuple[Behaviour, str]]] = {
    "slow": {
        "silent": (never_answers, TIMEOUT),
        "drip": (slow_drip(PICTURE), TIMEOUT),
        "half-drip": (drips_after_half, TIMEOUT),
    },
    "lying": {
        "too-long": (wrong_length(PICTURE, len(PICTURE) + 1), FAILED),
        "too-short": (wrong_length(PICTURE, len(PICTURE) - 2), "BAD_PICTURE"),
        "petabyte": (wrong_length(PICTURE, 10**15), TOO_LARGE),
        "negative": (raw(head(Content_Length="-5") + PICTURE), FAILED),
        "two-lengths": (
            raw(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"),
            FAILED,
        ),
        "no-chunk": (raw(head(Transfer_Encoding="chunked") + b"fffffffffffffff\r\nabc"), FAILED),
        "half": (raw(head(Content_Length=len(PICTURE)) + PICTURE[:5000]), FAILED),
        "page": (raw(head(Content_Type="image/png") + b"<!doctype html>"), "NOT_A_PICTURE"),
        "partial": (status(206), FAILED),
        "hangs-up": (hangs_up, FAILED),
        "no-http": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), FAILED),
    },
    "endless": {
        "body": (endless_body, TOO_LARGE),
        "crumbs": (endless_chunks, FAILED),
        "chunks": (endless_large_chunks, TOO_LARGE),
        "extension": (endless_chunk_extension, FAILED),
        "trailer": (endless_trailer, FAILED),
        "interim": (interim_flood, FAILED),
    },
    "compressed": {
        "gzip": (gzip_encoded(PICTURE), FAILED),
        "brotli": (raw(head(Content_Encoding="br", Content_Length=4) + b"abcd"), FAILED),
        "transfer": (raw(head(Transfer_Encoding="gzip, chunked") + b"0\r\n\r\n"), FAILED),
        "unsaid": (raw(head() + gzip.compress(PICTURE)), "NOT_A_PICTURE"),
    },
    "header-flooding": {
        "endless": (header_flood, FAILED),
        "one": (raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 5_000_000 + b"\r\n\r\nabc"), FAILED),
        "many": (many_headers(), FAILED),
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """One try. over_s: how long after the deadline the answer came (negative: before it).

    growth: of the memory of the process that fetched, in bytes, at its highest.
    """

    kind: str
    host: str
    way: str
    url_type: str
    code: str
    expected: str
    over_s: float
    growth: int

    @property
    def is_right(self) -> bool:
        return self.code == self.expected


def routes() -> dict[str, bytes | Behaviour]:
    """One path for each of them."""
    bomb = packed_bomb()
    paths = {
        f"/{kind}/{name}": behaviour
        for kind, hosts in HOSTILE.items()
        for name, (behaviour, _) in hosts.items()
    }
    return paths | {"/compressed/bomb": bomb}


@contextmanager
def mute_ports() -> Iterator[None]:
    """Ports where a connection leads to nobody."""
    with ExitStack() as stack:
        for port, backlog in ((MUTE_PORT, 256), (FULL_PORT, 0)):
            listener = socket.create_server(
                ("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=backlog
            )
            stack.enter_context(listener)
        # Two connections fill a queue for one; who comes now is not answered at all.
        for _ in range(2):
            full = stack.enter_context(socket.socket())
            full.setblocking(False)
            full.connect_ex(("127.0.0.1", FULL_PORT))
        yield


@dataclass(frozen=True, slots=True)
class Try:
    """What is asked for, and the code that is right."""

    kind: str
    host: str
    url: str
    url_type: str
    code: str


def tries(url_types: Sequence[str] = URL_TYPES) -> Iterator[Try]:
    """Everything here, once for each url_type that may go there."""
    for kind, hosts in HOSTILE.items():
        for (name, (_, code)), url_type in product(hosts.items(), url_types):
            yield Try(kind, name, f"http://{HOSTS[url_type]}/{kind}/{name}", url_type, code)
    for url_type in url_types:
        bomb = f"http://{HOSTS[url_type]}/compressed/bomb"
        yield Try("compressed", "bomb", bomb, url_type, FAILED)
    yield Try("slow", "name server", "http://silent.corp.test/a.png", "oss", TIMEOUT)
    # `oss` may not go to other ports.
    for name, scheme, port in (
        ("silent after connecting", "http", MUTE_PORT),
        ("TLS without an answer", "https", MUTE_PORT),
        ("no answer to connecting", "http", FULL_PORT),
    ):
        yield Try("slow", name, f"{scheme}://{LOCAL_HOST}:{port}/a.png", "7min_local", TIMEOUT)


def meet(
    at: Stage, way: Entrance, wanted: Iterable[Try], *, seconds: float, clients: int = 1
) -> list[Met]:
    """Ask for each of them, so many at a time. seconds: FUNDOCR_FETCH_SECONDS."""
    at.names.names = _names

    def one(wanted: Try) -> Met:
        with MemoryWatch(way.pid) as memory:
            started = time.monotonic()
            answer = way.ask(wanted.url, wanted.url_type)
            elapsed = time.monotonic() - started
        return Met(
            kind=wanted.kind,
            host=wanted.host,
            way=way.name,
            url_type=wanted.url_type,
            code=answer.code,
            expected=wanted.code,
            over_s=elapsed - seconds,
            growth=memory.growth,
        )

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(one, wanted))


def meet_at_once(at: Stage, way: Entrance, count: int = 8) -> tuple[list[str], int]:
    """So many endless bodies side by side; their codes, and the growth of the memory."""
    at.names.names = _names
    urls = [f"http://{LOCAL_HOST}/endless/body?{number}" for number in range(count)]
    with MemoryWatch(way.pid) as memory, ThreadPoolExecutor(count) as pool:
        answers = list(pool.map(lambda url: way.ask(url, "7min_local"), urls))
    return [answer.code for answer in answers], memory.growth


def _names(name: str) -> list[str] | None:
    if name == "silent.corp.test":
        raise Silence
    return {host: [ALLOWED[url_type][0]] for url_type, host in HOSTS.items()}.get(name)
