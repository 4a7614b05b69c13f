"""One service under load, with all that a fault can be done to."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests
from sqlalchemy import make_url

from cli.service.front import is_alive
from db.engine import open_engine
from db.keys import Keys, Role
from front.forward import MODELS
from tests.db.cutting_proxy import CuttingProxy
from tests.faults.book import Book
from tests.faults.ledger import Findings, Outcome, compare
from tests.faults.load import Client, World
from tests.faults.small_disk import SmallDisk
from tests.faults.table import kept_rows
from tests.mariadb import MariaDB
from tests.picture_host import PictureHost
from tests.serve.waiting import wait_until
from tests.trial import Trial

# So long (s) a probe asks before a service counts as not well again.
_LIMIT = 120.0
_LINES = 40


@dataclass(slots=True, kw_only=True)
class Place:
    """A service that is READY, its clients' world, and what it stands on: each is None where it
    has none. database_url: for reading the table, whatever stands between it and the service.
    ends: what is to be waited for when a fault has struck for the last time.
    """

    service: Trial
    world: World
    database_url: str
    server: MariaDB | None = None
    proxy: CuttingProxy | None = None
    disk: SmallDisk | None = None
    ends: ExitStack = field(default_factory=ExitStack)
    _known: Findings = field(default_factory=Findings)

    @property
    def book(self) -> Book:
        return self.world.book

    def recovered(self, since: float) -> float:
        """Seconds from `since` (monotonic) to the first answer to a new picture; infinite where
        none comes."""
        client = Client(self.world)
        try:
            while time.monotonic() - since < _LIMIT:
                if client.recognise(client.new_picture(link=True)) is Outcome.OK:
                    return time.monotonic() - since
                time.sleep(0.05)
        finally:
            client.close()
        return float("inf")

    def findings(self) -> Findings:
        """What is wrong between book and table by now, and was not before."""
        all_of_it = compare(self.book.entries, kept_rows(self.database_url), self.book.shown)
        new = all_of_it.beside(self._known)
        self._known = all_of_it
        return new

    def kill_worker(self, model: str) -> None:
        """SIGKILL to the READY worker of this model; waits for one."""
        wait_until(lambda: self._ready_workers(model))
        self._kill(psutil.Process(int(self._ready_workers(model)[0]["pid"])))

    def kill_torchserve(self) -> None:
        """SIGKILL to its Java."""
        self._kill(self._child(lambda words: Path(words[0]).name == "java"))

    def kill_front(self) -> None:
        """SIGKILL to the front door."""
        self._kill(self._child(lambda words: words[1:3] == ["-m", "front"]))

    def told_at_last(self) -> str:
        """What TorchServe and its workers logged last, for who asks why it is not well again."""
        logs = self.service.home / "var" / "log"
        files = (logs / name for name in ("ts_log.log", "model_log.log"))
        return "\n".join(
            "\n".join(file.read_text("utf-8", errors="replace").splitlines()[-_LINES:])
            for file in files
            if file.exists()
        )

    def is_ready(self) -> bool:
        """Whether both models have a READY worker, and the front door answers."""
        try:
            ready = all(self._ready_workers(model) for model in MODELS)
        except (requests.RequestException, ValueError, LookupError, TypeError):
            return False
        return ready and is_alive(self.service.front)

    def wait_ready(self) -> None:
        """Return as soon as it is."""
        wait_until(self.is_ready, _LIMIT)

    def _ready_workers(self, model: str) -> list[dict[str, Any]]:
        answer = requests.get(
            f"{self.service.address.management}/models/{model}",
            headers=self.service.authorization("management"),
            timeout=10,
        )
        return [one for one in answer.json()[0]["workers"] if one["status"] == "READY"]

    def _child(self, is_wanted: Callable[[list[str]], bool]) -> psutil.Process:
        supervisor = (self.service.home / "var" / "run" / "serve.pid").read_text().split()[0]
        for process in psutil.Process(int(supervisor)).children(recursive=True):
            try:
                words = process.cmdline()
            except psutil.NoSuchProcess:
                continue
            if len(words) > 2 and is_wanted(words):
                return process
        raise AssertionError("the process to be killed is not there")

    def _kill(self, process: psutil.Process) -> None:
        """Kill it, if it is one of this service, and return when it is gone."""
        assert process.environ().get("FUNDOCR_HOME") == str(self.service.home)
        process.kill()
        process.wait(60)


@contextmanager
def place(
    home: Path,
    host: PictureHost,
    database_url: str,
    *,
    server: MariaDB | None = None,
    proxy: CuttingProxy | None = None,
    disk: SmallDisk | None = None,
    config: Mapping[str, str] | None = None,
    version: str = "1.0",
    settings: Mapping[str, str] | None = None,
) -> Iterator[Place]:
    """A place on a database that has our tables. host: serves `Pictures`. proxy: the service
    reaches the database only through it. disk: what the database or the logs stand on. version:
    see World. settings: FUNDOCR_* instead of these or beside them.
    """
    url = make_url(database_url)
    through = url if proxy is None else url.set(port=proxy.port)
    own = {
        "FUNDOCR_DATABASE_URL": through.render_as_string(hide_password=False),
        "FUNDOCR_LOCAL_HOSTS": host.authority,
        "FUNDOCR_LOCAL_CIDRS": "127.0.0.1/32",
        "FUNDOCR_ANONYMOUS_CIDRS": "",  # every request brings a key that the table knows
        "FUNDOCR_RATE": "100000",
        **(settings or {}),
    }
    service = Trial(home, own, config)
    world = World(front=service.front, key=_key(database_url), host=host, version=version)
    with service:
        yield Place(
            service=service,
            world=world,
            database_url=database_url,
            server=server,
            proxy=proxy,
            disk=disk,
        )


def _key(database_url: str) -> str:
    engine = open_engine(database_url)
    try:
        return Keys(engine).add("faults", Role.CORRECTOR)
    finally:
        engine.dispose()
