"""Stopping: what is in flight is answered, and then nothing is left."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests

from cli.service.front import is_alive
from pipeline.settings import PROJECT
from tests.picture_host import Behaviour, Conversation, PictureHost, picture_host, whole
from tests.serve.service_process import Place, leftovers, processes_of, started
from tests.serve.waiting import wait_until
from tests.trial import Trial

SAMPLE = (PROJECT / "samples" / "alipay_light_rows.png").read_bytes()


def held_back(content: bytes, until: threading.Event) -> Behaviour:
    def wait(talk: Conversation) -> None:
        until.wait(60)
        whole(content)(talk)

    return wait


@contextmanager
def slow_host(until: threading.Event) -> Iterator[PictureHost]:
    """A picture host that answers when `until` is set."""
    pictures = {f"/{name}.png": held_back(SAMPLE, until) for name in ("first", "second")}
    with picture_host(pictures) as host:
        yield host


def ask(url: str, host: PictureHost, name: str, **headers: str) -> requests.Response:
    link = {"image_url": host.url(f"/{name}.png"), "url_type": "7min_local"}
    return requests.post(url, json=link, headers=headers, timeout=120)


def test_what_is_in_flight_is_answered_and_nothing_is_left(tmp_path: Path) -> None:
    """One request through the front door is in work, one at TorchServe waits for its turn."""
    released = threading.Event()
    temporary = tmp_path / "t"
    temporary.mkdir()
    with slow_host(released) as host, ThreadPoolExecutor(3) as pool:
        settings = {
            "FUNDOCR_LOCAL_HOSTS": host.authority,
            "FUNDOCR_LOCAL_CIDRS": "127.0.0.1/32",
            "FUNDOCR_FETCH_SECONDS": "60",
            "TMPDIR": str(temporary),
        }
        with started(Trial(tmp_path / "home", settings)) as service:
            assert leftovers(temporary) != []
            through_front = pool.submit(ask, f"{service.front}/ocr_handler", host, "first")
            wait_until(lambda: len(host.requests) == 1)
            inference = f"{service.address.inference}/predictions/ocr_handler"
            direct = pool.submit(ask, inference, host, "second", **service.authorization())
            wait_until(lambda: pending(service) == 1)

            stop = pool.submit(Place.of(service).fundocr, "stop")
            wait_until(lambda: not is_alive(service.front))  # it takes no new requests
            assert not any(future.done() for future in (through_front, direct, stop))
            released.set()
            assert_read_right(through_front)
            assert_read_right(direct)
            assert stop.result().stdout == "The service has stopped.\n"
            assert service.stop() == 0  # its exit code; it has ended already
    assert processes_of(tmp_path / "home") == []
    assert leftovers(temporary) == []
    assert not (tmp_path / "home" / "key_file.json").exists()


def pending(service: Trial) -> int:
    """Requests in TorchServe's queue."""
    answer = requests.get(
        f"{service.address.management}/models/ocr_handler",
        headers=service.authorization("management"),
        timeout=10,
    )
    return int(answer.json()[0]["jobQueueStatus"]["pendingRequests"])


def assert_read_right(answer: Future[requests.Response]) -> None:
    assert answer.result().status_code == 200
    assert answer.result().json()["data"] == {"fund_code": "011608", "hold_share": "1234.56"}


def test_what_a_killed_service_left_is_ended_by_the_next_stop(tmp_path: Path) -> None:
    temporary = tmp_path / "t"
    temporary.mkdir()
    with started(Trial(tmp_path / "home", {"TMPDIR": str(temporary)})) as service:
        supervisor = int((service.home / "var" / "run" / "serve.pid").read_text().split()[0])
        psutil.Process(supervisor).kill()
        assert service.stop() == -9
        assert processes_of(service.home) != []  # TorchServe and the front door live on
        done = Place.of(service).fundocr("stop")
        assert done.returncode == 1
        assert done.stderr.startswith("No service runs in ")
        wait_until(lambda: processes_of(service.home) == [])
        assert leftovers(temporary) == []
