"""`python -m tests.faults`: faults under 16 clients, with a ledger (15 minutes, 1 GB of disk).

Prints a line for each fault and writes all of it to var/faults.json; exits with 1 on any miss, with
2 where it could not be set up.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from db.upgrade import upgrade
from evals.testbed.mariadb import MariaDB
from evals.testbed.picture_host import picture_host
from pipeline.settings import PROJECT
from serving.failure import Failure
from tests.db.cutting_proxy import CuttingProxy
from tests.faults import faults, report
from tests.faults.faults import Fault
from tests.faults.pictures import Pictures
from tests.faults.place import place
from tests.faults.run import Result, run
from tests.faults.small_disk import CannotMount, SmallDisk

_INSIDE = "FAULTS_IN_OWN_NAMESPACE"
# What a service logs in a quarter of an hour has room, and the rest is soon filled.
_LOGS_MB, _SQLITE_MB = 256, 64
_SMALL_QUEUE = {"job_queue_size": "16"}


def main() -> int:
    """Run all faults, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", action="append", metavar="WORDS", help="faults with these words")
    parser.add_argument("--times", type=int, metavar="N", help="each at most so often")
    parser.add_argument("--json", type=Path, default=PROJECT / "var" / "faults.json")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="for the services; not deleted")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended then too
    begun = time.monotonic()
    busy = os.getloadavg()[0]
    results = []
    try:
        _enter_own_namespace()
        print(" | ".join(report.COLUMNS), flush=True)
        for result in _all(given.only or [], given.times, given.keep):
            results.append(result)
            print("\n".join([report.line(result), *report.sentences(result)]), flush=True)
            report.write(given.json, results, time.monotonic() - begun, busy)
    except (CannotMount, Failure) as error:
        print(f"set-up failed: {error}", file=sys.stderr)
        return 2
    seconds = time.monotonic() - begun
    missed = sum(bool(result.misses) for result in results)
    print(
        f"{len(results)} kinds of faults, {missed} missed, in {seconds:.0f} s; "
        f"{os.cpu_count()} cores, load average {busy:.1f} before it began",
        flush=True,
    )
    return 1 if missed or not results else 0


def _enter_own_namespace() -> None:
    """Small disks are mounted where nobody else sees them; they end with this process. Without
    root's rights, as the root of a namespace of users."""
    if _INSIDE in os.environ:
        return
    rights = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    unshare = ["unshare", "--mount", *rights]
    tried = subprocess.run([*unshare, "true"], capture_output=True, text=True)
    if tried.returncode:
        raise CannotMount(f"a disk to be filled up cannot be mounted here: {tried.stderr.strip()}")
    os.environ[_INSIDE] = "1"
    os.execvp("unshare", [*unshare, sys.executable, "-m", "tests.faults", *sys.argv[1:]])


def _all(only: list[str], times: int | None, keep: Path | None) -> Iterator[Result]:
    """One service after the other, each with the faults that fit what it stands on."""

    def wanted(*some: Fault) -> list[Fault]:
        return [
            replace(one, times=min(one.times, times or one.times))
            for one in some
            if not only or any(words in one.name for words in only)
        ]

    direct = wanted(
        faults.worker_killed(30),
        faults.database_killed(20),
        faults.torchserve_restarted(5),
        faults.front_restarted(5),
        faults.database_killed(1, away=60),
        faults.database_read_only(5),
        faults.disk_full_for_logs(2),
    )
    proxied = wanted(faults.commit_cut_off(20), faults.database_slow(2), faults.database_stalled(2))
    embedded = wanted(faults.queue_full(3), faults.disk_full_for_sqlite(3))
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        host = stack.enter_context(picture_host(Pictures()))
        server = stack.enter_context(MariaDB())
        if direct:
            disk = SmallDisk(folder / "direct" / "var" / "log", megabytes=_LOGS_MB)
            url = server.new_database(upgraded=True)
            with disk, place(folder / "direct", host, url, server=server, disk=disk) as here:
                yield from (run(here, fault) for fault in direct)
        if proxied:
            url = server.new_database(upgraded=True)
            with (
                CuttingProxy(server.port) as proxy,
                place(folder / "proxied", host, url, server=server, proxy=proxy) as here,
            ):
                yield from (run(here, fault) for fault in proxied)
        if embedded:
            url = f"sqlite:///{folder}/rows/rows.db"
            with SmallDisk(folder / "rows", megabytes=_SQLITE_MB) as disk:
                upgrade(url)
                home = folder / "embedded"
                with place(home, host, url, disk=disk, config=_SMALL_QUEUE) as here:
                    yield from (run(here, fault) for fault in embedded)


if __name__ == "__main__":
    sys.exit(main())
