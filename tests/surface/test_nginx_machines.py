"""nginx before several machines: who is asked when one is away, and what is never asked twice."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from serving.ports import free_ports
from tests.surface.conftest import Answer, Behind
from tests.surface.nginx import Nginx, nginx
from tests.surface.recorder import Recorder, recorder

JSON = {"Content-Type": "application/json"}
PICTURE = {"Content-Type": "image/png"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"

# Method, path, headers; each is let through by the shipped file.
MAY_BE_REPEATED = [
    ("POST", "/ocr_handler", JSON),
    ("POST", "/ocr_handler", PICTURE),
    ("POST", "/predictions/ocr_handler/1.0", JSON),
    ("POST", "/ocr_info_update", JSON),
    ("POST", "/upload", PICTURE),
    ("GET", "/results?id=1", {}),
    ("GET", "/review/17", {}),
]
MUST_NOT_BE_REPEATED = [
    ("POST", "/ocr_batch", JSON),
    ("POST", "/review/17/undo", JSON),
    ("POST", "/review/17/correct", JSON),
    ("POST", "/login", FORM),
]


@contextmanager
def machine(says: bytes) -> Iterator[list[str]]:
    """One that reads a request, says this and hangs up; its url and then the first line of each
    request."""
    seen: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        seen.append(f"http://127.0.0.1:{server.getsockname()[1]}")

        def serve() -> None:
            while True:
                try:
                    talk, _ = server.accept()
                except OSError:
                    return
                with talk:
                    seen.append(talk.recv(65536).decode("latin-1").partition("\r\n")[0])
                    talk.sendall(says)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield seen
        finally:
            server.shutdown(socket.SHUT_RDWR)
            server.close()
            thread.join()


@pytest.fixture
def well() -> Iterator[Recorder]:
    with recorder() as running:
        yield running


@pytest.fixture
def before(tmp_path: Path, well: Recorder) -> Iterator[Callable[..., Behind]]:
    """nginx before these machines and one that is well; it never gives one up here."""
    with ExitStack() as stack:

        def start(*others: str) -> Behind:
            changes = {"max_fails=3": "max_fails=0"}
            running: Nginx = stack.enter_context(
                nginx(tmp_path / "nginx", [*others, well.url], changes)
            )
            return Behind(nginx=running, recorder=well)

        yield start


def ask(behind: Behind, method: str, path: str, headers: dict[str, str]) -> Answer:
    return behind.ask(method, path, b"{}" if method == "POST" else None, headers)


@pytest.mark.parametrize(("method", "path", "headers"), MAY_BE_REPEATED + MUST_NOT_BE_REPEATED)
def test_a_machine_that_is_away_is_passed_over(
    before: Callable[..., Behind], method: str, path: str, headers: dict[str, str]
) -> None:
    (nobody,) = free_ports(1)
    behind = before(f"http://127.0.0.1:{nobody}")
    answers = [ask(behind, method, path, headers) for _ in range(4)]
    assert [answer.status for answer in answers] == [200] * 4
    assert len(behind.reached()) == 4


@pytest.mark.parametrize(("method", "path", "headers"), MAY_BE_REPEATED)
def test_a_machine_that_hangs_up_is_replaced_where_that_is_safe(
    before: Callable[..., Behind], method: str, path: str, headers: dict[str, str]
) -> None:
    with machine(b"") as seen:
        behind = before(seen[0])
        answers = [ask(behind, method, path, headers) for _ in range(4)]
        assert [answer.status for answer in answers] == [200] * 4
        assert len(behind.reached()) == 4
        assert seen[1:] == [f"{method} {path} HTTP/1.1"] * 2, "in turn: it has seen two of the four"


@pytest.mark.parametrize(("method", "path", "headers"), MUST_NOT_BE_REPEATED)
def test_what_could_be_done_twice_is_sent_once(
    before: Callable[..., Behind], method: str, path: str, headers: dict[str, str]
) -> None:
    with machine(b"") as seen:
        behind = before(seen[0])
        answers = [ask(behind, method, path, headers) for _ in range(4)]
        assert sorted(answer.status for answer in answers) == [200, 200, 503, 503]
        refused = [answer for answer in answers if answer.status == 503]
        assert {answer.error() for answer in refused} == {(503, "SERVICE_BUSY")}
        assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
        assert len(behind.reached()) == len(seen[1:]) == 2


def test_an_answer_is_an_answer_also_where_it_is_a_refusal(before: Callable[..., Behind]) -> None:
    with machine(BUSY) as seen:
        behind = before(seen[0])
        answers = [ask(behind, "POST", "/ocr_handler", JSON) for _ in range(4)]
        assert sorted((answer.status, answer.body[:2]) for answer in answers) == [
            (200, b"se"),
            (200, b"se"),
            (503, b"{}"),
            (503, b"{}"),
        ]


def test_with_all_machines_away_the_refusal_has_our_form(tmp_path: Path, well: Recorder) -> None:
    away = [f"http://127.0.0.1:{port}" for port in free_ports(3)]
    with nginx(tmp_path / "nginx", away) as running:
        behind = Behind(nginx=running, recorder=well)
        for _ in range(8):  # until they are given up, and then while they are
            for method, path, headers in MAY_BE_REPEATED[:1] + MUST_NOT_BE_REPEATED[:1]:
                answer = ask(behind, method, path, headers)
                assert answer.error() == (503, "SERVICE_BUSY")
                assert int(answer.headers["retry-after"]) > 0
