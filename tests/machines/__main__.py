"""`python -m tests.machines`: three machines behind the shipped proxy on one MariaDB (7 minutes).

Each machine is the whole service in a network namespace with an address of its own. Under the load
of 10 clients one is killed, one is cut off, all are upgraded one after the other, with the ledger
of tests.faults; then two machines are measured beside one. Prints `target | measured | met or
missed` a line; the same as JSON in var/machines.json. The exit code is 1 on any miss, 2 where it
could not be set up.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from evals.bench.machine import described
from evals.bench.machine import machine as this_machine
from evals.bench.report import Target, conclude, say
from pipeline.settings import PROJECT
from serving.failure import Failure
from tests.faults import report
from tests.faults.faults import Fault
from tests.faults.ledger import Outcome
from tests.faults.place import Place
from tests.faults.run import Result, run
from tests.machines import batch, strikes
from tests.machines.cluster import Cluster, cluster
from tests.machines.network import enter_own_namespace
from tests.machines.pictures import Screens
from tests.machines.speed import speed

CLIENTS = 10
_ITEMS = 60


def main() -> int:
    """Run all of it, or the short form of what happens to machines."""
    parser = argparse.ArgumentParser(prog="python -m tests.machines", description=__doc__)
    parser.add_argument("--short", action="store_true", help="faults alone, each briefly")
    parser.add_argument("--only", choices=("faults", "speed"), help="one of the two parts")
    parser.add_argument("--rounds", type=int, default=3, help="of speed; default: 3")
    parser.add_argument("--json", type=Path, default=PROJECT / "var" / "machines.json")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended then too
    begun = time.monotonic()
    try:
        enter_own_namespace("tests.machines")
        found = this_machine()
        say(described(found))
        pictures = Screens()
        with tempfile.TemporaryDirectory() as folder, cluster(Path(folder), 3, pictures) as here:
            say(f"three machines are READY after {time.monotonic() - begun:.0f} s")
            targets: list[Target] = []
            if given.only != "speed":
                targets += _faults(here, pictures, short=given.short)
            if given.only != "faults" and not given.short:
                targets += speed(here, pictures, rounds=given.rounds, seconds=30.0)
            memory = [machine.memory() for machine in here.machines]
    except Failure as error:
        print(f"set-up failed: {error}", file=sys.stderr)
        return 2
    seconds = time.monotonic() - begun
    say(f"in {seconds:.0f} s; memory of the machines: {_megabytes(memory)}")
    return conclude(given.json, targets, {"machine": found, "seconds": seconds, "memory": memory})


def _faults(here: Cluster, pictures: Screens, *, short: bool) -> Iterator[Target]:
    """What is done to the machines, one after the other, and what came of it."""
    first, second, third = here.machines
    place = here.place(pictures)
    handed: list[batch.Batch] = []

    def hand_in(place: Place) -> None:
        """All machines work on some of it when one of them is killed."""
        if not short:
            handed.append(batch.hand_in(place.world, _ITEMS))
            time.sleep(6.0)  # the others look for it every 5 s

    say(" | ".join(report.COLUMNS))
    yield from _told(place, strikes.killed(second, 6.0 if short else 15.0, hand_in))
    if handed:
        say(f"  (of the unknown ones {_ITEMS} are items of the batch: they are answered later)")
    yield from _told(place, strikes.cut_off(third, away=6.0 if short else 20.0))
    yield from _told(place, strikes.upgraded(here, times=1 if short else 3))
    for one in handed:
        yield _batch(place, batch.settle(place.world, one))
    assert first.is_alive()


def _batch(place: Place, counts: dict[str, int]) -> Target:
    return Target(
        key="batch",
        target=f"a batch of {_ITEMS} of which a killed machine had a part: all done, each once",
        measured=", ".join(f"{n} {state}" for state, n in counts.items() if n),
        met=counts.get("done") == _ITEMS and not place.findings(),
        numbers=counts,
    )


def _told(place: Place, fault: Fault) -> Iterator[Target]:
    result = run(place, fault, CLIENTS)
    say("\n".join([report.line(result), *report.sentences(result)]))
    yield _target(result)


def _target(result: Result) -> Target:
    found, counted = result.findings, result.requests
    allowed = "0 failed" if result.fault.is_harmless else "failed with codes of the contract only"
    failed = ", ".join(f"{n} × {code}" for code, n in sorted(result.codes.items())) or "none"
    return Target(
        key=result.fault.name,
        target=f"{result.fault.name}: 0 lost, 0 double, 0 changed; {allowed}",
        measured=(
            f"{len(found.lost)} lost, {len(found.double)} double, {len(found.changed)} changed; "
            f"{counted[Outcome.OK]} answered, failed: {failed}; a new picture after "
            f"{max(result.recoveries, default=float('inf')):.1f} s"
        ),
        met=not result.misses and counted[Outcome.OK] > 0,
        numbers={
            "requests": {str(outcome): counted[outcome] for outcome in Outcome},
            "codes": dict(result.codes),
            "foreign": dict(result.foreign),
            "recoveries_s": list(result.recoveries),
            "misses": result.misses,
            "sentences": report.sentences(result),
        },
    )


def _megabytes(bytes_of: list[int]) -> str:
    return ", ".join(f"{one / 1e6:.0f} MB" for one in bytes_of)


if __name__ == "__main__":
    sys.exit(main())
