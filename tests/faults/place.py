"""One service under load, with all that a fault can be done to."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil
from sqlalchemy import make_url

from db.access import Keys, Role
from db.engine import open_engine
from evals.testbed.mariadb import MariaDB
from evals.testbed.picture_host import PictureHost
from tests.db.cutting_proxy import CuttingProxy
from tests.faults.book import Book
from tests.faults.ledger import Findings, Outcome, compare
from tests.faults.load import Client, World
from tests.faults.small_disk import SmallDisk
from tests.faults.table import kept_rows
from tests.running_service import RunningService
from tests.serve.waiting import wait_until
from tests.trial import Trial

# So long (s) a probe asks before a service counts as not well again.
_LIMIT = 120.0
_LINES = 40


@dataclass(slots=True, kw_only=True)
class Place(RunningService):
    """A service that is READY, its clients' world, and what it stands on: each is None where it
    has none. other_key: of a caller beside the clients. table_url: for reading the table, whatever
    stands between it and the service.
    ends: what is to be waited for when a fault has struck for the last time.
    """

    world: World
    other_key: str
    table_url: str
    proxy: CuttingProxy | None = None
    disk: SmallDisk | None = None
    ends: ExitStack = field(default_factory=ExitStack)
    _known: Findings = field(default_factory=Findings)

    @property
    def book(self) -> Book:
        return self.world.book

    def recovered(self, since: float, *, by_another: bool = False) -> float:
        """Seconds from `since` (monotonic) to the first answer to a new picture; infinite where
        none comes. by_another: by a caller that does not share the clients' turn."""
        client = Client(replace(self.world, key=self.other_key) if by_another else self.world)
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
        all_of_it = compare(self.book.entries, kept_rows(self.table_url), self.book.shown)
        new = all_of_it.beside(self._known)
        self._known = all_of_it
        return new

    def kill_worker(self, model: str) -> None:
        """SIGKILL to the READY worker of this model; waits for one."""
        wait_until(lambda: self.ready_workers(model))
        self._kill(psutil.Process(self.ready_workers(model)[0]))

    def kill_torchserve(self) -> None:
        """SIGKILL to its Java."""
        self._kill(self.java())

    def kill_front(self) -> None:
        """SIGKILL to the front door."""
        self._kill(self.front_door())

    def told_at_last(self) -> str:
        """What TorchServe and its workers logged last, for who asks why it is not well again."""
        logs = self.home / "var" / "log"
        files = (logs / name for name in ("ts_log.log", "model_log.log"))
        return "\n".join(
            "\n".join(file.read_text("utf-8", errors="replace").splitlines()[-_LINES:])
            for file in files
            if file.exists()
        )

    def _kill(self, process: psutil.Process) -> None:
        """Kill it, if it is one of this service, and return when it is gone."""
        assert process.environ().get("FUNDOCR_HOME") == str(self.home)
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
    world = World(front=service.front, key=_key(database_url, "faults"), host=host, version=version)
    with service:
        yield Place(
            trial=service,
            host=host,
            world=world,
            other_key=_key(database_url, "another"),
            table_url=database_url,
            server=server,
            proxy=proxy,
            disk=disk,
        )


def _key(database_url: str, name: str) -> str:
    engine = open_engine(database_url)
    try:
        return Keys(engine).add(name, Role.CORRECTOR)
    finally:
        engine.dispose()
