"""A worker that has grown too large starts afresh, and nobody who asks notices, not even where the
service is stopped meanwhile: what is in flight is answered, and then nothing is left."""

import re
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from evals.testbed.picture_host import Conversation, whole
from pipeline.settings import PROJECT
from serving.front_process import is_alive
from tests.conftest import SAMPLES
from tests.faults.pictures import Kind, kinds
from tests.management.broken_archives import with_mistake
from tests.running_service import RunningService, running_service
from tests.serve.service_process import Place, leftovers
from tests.serve.waiting import wait_until

# Above what a fresh worker's memory differs by from start to start (bytes); a batch leaks more.
ROOM = 40_000_000
KINDS = kinds()
"""Two lines each: what is read is not what is looked at here."""
SLOW = "alipay_light_rows.png"
"""What the picture host shows once `released` is set."""
LEAK = (
    "pipeline/answer.py",
    "_true = answer_body\n"
    "_kept = []\n"
    "def answer_body(*given):\n"
    "    _kept.append(bytearray(20_000_000))\n"
    "    return _true(*given)",
)
"""A mistake in a reader's code: it gives no answer's memory back."""
Truth = dict[str, dict[str, str]]


@dataclass(slots=True, kw_only=True)
class Life:
    """The service, and where it makes its temporary files.

    fresh, handles: what a fresh worker needs (bytes), and its descriptors.
    """

    service: RunningService
    temporary: Path
    released: threading.Event
    fresh: int = 0
    handles: int = 0

    def limit(self, memory: str) -> None:
        """How large workers may grow that are started from now on."""
        text = f'FUNDOCR_WORKER_MEMORY="{memory}"\n'
        (self.service.home / ".env").write_text(text, encoding="utf-8")

    def measure(self) -> None:
        """No worker can keep the first limit, which is told and passed over, with what a fresh
        worker needs once it has given back what it does not; workers then grow beyond the second
        one with each batch."""
        (pid,) = self.service.ready_workers()
        assert ask(self.service, 0).status_code == 200
        assert self.service.ready_workers() == [pid]
        self.handles = psutil.Process(pid).num_fds()
        wait_until(lambda: said(self.service, "is ignored") == 2)  # of each model's worker
        log = " ".join(line["message"] for line in self.service.log("model_log.log"))
        self.fresh = 1_000_000 * max(map(int, re.findall(r"a fresh worker has (\d+) MB", log)))
        self.limit(str(self.fresh + ROOM))
        psutil.Process(pid).kill()
        wait_until(lambda: self.service.ready_workers() not in ([], [pid]))


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    folder, released = tmp_path_factory.mktemp("grown"), threading.Event()
    temporary = folder / "t"
    temporary.mkdir()

    def held_back(talk: Conversation) -> None:
        released.wait(60)
        whole((SAMPLES / SLOW).read_bytes())(talk)

    (folder / "home").mkdir()
    (folder / "home" / ".env").write_text('FUNDOCR_WORKER_MEMORY="20 MB"\n', encoding="utf-8")
    settings = {"FUNDOCR_FETCH_SECONDS": "60", "TMPDIR": str(temporary)}
    routes = {"/slow.png": held_back}
    store = folder / "store"
    store.mkdir()
    archives = PROJECT / "model_store"
    shutil.copy(archives / "ocr_info_update.mar", store)
    with_mistake(archives / "ocr_handler.mar", store / "ocr_handler.mar", "1.0", LEAK)
    config = {"model_store": str(store)}
    with running_service(
        folder / "home", routes=routes, settings=settings, config=config
    ) as service:
        life = Life(service=service, temporary=temporary, released=released)
        life.measure()
        yield life


@pytest.fixture
def grown(life: Life) -> Life:
    """It runs, whichever test was before."""
    if not life.service.processes():
        life.released.clear()
        life.service.trial.__enter__()  # what opened it stops it
    return life


def ask(service: RunningService, number: int, *, straight: bool = False) -> Any:
    """A picture with bytes of its own, at the front door or straight at TorchServe."""
    content = kind_of(number).content + number.to_bytes(4, "big")
    headers = {"Content-Type": "image/png"}
    if straight:
        return service.torchserve(content, headers=headers)
    return service.front("POST", "/ocr_handler", data=content, headers=headers)


def kind_of(number: int) -> Kind:
    return KINDS[number % len(KINDS)]


def shown(number: int) -> dict[str, str]:
    """What this picture shows."""
    return dict(zip(("fund_code", "hold_share"), kind_of(number).shows, strict=True))


