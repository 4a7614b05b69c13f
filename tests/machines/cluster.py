"""Machines behind the shipped proxy, on one MariaDB, and the world of their clients."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from db.access import Keys, Role
from db.engine import open_engine
from evals.testbed.mariadb import MariaDB
from evals.testbed.picture_host import PictureHost, picture_host
from tests.faults.load import World
from tests.faults.pictures import Pictures
from tests.faults.place import Place
from tests.machines.machine import Machine
from tests.machines.network import HUB, NETWORK, Cable
from tests.serve.archives import OCR, STORE, store_with, with_other_code
from tests.surface.nginx import Nginx, nginx


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Machines that are READY. other_store: archives of other code, as an upgrade brings them."""

    machines: Sequence[Machine]
    proxy: Nginx
    host: PictureHost
    key: str
    database_url: str
    folder: Path
    other_store: Path

    def place(self, pictures: Pictures) -> Place:
        """For the runs of tests.faults: clients that reach the machines through the proxy.
        pictures: what the host serves."""
        world = World(
            front=self.proxy.url,
            key=self.key,
            host=self.host,
            pictures=pictures,
            context=self.proxy.context(),
        )
        service = self.machines[0].service
        assert service is not None
        return Place(service=service, world=world, database_url=self.database_url)

    @contextmanager
    def behind(self, machines: Sequence[Machine]) -> Iterator[Nginx]:
        """The shipped proxy once more, before these alone."""
        folder = self.folder / f"nginx-{len(machines)}"
        with nginx(folder, [machine.url for machine in machines]) as running:
            yield running


@contextmanager
def cluster(folder: Path, count: int, pictures: Pictures) -> Iterator[Cluster]:
    """So many machines, each of one core with one OCR worker of one thread. pictures: what the host
    serves."""
    cores = sorted(os.sched_getaffinity(0))
    temporary = (
        folder / "t"
    )  # short: sockets are made below it; a killed machine leaves things there
    temporary.mkdir()
    other_store = store_with(folder / "other-store")
    with_other_code(STORE / OCR, other_store / OCR)
    with ExitStack() as stack:
        server = stack.enter_context(MariaDB(address=HUB, clients="10.77.0.%"))
        host = stack.enter_context(picture_host(pictures, address=HUB))
        database_url = server.new_database(upgraded=True)
        settings = {
            "FUNDOCR_DATABASE_URL": database_url,
            "FUNDOCR_LOCAL_HOSTS": host.authority,
            "FUNDOCR_LOCAL_CIDRS": NETWORK,
            "FUNDOCR_PROXY_CIDRS": f"{HUB}/32",
            "FUNDOCR_ANONYMOUS_CIDRS": "",
            "FUNDOCR_RATE": "100000",
            "FUNDOCR_THREADS": "1",
            "TMPDIR": str(temporary),
        }
        machines = [
            Machine(
                stack.enter_context(Cable(number)),
                cores[(number - 1) % len(cores)],
                folder / f"machine{number}",
                STORE,
                settings,
            )
            for number in range(1, count + 1)
        ]
        key = _key(database_url)
        for machine in machines:
            stack.callback(_end, machine)
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(Machine.start, machines))
        proxy = stack.enter_context(nginx(folder / "nginx", [machine.url for machine in machines]))
        yield Cluster(
            machines=machines,
            proxy=proxy,
            host=host,
            key=key,
            database_url=database_url,
            folder=folder,
            other_store=other_store,
        )


def _end(machine: Machine) -> None:
    if machine.service is not None:
        machine.kill()


def _key(database_url: str) -> str:
    engine = open_engine(database_url)
    try:
        return Keys(engine).add("machines", Role.CORRECTOR)
    finally:
        engine.dispose()
