"""What goes over a connection, to the byte, and how much of it is taken."""

import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path

import certifi
import pytest

from evals.testbed.picture_host import (
    Behaviour,
    Conversation,
    chunked,
    endless_chunks,
    gzip_encoded,
    hangs_up,
    head,
    header_flood,
    picture_host,
    raw,
    redirect,
    status,
    whole,
    wrong_length,
)
from pipeline.errors import FETCH_ENCODED, FETCH_FAILED, FetchFailed, PictureTooLarge
from pipeline.fetch.link import parse_link
from pipeline.fetch.transport import Deadline, TimedStream, get, look_up, tls_context
from tests.fetch.certificates import server_context, write_authority

LONG = 60.0


def got(behaviour: Behaviour, max_bytes: int) -> bytes:
    """What one GET of a host that behaves so brings."""
    with picture_host({"/a.png": behaviour}) as host:
        sock = socket.create_connection((host.address, host.port))
        link = parse_link(host.url("/a.png"))
        return get(link, sock, tls_context(), Deadline(LONG), max_bytes)


def encoded(said: str) -> Behaviour:
    """A plain body that calls itself so."""
    return raw(head(Content_Encoding=said, Content_Length=7) + b"picture")


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
    ("behaviour", "cause", "sentence"),
    [
        (status(404), "status 404", FETCH_FAILED),
        (status(304), "status 304", FETCH_FAILED),
        (redirect("/elsewhere?sig=canary"), "redirect", FETCH_FAILED),
        (gzip_encoded(b"picture"), "encoding", FETCH_ENCODED.format("gzip")),
        (encoded("identity, BR"), "encoding", FETCH_ENCODED.format("br")),
        (endless_chunks, "protocol", FETCH_FAILED),
        (header_flood, "protocol", FETCH_FAILED),
        (raw(b"HTTP/1.1 200 OK\r\nNo colon here\r\n\r\n"), "protocol", FETCH_FAILED),
        (hangs_up, "closed", FETCH_FAILED),
        (wrong_length(b"picture", 8), "closed", FETCH_FAILED),
    ],
)
def test_a_failed_fetch_says_what_the_host_did(
    behaviour: Behaviour, cause: str, sentence: str
) -> None:
    with pytest.raises(FetchFailed) as caught:
        got(behaviour, 1_000_000)
    assert (str(caught.value), caught.value.detail) == (sentence, {"detail": {"cause": cause}})


@pytest.mark.parametrize(
    "said",
    [
        *("", "identity", "identity, identity", "utf-8", "UTF-8", "none", "binary", "aws-chunked"),
        *("base64", "aws-chunked,", "bzzt"),
    ],
)
def test_what_a_host_calls_an_encoding_and_is_no_compression_is_passed_over(said: str) -> None:
    assert got(encoded(said), 1_000_000) == b"picture"


def test_a_compression_may_stand_in_any_of_several_headers() -> None:
    both = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Encoding: identity\r\n\r\nx"
    with pytest.raises(FetchFailed) as caught:
        got(raw(both), 1_000_000)
    assert caught.value.cause == "encoding"


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
