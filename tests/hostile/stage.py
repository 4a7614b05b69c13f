"""The whole service in a network where every address is ours, and the witnesses of what it does.

Two witnesses that know nothing of each other: the journal, kept inside the processes that fetch,
and the listeners, which anybody reaches who connects anywhere on a port that the attacks name.
"""

import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import requests

from evals.testbed.picture_host import Behaviour, PictureHost, picture_host
from tests.hostile.interpreter import Journal, WayOut, plain_address, watched_interpreter
from tests.hostile.names import NameServer, name_server
from tests.hostile.namespace import settle
from tests.trial import Trial

# Every port that a link of the attacks names, and those of what is worth reaching from inside.
PORTS = (1, 21, 22, 25, 80, 443, 2375, 3306, 5432, 6379, 8000, 8080, 8081, 8123, 8443, 9200, 11211)
SENTINEL_PORT = 8123
# What the settings below let through: a listed host at a listed address, and any public address.
LOCAL_HOST, LOCAL_ADDRESS = "pictures.corp.test", "10.20.0.5"
PUBLIC_HOST, PUBLIC_ADDRESS = "store.example.test", "93.184.216.34"
POLICY = {
    "FUNDOCR_LOCAL_HOSTS": "pictures.corp.test,*.nas.corp.test:8080,10.20.0.7,10.30.0.7",
    "FUNDOCR_LOCAL_CIDRS": "10.20.0.0/16,fd00:20::/32",
}
Place = tuple[str, int]


@dataclass(slots=True, kw_only=True)
class Listeners:
    """Who answers on every address. routes: what the paths are answered with, on all of them."""

    hosts: list[PictureHost]
    routes: dict[str, bytes | Behaviour]
    _seen: Counter[Place] = field(default_factory=Counter)

    def news(self) -> list[Place]:
        """Where connections arrived since it was asked last."""
        now = Counter(
            (plain_address(address), host.port) for host in self.hosts for address in host.reached
        )
        news = now - self._seen
        self._seen = now
        return sorted(news.elements())


@dataclass(slots=True, kw_only=True)
class Stage:
    """A running service and its surroundings. worker, front: process ids of those that fetch.

    python: the command line that begins another process with the hook.
    """

    service: Trial
    names: NameServer
    listeners: Listeners
    journal: Journal
    python: list[str]
    worker: int
    front: int

    def connects(self) -> list[Place]:
        """Where the worker and the front door's process connected to since it was asked last; the
        front door's way to TorchServe is none out."""
        places = [(one.address, one.port) for one in self.ways_out() if one.kind == "connect"]
        address = self.service.address
        own = {urlsplit(url).netloc for url in (address.inference, address.management)}
        return [place for place in places if f"{place[0]}:{place[1]}" not in own]

    def ways_out(self) -> list[WayOut]:
        """All that the hook in both processes saw since it was asked last."""
        return self.journal.news(self.worker, self.front)

    def look_away(self) -> None:
        """Forget what both witnesses have seen so far."""
        self.ways_out()
        self.listeners.news()

    def is_whole(self) -> bool:
        """Whether the same processes as in the beginning are there and ready."""
        return ready_worker(self.service) == self.worker and psutil.pid_exists(self.front)


@contextmanager
def stage(
    routes: Mapping[str, bytes | Behaviour] | None = None, **settings: str
) -> Iterator[Stage]:
    """In a namespace of `namespace.inside`. settings: FUNDOCR_* beside those of POLICY."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hostile-")))
        settle(folder)
        names = stack.enter_context(name_server())
        answers = dict(routes or {})
        hosts = [
            stack.enter_context(picture_host(answers, address="::", port=port)) for port in PORTS
        ]
        journal = folder / "journal"
        journal.touch()
        (folder / "tmp").mkdir()
        python = watched_interpreter(folder / "python")
        service = Trial(
            folder / "home",
            {
                **POLICY,
                "WAYS_OUT_JOURNAL": str(journal),
                "TMPDIR": str(folder / "tmp"),
                **settings,
            },
            python=python,
        )
        stack.enter_context(service)
        yield Stage(
            service=service,
            names=names,
            listeners=Listeners(hosts=hosts, routes=answers),
            journal=Journal(journal),
            python=["env", f"WAYS_OUT_JOURNAL={journal}", python],
            worker=ready_worker(service) or 0,
            front=_front(service),
        )


def ready_worker(service: Trial) -> int | None:
    """The process id of the worker that reads pictures; None while it is not READY."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(
            f"{service.address.management}/models/ocr_handler",
            headers=service.authorization("management"),
            timeout=30,
        )
    (worker,) = answer.json()[0]["workers"]
    return int(worker["pid"]) if worker["status"] == "READY" else None


def _front(service: Trial) -> int:
    """The process id of the front door."""
    for process in psutil.Process(os.getpid()).children(recursive=True):
        command = process.cmdline()
        if "front" in command and service.address.inference in command:
            return int(process.pid)
    raise AssertionError("the front door's process is not there")


class MemoryWatch:
    """How much a process's resident memory grows while a block runs, in bytes."""

    def __init__(self, pid: int, every_s: float = 0.005) -> None:
        self._process = psutil.Process(pid)
        self._every_s = every_s
        self._stopping = threading.Event()
        self.growth = 0

    def __enter__(self) -> "MemoryWatch":
        self._before = self._process.memory_info().rss
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            self.growth = max(self.growth, self._process.memory_info().rss - self._before)
            time.sleep(self._every_s)
