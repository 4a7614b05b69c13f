"""A worker that has grown too large starts afresh, and nobody who asks notices."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.conftest import SAMPLES
from tests.serve.service_process import started
from tests.serve.waiting import wait_until
from tests.trial import Trial

# Above what a fresh worker's memory differs by from start to start (bytes); a few pictures need
# more.
ROOM = 40_000_000
Truth = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A place for services, what a fresh worker there needs (bytes), and its descriptors."""

    folder: Path
    fresh: int
    handles: int

    def service(self) -> Trial:
        """One whose workers grow too large after every few pictures."""
        return Trial(self.folder, {"FUNDOCR_WORKER_MEMORY": str(self.fresh + ROOM)})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A first service whose limit no worker can keep: it is told and passed over."""
    folder = tmp_path_factory.mktemp("grown")
    with Trial(folder, {"FUNDOCR_WORKER_MEMORY": "20 MB"}) as service:
        (pid,) = workers(service)
        fresh = psutil.Process(pid).memory_info().rss
        assert ask(service, "alipay_light_rows.png", 0).status_code == 200
        assert workers(service) == [pid]
        handles = psutil.Process(pid).num_fds()
    said = [line for line in records(folder) if "is passed over" in line["message"]]
    assert len(said) == 2, "one line for each model's worker"
    return Home(folder=folder, fresh=fresh, handles=handles)


@pytest.fixture
def grown(home: Home) -> Iterator[Trial]:
    with started(home.service()) as service:
        yield service


def ask(service: Trial, name: str, number: int, *, straight: bool = False) -> requests.Response:
    """A sample's picture with bytes of its own, at the front door or straight at TorchServe."""
    if straight:
        url, headers = service.address.inference + "/predictions", service.authorization()
    else:
        url, headers = service.front, {}
    kind = "image/jpeg" if name.endswith("jpg") else "image/png"
    return requests.post(
        f"{url}/ocr_handler",
        data=(SAMPLES / name).read_bytes() + number.to_bytes(4, "big"),
        headers={**headers, "Content-Type": kind},
        timeout=300,
    )


def workers(service: Trial) -> list[int]:
    answer = requests.get(
        f"{service.address.management}/models/ocr_handler",
        headers=service.authorization("management"),
        timeout=30,
    )
    return [worker["pid"] for worker in answer.json()[0]["workers"]]


def starts(service: Trial) -> dict[str, int]:
    """How often the reading worker was started, by kind, as TorchServe has counted."""
    text = requests.get(f"{service.address.metrics}/metrics", timeout=30).text
    line = r'(?m)^fundocr_worker_starts_total\{model="ocr_handler".*kind="(\w+)".*\} (\S+)$'
    return {kind: int(float(value)) for kind, value in re.findall(line, text)}


def records(home: Path) -> list[dict[str, Any]]:
    """What the workers of the latest service have logged."""
    lines = (home / "var" / "log" / "model_log.log").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def fresh_starts(home: Path, message: str = "grown beyond FUNDOCR_WORKER_MEMORY") -> int:
    return sum(message in line["message"] for line in records(home))


def test_every_request_is_answered_rightly_at_either_door(
    grown: Trial, home: Home, truth: Truth
) -> None:
    names = [name for name, shown in truth.items() if shown["fund_code"]]
    (pid,) = workers(grown)

    def asked(number: int) -> tuple[int, Any, Any]:
        name = names[number % len(names)]
        answer = ask(grown, name, number, straight=number % 2 == 0)
        return answer.status_code, answer.json().get("data"), truth[name]

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(asked, range(40)))
    assert Counter(status for status, _, _ in answers) == {200: 40}
    assert [data for _, data, _ in answers] == [shown for _, _, shown in answers]
    lives = fresh_starts(home.folder)
    assert lives >= 2
    assert workers(grown) == [pid], "the process stays, so TorchServe has nothing to restart"
    assert "Worker died" not in (home.folder / "var" / "log" / "ts_log.log").read_text("utf-8")
    wait_until(lambda: fresh_starts(home.folder, "started afresh") == lives)
    wait_until(lambda: starts(grown) == {"start": 1, "afresh": lives})
    wait_until(lambda: psutil.Process(pid).memory_info().rss < home.fresh + 2 * ROOM)
    assert psutil.Process(pid).num_fds() < home.handles + lives, "none is left by each life"


def test_a_stop_waits_for_what_is_asked_while_a_worker_starts_afresh(
    grown: Trial, home: Home, truth: Truth
) -> None:
    names = list(truth)
    with ThreadPoolExecutor(24) as pool:
        asked = [
            pool.submit(ask, grown, names[n % len(names)], 1000 + n, straight=True)
            for n in range(24)
        ]
        wait_until(lambda: fresh_starts(home.folder) > 0)
        assert unanswered(asked), "somebody still waits"
        grown.stop()
        assert [(one.result().status_code, one.result().json().get("data")) for one in asked] == [
            (200, truth[names[n % len(names)]]) for n in range(24)
        ]


def unanswered(asked: Sequence[Future[requests.Response]]) -> int:
    return sum(not one.done() for one in asked)
