"""`make soak`: thousands of mixed pictures through one service, watched from outside.

First a long life: as many pictures as asked for, links and uploads of all sizes, repeats and
corrections, broken pictures and failing hosts, 16 callers. Then a service whose workers may take
little memory and start afresh again and again. Prints `target | measured | met or missed` a line;
the same with all looks as JSON in var/soak.json. The exit code is 1 on any miss.
"""

import argparse
import signal
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from evals.bench.machine import described, machine
from evals.bench.report import conclude, say
from evals.testbed.mariadb import MariaDB
from pipeline.settings import PROJECT
from tests.soak.files import drawn, samples
from tests.soak.run import fresh_starts, long_life, soaked

REPORT = PROJECT / "var" / "soak.json"
# What a worker may take in the second part beyond what a fresh one has (bytes).
ROOM = 200_000_000


def main() -> int:
    """Soak; 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--pictures", type=int, default=5000, help="default: 5000")
    parser.add_argument("--afresh", type=int, default=400, help="of the second part; default: 400")
    parser.add_argument("--json", type=Path, default=REPORT, help="default: var/soak.json")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended then too
    found = machine()
    say(described(found))
    known = [*samples(), *drawn()]
    with tempfile.TemporaryDirectory() as folder, MariaDB(buffer_pool="256M") as server:
        begun = time.monotonic()
        with soaked(Path(folder) / "long", server, known, 63) as soak:
            fresh = soak.worker().memory_info().rss
            say(f"a long life: {options.pictures} pictures")
            targets, watch = long_life(soak, options.pictures)
            say(f"  {_spent(begun)}; slowest answer {soak.callers.tally.slowest:.1f} s")
        begun = time.monotonic()
        limit = {"FUNDOCR_WORKER_MEMORY": str(fresh + ROOM)}
        with soaked(Path(folder) / "afresh", server, known, 63, limit) as soak:
            say(f"fresh starts: {options.afresh} pictures")
            again = fresh_starts(soak, options.afresh, least=5)
            say(f"  {_spent(begun)}")
    again = [
        replace(one, key=f"afresh: {one.key}", target=f"with fresh starts, {one.target}")
        for one in again
    ]
    details = {"machine": found, "pictures": options.pictures, "looks": watch.as_json()}
    return conclude(options.json, [*targets, *again], details)


def _spent(begun: float) -> str:
    return f"{time.monotonic() - begun:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
