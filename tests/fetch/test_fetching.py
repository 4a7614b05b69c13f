"""What comes back from real hosts on loopback, the honest and the hostile ones."""

import errno
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from evals.testbed.picture_host import (
    Behaviour,
    PictureHost,
    chunked,
    endless_body,
    endless_chunks,
    hangs_up,
    head,
    header_flood,
    interim_flood,
    never_answers,
    picture_host,
    raw,
    redirect,
    slow_drip,
    status,
    until_close,
    whole,
    wrong_length,
)
from pipeline.errors import (
    FETCH_FAILED,
    FetchFailed,
    FetchTimeout,
    PictureTooLarge,
    ServiceError,
)
from pipeline.fetch.fetcher import Fetcher
from pipeline.fetch.link import Address, parse_link
from pipeline.fetch.transport import open_socket
from tests.fetch.certificates import server_context, write_authority
from tests.fetch.watched import Watch, settings_of

PICTURE = bytes(range(256)) * 300
MAX_BYTES = 100_000
LOOPBACK = ("127.0.0.0/8", "::1/128")


def local_fetcher(host: PictureHost, watch: Watch | None = None, seconds: float = 20) -> Fetcher:
    return (watch or Watch()).fetcher(
        local_hosts=(host.authority, f"pictures.corp.test:{host.port}"),
        local_cidrs=LOOPBACK,
        max_bytes=MAX_BYTES,
        fetch_seconds=seconds,
    )


def fetch_one(behaviour: bytes | Behaviour, seconds: float = 20) -> bytes:
    with picture_host({"/a.png": behaviour}) as host:
        return local_fetcher(host, seconds=seconds).fetch(
            parse_link(host.url("/a.png")), "7min_local"
        )


@pytest.mark.parametrize(
    "behaviour",
    [
        *(PICTURE, whole(PICTURE), until_close(PICTURE), chunked(PICTURE), chunked(PICTURE, 100)),
        raw(head(Content_Encoding="identity", Content_Length=len(PICTURE)) + PICTURE),
        raw(b"HTTP/1.0 200 OK\r\n\r\n" + PICTURE),
        raw(b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + head() + PICTURE),
        raw(head(Content_Length=len(PICTURE)) + PICTURE + b"more than was promised"),
    ],
)
def test_a_picture_arrives_whole_however_it_is_framed(behaviour: bytes | Behaviour) -> None:
    assert fetch_one(behaviour) == PICTURE


def test_a_picture_of_exactly_the_allowed_size_arrives() -> None:
    content = b"x" * MAX_BYTES
    for behaviour in (whole(content), chunked(content), until_close(content)):
        assert fetch_one(behaviour) == content


@pytest.mark.parametrize(
    "behaviour",
    [
        *(
            status(404),
            status(500),
            status(403),
            status(204),
            status(206),
            status(304),
            status(201),
        ),
        *(redirect("http://127.0.0.1:1/b.png", code) for code in (301, 302, 303, 307, 308)),
        redirect("/b.png"),
        raw(head(Transfer_Encoding="gzip, chunked") + b"0\r\n\r\n"),
        wrong_length(PICTURE, len(PICTURE) + 1),
        raw(head(Content_Length="-5") + PICTURE),
        raw(head(Content_Length="many") + PICTURE),
        raw(head(Content_Length="9" * 5000) + PICTURE),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"),
        raw(head(Transfer_Encoding="chunked") + b"5\r\nabc"),
        raw(head(Transfer_Encoding="chunked") + b"zz\r\nabc\r\n0\r\n\r\n"),
        raw(head(Transfer_Encoding="chunked") + b"ffffffffffffffffffffff\r\nabc"),
        raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nabcd"),
        *(hangs_up, header_flood, interim_flood, endless_chunks),
        raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\nabc"),
        raw(b"+PONG\r\n"),
        raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nNo colon here\r\n\r\n"),
        raw(b"\x00" * 1000),
        raw(b"HTTP/1.1 200 OK\r\n"),
    ],
)
def test_a_host_that_answers_wrongly_is_a_failed_fetch(behaviour: Behaviour) -> None:
    with pytest.raises(FetchFailed) as caught:
        fetch_one(behaviour)
    assert str(caught.value) == FETCH_FAILED


def test_a_redirect_is_not_followed() -> None:
    with picture_host({"/a.png": redirect("/b.png"), "/b.png": PICTURE}) as host:
        watch = Watch()
        with pytest.raises(FetchFailed):
            local_fetcher(host, watch).fetch(parse_link(host.url("/a.png")), "7min_local")
        assert [asked.path for asked in host.requests] == ["/a.png"]
        assert watch.connects == [("127.0.0.1", host.port)]


@pytest.mark.parametrize(
    "behaviour",
    [
        whole(b"x" * (MAX_BYTES + 1)),
        chunked(b"x" * (MAX_BYTES + 1)),
        until_close(b"x" * (MAX_BYTES + 1)),
        wrong_length(b"x", 10**15),
        endless_body,
    ],
)
def test_a_body_over_the_limit_is_too_large(behaviour: Behaviour) -> None:
    with pytest.raises(PictureTooLarge):
        fetch_one(behaviour)


