"""A whole service that is asked for many pictures and watched meanwhile."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import sqlalchemy

from db.engine import open_engine
from evals.bench.report import Target, say
from evals.testbed.mariadb import MariaDB
from evals.testbed.picture_host import picture_host
from serving.run_file import RunFile
from tests.soak import verdicts
from tests.soak.asks import Asks
from tests.soak.broken import broken
from tests.soak.callers import Callers
from tests.soak.files import File, of_odd_sizes
from tests.soak.hosts import FETCH_SECONDS, Routes
from tests.soak.watch import Watch
from tests.trial import Trial

CALLERS = 16
TOLD_EVERY = 250
# A worker gives free memory back every 5 s (handlers/worker.py).
REST_SECONDS = 7
WATCHED = ("OCR worker", "correction worker", "front door", "TorchServe (Java)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Soaked:
    """A running service with its callers. temporary: its folder for temporary files."""

    service: Trial
    database_url: str
    leader: int
    temporary: Path
    callers: Callers

    def watch(self) -> Watch:
        """A look at it every 2 s inside the block."""
        return Watch(
            self.leader, self.service.home, self.temporary, lambda: self.callers.tally.pictures
        )

    def worker(self) -> psutil.Process:
        """The process that reads pictures."""
        family = psutil.Process(self.leader).children(recursive=True)
        return next(
            one for one in family
            if one.name() != "java" and (Path(one.cwd()) / "ocr_handler.py").exists()
        )  # fmt: skip

    def told(self, message: str) -> int:
        """How often the workers have said so in their log, as far back as it goes."""
        logs = (self.service.home / "var" / "log").glob("model_log*.log")
        return sum(file.read_text(encoding="utf-8").count(message) for file in logs)

    def answers(self) -> list[Target]:
        """What came back, beside what is in the table."""
        engine = open_engine(self.database_url)
        try:
            with engine.connect() as connection:
                count = "SELECT COUNT(*) FROM ocr_result"
                rows = connection.execute(sqlalchemy.text(count)).scalar_one()
                corrected = connection.execute(
                    sqlalchemy.text(f"{count} WHERE review_state = 'corrected'")
                ).scalar_one()
        finally:
            engine.dispose()
        return verdicts.answers(self.callers.tally, rows, corrected)


@contextmanager
def soaked(
    home: Path,
    server: MariaDB,
    known: Sequence[File],
    odd: int,
    settings: dict[str, str] | None = None,
) -> Iterator[Soaked]:
    """A service on a new database, READY; `odd`: how many pictures of odd sizes there are."""
    files = [*known, *of_odd_sizes(known, odd)]
    # Next to home and not in it: sockets are made there, whose paths must be short.
    temporary = home.with_name(f"{home.name}-tmp")
    temporary.mkdir()
    with picture_host(Routes(files)) as host:
        allowed = {
            "TMPDIR": str(temporary),
            "FUNDOCR_DATABASE_URL": server.new_database(upgraded=True),
            "FUNDOCR_LOCAL_HOSTS": host.authority,
            "FUNDOCR_LOCAL_CIDRS": "127.0.0.1/32",
            "FUNDOCR_FETCH_SECONDS": str(FETCH_SECONDS),
            "FUNDOCR_RATE": "100000",
            **(settings or {}),
        }
        with Trial(home, allowed) as service:
            asks = Asks(known=known, odd=files[len(known) :], url=host.url, broken=broken(known[0]))
            yield soak_of(service, service.front_authorization(), temporary, asks)


def soak_of(
    service: Trial, headers: Mapping[str, str], temporary: Path, asks: Asks, database_url: str = ""
) -> Soaked:
    """Of a service that runs. headers: what opens its front door. database_url: for reading the
    table, where something stands between it and the service."""
    leader = RunFile(service.home).running()
    assert leader is not None
    return Soaked(
        service=service,
        database_url=database_url or service.database_url,
        leader=leader,
        temporary=temporary,
        callers=Callers(service.front, headers, asks.turn),
    )


def long_life(
    soak: Soaked, pictures: int, rest: float = REST_SECONDS
) -> tuple[list[Target], Watch]:
    """The targets of a service that reads so many pictures without being started again. rest:
    between portions of them (s), so that memory can be judged."""
    end = soak.callers.tally.pictures + pictures
    with soak.watch() as watch:
        while (left := end - soak.callers.tally.pictures) > 0:
            soak.callers.run(min(TOLD_EVERY, left), CALLERS)
            time.sleep(rest)
            watch.look(at_rest=True)
            say(f"  {soak.callers.tally.pictures} pictures, at rest: {watch.told()}")
    targets = soak.answers()
    for name in WATCHED:
        looks = watch.looks[name]
        targets += verdicts.memory(name, looks)
        targets.append(verdicts.threads(name, looks))
        targets.append(verdicts.handles(name, looks))
    targets += verdicts.files(watch.disk, watch.processes)
    return targets, watch


def fresh_starts(soak: Soaked, pictures: int, least: int) -> list[Target]:
    """The targets of a service whose workers grow too large again and again."""
    soak.callers.run(pictures, CALLERS)
    found = soak.told("grown beyond FUNDOCR_WORKER_MEMORY")
    return [
        *soak.answers(),
        Target(
            key="fresh starts",
            target=f"workers start afresh at least {least} times while {CALLERS} callers ask",
            measured=f"{found} times, slowest answer {soak.callers.tally.slowest:.1f} s",
            met=found >= least,
        ),
    ]
