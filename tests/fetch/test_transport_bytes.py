"""What goes over a connection, to the byte, and how much of it is taken."""

import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path

import certifi
import pytest

from pipeline.errors import FetchFailed, PictureTooLarge
from pipeline.link import parse_link
from pipeline.transport import Deadline, TimedStream, get, look_up, tls_context
from tests.fetch.certificates import server_context, write_authority
from tests.picture_host import (
    Behaviour,
    Conversation,
    chunked,
    endless_chunks,
    gzip_encoded,
    head,
    picture_host,
    raw,
    status,
    whole,
)

LONG = 60.0


def got(behaviour: Behaviour, max_bytes: int) -> bytes:
    """What one GET of a host that behaves so brings."""
    with picture_host({"/a.png": behaviour}) as host:
        sock = socket.create_connection((host.address, host.port))
        link = parse_link(host.url("/a.png"))
        return get(link, sock, tls_context(), Deadline(LONG), max_bytes)


def with_remarks(content: bytes, chunk: int, remark: int, pause: float = 0.0) -> Behaviour:
    """A chunked body, each chunk with a remark of so many bytes, which say nothing. pause: before
    it (s), so that the headers are read by themselves."""

    def answer(talk: Conversation) -> None:
        talk.send(head(Transfer_Encoding="chunked"))
        talk.closing.wait(pause)
        for start in range(0, len(content), chunk):
            part = content[start : start + chunk]
            talk.send(b"%x;%s\r\n%s\r\n" % (len(part), b"r" * remark, part))
        talk.send(b"0\r\n\r\n")

    return answer


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        (status(404), "the host answered 404"),
        (gzip_encoded(b"picture"), "the host sent an encoded body"),
        (endless_chunks, "the host sends its body in crumbs"),
    ],
)
def test_the_cause_of_a_failed_fetch_says_what_the_host_did(behaviour: Behaviour, why: str) -> None:
    with pytest.raises(FetchFailed) as caught:
        got(behaviour, 1_000_000)
    assert str(caught.value.__cause__) == why


def test_a_large_picture_of_exactly_the_allowed_size_arrives() -> None:
    content = b"x" * 3_000_000
    for behaviour in (whole(content), chunked(content, 100_000)):
        assert got(behaviour, len(content)) == content


def test_some_framing_is_taken_and_not_more() -> None:
    content = b"x" * 800_000
    assert got(with_remarks(content, 8000, 800), len(content)) == content
    with pytest.raises(PictureTooLarge):
        got(with_remarks(content, 8000, 4000), len(content))


def test_framing_of_a_small_picture_may_cost_more_than_the_picture() -> None:
    content = b"x" * 900
    assert got(with_remarks(content, 9, 200, pause=0.1), len(content)) == content


def test_chunks_may_be_small_where_there_are_not_many() -> None:
    content = b"x" * 900
    assert got(chunked(content, 1), 1_000_000) == content
    content = b"x" * 1_000_000
    assert got(chunked(content, 300), 1_000_000) == content


@pytest.mark.parametrize("written", ["Identity", "identity", "IDENTITY"])
def test_a_body_that_is_said_to_be_plain_is_taken(written: str) -> None:
    answer = raw(head(Content_Encoding=written, Content_Length=3) + b"abc")
    assert got(answer, 1000) == b"abc"


def test_no_more_is_read_than_is_allowed() -> None:
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        theirs.sendall(b"0123456789")
        stream = TimedStream(ours, Deadline(LONG))
        stream.allowance, stream.over = 7, PictureTooLarge
        assert [stream.read(4), stream.read(2), stream.read(4)] == [b"0123", b"45", b"6"]
        with pytest.raises(PictureTooLarge):
            stream.read(4)


def test_headers_end_at_64_kibibytes() -> None:
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        stream = TimedStream(ours, Deadline(LONG))
        taken = 0
        with pytest.raises(FetchFailed):
            while True:
                theirs.sendall(b"x" * 16_384)
                taken += len(stream.read(16_384))
        assert taken == 65_536


def test_the_systems_resolver_is_asked() -> None:
    assert look_up("127.0.0.1") == (ip_address("127.0.0.1"),)
    assert ip_address("127.0.0.1") in look_up("localhost")
    with pytest.raises(OSError):
        look_up("no name at all")


def test_roots_of_the_system_and_of_certifi_are_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_authority(tmp_path, "pictures.corp.test")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    only_certifi = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    only_certifi.load_verify_locations(certifi.where())
    trusted = tls_context()
    assert trusted.cert_store_stats()["x509"] > only_certifi.cert_store_stats()["x509"]
    assert {str(one) for one in only_certifi.get_ca_certs()} <= {
        str(one) for one in trusted.get_ca_certs()
    }


def test_tls_speaks_http_1_1_to_a_host_that_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_authority(tmp_path, "pictures.corp.test")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    offered = server_context(tmp_path)
    offered.set_alpn_protocols(["h2", "http/1.1"])
    chosen = shaken_hands(tls_context(), offered, "pictures.corp.test")
    assert chosen() == "http/1.1"


def shaken_hands(
    client: ssl.SSLContext, server: ssl.SSLContext, name: str
) -> Callable[[], str | None]:
    """Both ends of a handshake in memory; what tells the protocol that was chosen."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=name)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    left = [ours, theirs]
    for _ in range(10):
        for end in list(left):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            left.remove(end)
    assert not left
    return ours.selected_alpn_protocol