def test_a_stated_length_over_the_limit_is_refused_before_the_body_is_read() -> None:
    content = b"x" * 50_000_000
    with picture_host({"/a.png": whole(content)}) as host, pytest.raises(PictureTooLarge):
        local_fetcher(host).fetch(parse_link(host.url("/a.png")), "7min_local")
    # What was sent is what the two kernels' buffers took.
    assert host.requests[0].sent < len(content)


@pytest.mark.parametrize("behaviour", [never_answers, slow_drip(PICTURE)])
def test_a_host_that_is_too_slow_ends_at_the_deadline(behaviour: Behaviour) -> None:
    with picture_host({"/a.png": behaviour}) as host, pytest.raises(FetchTimeout) as caught:
        local_fetcher(host, seconds=0.4).fetch(parse_link(host.url("/a.png")), "7min_local")
    assert str(caught.value) == FETCH_FAILED
    assert sum(asked.sent for asked in host.requests) < len(PICTURE)


def test_a_slow_name_server_ends_at_the_deadline() -> None:
    released = threading.Event()

    def resolve(host: str) -> tuple[Address, ...]:
        released.wait()
        return ()

    watch = Watch()
    fetcher = Fetcher(settings_of(fetch_seconds=0.2), resolve=resolve, connect=watch.connect)
    with pytest.raises(FetchTimeout):
        fetcher.fetch(parse_link("http://slow.test/a.png"), "oss")
    released.set()
    assert watch.connects == []


def test_slow_names_do_not_stop_links_with_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.fetch.transport._MOST_LOOKUPS", 64)
    entered, released = threading.Semaphore(0), threading.Event()

    def resolve(host: str) -> tuple[Address, ...]:
        entered.release()
        released.wait()
        return ()

    with picture_host({"/a.png": PICTURE}) as host:
        settings = settings_of(
            local_hosts=(host.authority,), local_cidrs=LOOPBACK, fetch_seconds=60
        )
        fetcher, link = Fetcher(settings, resolve=resolve), parse_link("http://slow.test/")
        with ThreadPoolExecutor(90) as pool:
            slow = [pool.submit(fetcher.fetch, link, "oss") for _ in range(90)]
            for _ in range(64):
                entered.acquire()
            assert fetcher.fetch(parse_link(host.url("/a.png")), "7min_local") == PICTURE
            assert not any(one.done() for one in slow)
            released.set()
            assert {type(one.exception()) for one in slow} == {FetchFailed}


def test_a_name_that_does_not_exist_is_a_failed_fetch() -> None:
    watch = Watch()
    with pytest.raises(FetchFailed) as caught:
        watch.fetcher().fetch(parse_link("http://nowhere.test/a.png"), "oss")
    assert (watch.looked_up, caught.value.cause) == (["nowhere.test"], "name")


def test_a_port_where_nobody_listens_is_a_failed_fetch() -> None:
    with picture_host({}) as host:
        pass
    watch = Watch()
    with pytest.raises(FetchFailed) as caught:
        local_fetcher(host, watch).fetch(parse_link(host.url("/a.png")), "7min_local")
    assert caught.value.cause == "refused"
    assert watch.connects == [("127.0.0.1", host.port)]


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (OSError(errno.ENETUNREACH, "no way"), "unreachable"),
        (ConnectionResetError(), "closed"),
        (socket.gaierror(), "name"),
    ],
)
def test_the_cause_tells_what_the_system_says_of_a_connection(error: OSError, cause: str) -> None:
    def connect(address: Address, port: int, timeout: float) -> socket.socket:
        raise error

    with pytest.raises(FetchFailed) as caught:
        Fetcher(settings_of(), connect=connect).fetch(
            parse_link("http://93.184.215.14/a.png"), "oss"
        )
    assert caught.value.cause == cause


def test_an_address_that_does_not_answer_gives_way_to_the_names_next_one() -> None:
    with picture_host({"/a.png": PICTURE}) as host:
        watch = Watch(names={"pictures.corp.test": ["127.0.0.9", "127.0.0.1"]}.get)
        url = f"http://pictures.corp.test:{host.port}/a.png"
        assert local_fetcher(host, watch).fetch(parse_link(url), "7min_local") == PICTURE
    assert [address for address, _ in watch.connects] == ["127.0.0.9", "127.0.0.1"]


def test_of_many_addresses_only_a_few_are_tried() -> None:
    with picture_host({}) as host:
        pass
    watch = Watch(names={"pictures.corp.test": [f"127.0.0.{n}" for n in range(1, 100)]}.get)
    with pytest.raises(FetchFailed):
        local_fetcher(host, watch).fetch(
            parse_link(f"http://pictures.corp.test:{host.port}/"), "7min_local"
        )
    assert len(watch.connects) == 4


