"""How the transport shares out its time, and what it does when there is none left."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from ipaddress import ip_address
from queue import Queue
from types import SimpleNamespace

import pytest

from pipeline.errors import FetchTimeout
from pipeline.fetch.link import Address, parse_link
from pipeline.fetch.transport import (
    Deadline,
    TimedLookup,
    TimedStream,
    connect_any,
    get,
    open_socket,
)

LOOPBACK = ip_address("127.0.0.1")
LONG = 60.0
# Told by the deadline, or by the socket that was given what was left of it.
ENDED = (FetchTimeout, TimeoutError)


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A clock for the deadlines, which stands still until a test lets seconds pass."""
    now = [1000.0]
    monkeypatch.setattr("pipeline.fetch.transport.time", SimpleNamespace(monotonic=lambda: now[0]))

    def let_pass(seconds: float) -> None:
        now[0] += seconds

    return let_pass


def test_a_deadline_tells_what_is_left_until_nothing_is(passes: Callable[[float], None]) -> None:
    deadline = Deadline(5)
    assert deadline.left() == 5
    passes(4.5)
    assert deadline.left() == 0.5
    passes(0.5)
    with pytest.raises(FetchTimeout):
        deadline.left()


def test_each_address_gets_its_part_of_the_time_that_is_left(
    passes: Callable[[float], None],
) -> None:
    given: list[float] = []

    def connect(address: Address, port: int, timeout: float) -> socket.socket:
        given.append(timeout)
        passes(timeout / 2)
        raise OSError(f"nobody at {address}")

    addresses = [ip_address(f"10.0.0.{n}") for n in range(1, 5)]
    with pytest.raises(OSError, match=r"nobody at 10\.0\.0\.4"):
        connect_any(connect, addresses, 80, Deadline(32))
    # A quarter of 32, a third of 28, a half of what then is left, all of the rest.
    assert given == pytest.approx([8, 28 / 3, (28 - 28 / 6) / 2, 17.5])


def test_the_first_address_that_answers_is_the_last_that_is_tried() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        tried: list[Address] = []

        def connect(address: Address, port: int, timeout: float) -> socket.socket:
            tried.append(address)
            return open_socket(address, port, timeout)

        addresses = [LOOPBACK, ip_address("127.0.0.2")]
        port = server.getsockname()[1]
        with connect_any(connect, addresses, port, Deadline(LONG)) as sock:
            assert sock.getpeername() == ("127.0.0.1", port)
    assert tried == [LOOPBACK]


def test_a_name_without_an_address_is_an_error() -> None:
    with pytest.raises(OSError, match=r"^the name has no address$"):
        connect_any(open_socket, [], 80, Deadline(LONG))


@contextmanager
def deaf() -> Iterator[int]:
    """A port at which connections are neither taken nor refused: its queue is full."""
    with socket.socket() as server, ExitStack() as waiting:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port: int = server.getsockname()[1]
        for _ in range(4):
            sock = waiting.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        yield port


def test_an_address_that_takes_no_connection_ends_at_the_limit() -> None:
    with deaf() as port, pytest.raises(TimeoutError):
        open_socket(LOOPBACK, port, 0.2)


def test_an_address_of_the_newer_kind_is_connected_to() -> None:
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with server, open_socket(ip_address("::1"), server.getsockname()[1], LONG) as sock:
        assert sock.getpeername()[:2] == ("::1", server.getsockname()[1])


class Stuck:
    """A name server that answers nobody until the block ends. asked: the threads that wait."""

    def __init__(self) -> None:
        self.asked: Queue[threading.Thread] = Queue()
        self._over = threading.Event()

    def __enter__(self) -> "Stuck":
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def resolve(self, host: str) -> tuple[Address, ...]:
        self.asked.put(threading.current_thread())
        self._over.wait()
        return ()


def test_a_lookup_that_hangs_keeps_no_process_from_ending() -> None:
    with ThreadPoolExecutor(1) as pool, Stuck() as names:
        pool.submit(TimedLookup(names.resolve), "a.test", Deadline(LONG))
        assert names.asked.get().daemon


@pytest.fixture
def few_lookups(monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, so that a test needs no more threads."""
    monkeypatch.setattr("pipeline.fetch.transport._MOST_LOOKUPS", 64)


@pytest.mark.usefixtures("few_lookups")
def test_a_lookup_that_finds_no_room_ends_at_its_deadline() -> None:
    with ThreadPoolExecutor(64) as pool, Stuck() as names:
        look_up = TimedLookup(names.resolve)
        for _ in range(64):
            pool.submit(look_up, "slow.test", Deadline(LONG))
        for _ in range(64):
            names.asked.get()
        with pytest.raises(FetchTimeout):
            look_up("one.more.test", Deadline(0.1))
        assert names.asked.empty()


@pytest.mark.usefixtures("few_lookups")
def test_lookups_that_end_make_room_for_others() -> None:
    look_up = TimedLookup(lambda host: (LOOPBACK,) if host == "known.test" else 1 / 0)  # type: ignore[arg-type, return-value]
    for _ in range(70):
        with pytest.raises(ZeroDivisionError):
            look_up("unknown.test", Deadline(LONG))
        assert look_up("known.test", Deadline(LONG)) == (LOOPBACK,)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_that_reads_nothing_ends_at_the_deadline(scheme: str) -> None:
    ours, theirs = socket.socketpair()
    with closing(theirs), pytest.raises(ENDED):
        link = parse_link(f"{scheme}://a.test/")
        get(link, ours, ssl.create_default_context(), Deadline(0.2), 1000)
    assert ours.fileno() == -1


def test_what_is_sent_keeps_to_the_deadline_too() -> None:
    ours, theirs = socket.socketpair()
    with closing(theirs), closing(ours):
        with pytest.raises(ENDED):
            TimedStream(ours, Deadline(0.2)).write(b"x" * 50_000_000)
        with pytest.raises(FetchTimeout):
            TimedStream(ours, Deadline(-1)).write(b"x")
