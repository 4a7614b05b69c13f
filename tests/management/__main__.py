"""`make versions`: deploys, rollbacks, broken archives and scaling under 16 clients (4 minutes).

The clients of `make faults` ask the front door of one service with MariaDB for new and known links,
send pictures and corrections, and write down what they were told; meanwhile versions and workers
are changed. Prints `target | measured | met or missed` a line; the same as JSON in
var/versions.json. The exit code is 1 on any miss.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from evals.bench.machine import described, machine
from evals.bench.report import Target, conclude, say
from evals.testbed.mariadb import MariaDB
from evals.testbed.picture_host import picture_host
from pipeline.settings import PROJECT
from tests.faults.load import CLIENTS, Load
from tests.faults.pictures import Pictures
from tests.faults.place import place
from tests.management.changes import (
    CORRECTOR,
    READER,
    Counter,
    broken_deploys,
    deploys,
    rollbacks,
    scales,
)
from tests.serve.archives import store_with

REPORT = PROJECT / "var" / "versions.json"


def main() -> int:
    """Change versions; 1 when somebody noticed."""
    parser = argparse.ArgumentParser(prog="make versions", description=__doc__)
    parser.add_argument("--json", type=Path, default=REPORT, help="default: var/versions.json")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended then too
    found, begun = machine(), time.monotonic()
    say(described(found))
    with (
        tempfile.TemporaryDirectory() as folder,
        picture_host(Pictures()) as host,
        MariaDB() as server,
    ):
        url, store = server.new_database(upgraded=True), store_with(Path(folder) / "store")
        outside = Path(folder) / "outside"
        outside.mkdir()
        config = {"model_store": str(store)}
        # Versions come and go: who names one would be told that it is not there.
        with place(
            Path(folder) / "home", host, url, server=server, config=config, version=""
        ) as here:
            targets = _changed(Counter(place=here, store=store, outside=outside))
    seconds = time.monotonic() - begun
    say(f"{seconds:.0f} s; load average {os.getloadavg()[0]:.1f} at the end")
    return conclude(options.json, targets, {"machine": found, "seconds": seconds})


def _changed(counter: Counter) -> list[Target]:
    with Load(counter.place.world, CLIENTS):
        counter.place.recovered(time.monotonic())  # all clients are at work
        targets = [
            counter.target("deploys", "10 deploys", list(deploys(counter))),
            counter.target(
                "rollbacks", "5 rollbacks", rollbacks(counter, ("9.0", "8.0"), ("3.0", "2.0"))
            ),
            counter.target(
                "broken", "5 deploys of broken archives", list(broken_deploys(counter, "9.0"))
            ),
            counter.target(
                "scaling",
                "workers up and down, by command and by config.properties",
                list(scales(counter, "9.0", "2.0")),
            ),
        ]
    return [*targets, _ledger(counter), _agrees(counter)]


def _ledger(counter: Counter) -> Target:
    """All that 16 clients were told, against the table."""
    found, book = counter.place.findings(), counter.place.book
    wrong = [*found.lost, *found.double, *found.changed]
    lost, double, changed = len(found.lost), len(found.double), len(found.changed)
    return Target(
        key="ledger",
        target="nothing lost, double or changed",
        measured=(
            f"{len(book.entries):,} requests, {len(book.shown):,} pictures: {lost} lost, "
            f"{double} double, {changed} changed; other codes: {dict(book.codes) or 'none'}"
        ),
        met=not wrong and not book.codes,
        numbers={"wrong": wrong, "codes": dict(book.codes)},
    )


def _agrees(counter: Counter) -> Target:
    """What runs in the end is what was chosen."""
    runs = {READER: counter.runs(READER, "9.0"), CORRECTOR: counter.runs(CORRECTOR, "2.0")}
    return Target(
        key="agrees",
        target="what runs in the end is what was chosen",
        measured=f"{READER} 9.0, {CORRECTOR} 2.0" if all(runs.values()) else f"{runs}",
        met=all(runs.values()),
    )


if __name__ == "__main__":
    sys.exit(main())