def test_the_host_sees_its_own_name_and_an_encoded_path_and_nothing_of_ours() -> None:
    with picture_host({"/%E5%9B%BE.png": PICTURE}) as host:
        watch = Watch(names={"pictures.corp.test": ["127.0.0.1"]}.get)
        url = f"http://pictures.corp.test:{host.port}/图.png?sig=a%2Bb&名=x"
        assert local_fetcher(host, watch).fetch(parse_link(url), "7min_local") == PICTURE
    (asked,) = host.requests
    assert (asked.method, asked.target) == ("GET", "/%E5%9B%BE.png?sig=a%2Bb&%E5%90%8D=x")
    assert asked.headers == {
        "host": f"pictures.corp.test:{host.port}",
        "user-agent": "fundocr",
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "close",
    }


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with picture_host({}) as proxy, picture_host({"/a.png": PICTURE}) as host:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url("/"))
        monkeypatch.delenv("no_proxy", raising=False)
        assert local_fetcher(host).fetch(parse_link(host.url("/a.png")), "7min_local") == PICTURE
        assert proxy.connections == 0


def test_many_threads_share_one_fetcher() -> None:
    routes = {f"/{n}.png": bytes([n]) * 5000 for n in range(16)}
    with picture_host(routes) as host, ThreadPoolExecutor(16) as pool:
        fetcher = local_fetcher(host)
        urls = [host.url(path) for path in routes] * 8
        contents = pool.map(lambda url: fetcher.fetch(parse_link(url), "7min_local"), urls)
        assert list(contents) == list(routes.values()) * 8


def test_an_ipv6_host_is_asked_for_in_brackets_where_it_is_listed() -> None:
    asked_for: list[str] = []
    with picture_host({"/a.png": PICTURE}) as host:

        def connect(address: Address, port: int, timeout: float) -> socket.socket:
            asked_for.append(f"{address} {port}")
            return open_socket(IPv4Address("127.0.0.1"), host.port, timeout)

        settings = settings_of(local_hosts=("[fd00::5]:9000",), local_cidrs=("fd00::/64",))
        fetcher = Fetcher(settings, connect=connect)
        assert fetcher.fetch(parse_link("http://[FD00:0::5]:9000/a.png"), "7min_local") == PICTURE
    assert asked_for == ["fd00::5 9000"]
    assert host.requests[0].headers["host"] == "[fd00::5]:9000"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate authority that nobody trusts unless told to."""
    folder = tmp_path_factory.mktemp("authority")
    write_authority(folder, "pictures.corp.test")
    return folder


@pytest.fixture
def tls_host(authority: Path) -> Iterator[PictureHost]:
    with picture_host({"/a.png": PICTURE}, tls=server_context(authority)) as host:
        yield host


def tls_fetch(host: PictureHost, name: str) -> bytes:
    watch = Watch(names={name: ["127.0.0.1"]}.get)
    fetcher = watch.fetcher(local_hosts=(name,), local_cidrs=LOOPBACK)
    return fetcher.fetch(parse_link(f"https://{name}:{host.port}/a.png"), "7min_local")


def test_tls_verifies_the_name_of_the_link_and_asks_for_it(
    tls_host: PictureHost, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "authority.pem"))
    assert tls_fetch(tls_host, "pictures.corp.test") == PICTURE
    assert tls_host.requests[0].server_name == "pictures.corp.test"
    assert tls_host.requests[0].headers["host"] == f"pictures.corp.test:{tls_host.port}"


def test_a_certificate_for_another_name_is_a_failed_fetch(
    tls_host: PictureHost, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "authority.pem"))
    with pytest.raises(FetchFailed) as caught:
        tls_fetch(tls_host, "other.corp.test")
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
    assert tls_host.requests == []


def test_a_certificate_of_an_unknown_authority_is_a_failed_fetch(tls_host: PictureHost) -> None:
    with pytest.raises(FetchFailed) as caught:
        tls_fetch(tls_host, "pictures.corp.test")
    assert caught.value.cause == "tls"
    assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
    assert tls_host.requests == []


def test_https_to_a_host_without_tls_is_a_failed_fetch() -> None:
    with picture_host({"/a.png": PICTURE}) as host, pytest.raises(FetchFailed):
        local_fetcher(host).fetch(
            parse_link(host.url("/a.png").replace("http:", "https:")), "7min_local"
        )


def test_a_tls_handshake_that_never_ends_ends_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        authority = f"127.0.0.1:{silent.getsockname()[1]}"
        fetcher = Watch().fetcher(local_hosts=(authority,), local_cidrs=LOOPBACK, fetch_seconds=0.3)
        with pytest.raises(FetchTimeout):
            fetcher.fetch(parse_link(f"https://{authority}/a.png"), "7min_local")


def test_no_error_of_a_host_carries_the_links_query() -> None:
    routes = {"/a": status(404), "/b": hangs_up, "/c": redirect("/x?sig=canary")}
    with picture_host(routes) as host:
        for path in routes:
            with pytest.raises(ServiceError) as caught:
                local_fetcher(host).fetch(parse_link(host.url(f"{path}?sig=canary")), "7min_local")
            chain = (caught.value, caught.value.__cause__, caught.value.detail)
            assert not any("canary" in str(error) for error in chain)