def said(service: RunningService, message: str) -> int:
    """How often the workers of the latest service have logged so."""
    return sum(message in line["message"] for line in service.log("model_log.log"))


def fresh_starts(service: RunningService) -> int:
    return said(service, "grown beyond FUNDOCR_WORKER_MEMORY")


def starts(service: RunningService) -> Counter[str]:
    """How often the reading worker was started, by kind, as TorchServe has counted."""
    text = requests.get(f"{service.trial.address.metrics}/metrics", timeout=30).text
    line = r'(?m)^fundocr_worker_starts_total\{model="ocr_handler".*kind="(\w+)".*\} (\S+)$'
    return Counter({kind: int(float(value)) for kind, value in re.findall(line, text)})


def deaths(service: RunningService) -> int:
    return (service.home / "var" / "log" / "ts_log.log").read_text("utf-8").count("Worker died")


def test_every_request_is_answered_rightly_at_either_door(grown: Life) -> None:
    service = grown.service
    (pid,) = service.ready_workers()
    lives_before, starts_before, deaths_before = (
        fresh_starts(service),
        starts(service),
        deaths(service),
    )

    def asked(number: int) -> tuple[int, Any]:
        answer = ask(service, number, straight=number % 2 == 0)
        return answer.status_code, answer.json().get("data")

    numbers = range(100, 116)  # two batches at least, and each leaves too much behind
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(asked, numbers))
    assert answers == [(200, shown(number)) for number in numbers]
    # It may start afresh once more after the last answer.
    wait_until(lambda: psutil.Process(pid).memory_info().rss < grown.fresh + ROOM)
    wait_until(lambda: fresh_starts(service) - lives_before >= 2)
    lives = fresh_starts(service) - lives_before
    assert service.ready_workers() == [pid], "the process stays: TorchServe has nothing to restart"
    assert deaths(service) == deaths_before
    wait_until(lambda: said(service, "started afresh") == lives_before + lives)
    wait_until(lambda: starts(service) - starts_before == {"afresh": lives})
    assert psutil.Process(pid).num_fds() < grown.handles + lives, "none is left by each life"
    workers = [pid, *service.ready_workers("ocr_info_update")]
    assert [loads_torch(worker) for worker in workers] == [False, False], "nor in a second life"


def loads_torch(pid: int) -> bool:
    return any("libtorch" in mapped.path for mapped in psutil.Process(pid).memory_maps())


def test_a_stop_waits_for_what_is_in_flight_while_a_worker_starts_afresh(
    grown: Life, truth: Truth
) -> None:
    """A link straight at TorchServe is fetched by its worker; the others, one through the front
    door, wait at TorchServe for their turn, and are more than a worker reads before it has grown
    too large."""
    service, before, numbers = grown.service, fresh_starts(grown.service), range(1000, 1012)
    assert leftovers(grown.temporary) != []
    with ThreadPoolExecutor(15) as pool:
        link = {"image_url": service.host.url("/slow.png"), "url_type": "7min_local"}
        in_work = pool.submit(service.torchserve, link)
        wait_until(lambda: service.host.requests)
        through_front = pool.submit(ask, service, 999)
        direct = [pool.submit(ask, service, number, straight=True) for number in numbers]
        wait_until(lambda: pending(service) == len(direct) + 1)
        stop = pool.submit(Place.of(service.trial).fundocr, "stop", seconds=300)
        wait_until(lambda: not is_alive(service.url))  # it takes no new requests
        assert not any(future.done() for future in (in_work, through_front, *direct, stop))
        grown.released.set()
        assert right(in_work) == truth[SLOW]
        assert right(through_front) == shown(999)
        assert [right(one) for one in direct] == [shown(number) for number in numbers]
        assert stop.result().stdout == "The service has stopped.\n"
        assert service.trial.stop() == 0  # its exit code; it has ended already
    assert fresh_starts(service) > before, "there was one meanwhile"
    assert service.processes() == []
    assert leftovers(grown.temporary) == []
    assert not (service.home / "key_file.json").exists()


def pending(service: RunningService) -> int:
    """Requests in TorchServe's queue."""
    answer = requests.get(
        f"{service.trial.address.management}/models/ocr_handler",
        headers=service.trial.authorization("management"),
        timeout=10,
    )
    return int(answer.json()[0]["jobQueueStatus"]["pendingRequests"])


def right(answer: "Future[requests.Response]") -> Any:
    """What it shows, once it is there."""
    assert answer.result().status_code == 200
    return answer.result().json()["data"]
