"""`make bench-sweep`: which workers, threads, batch size and delay serve best on so many cores.

Everything, the load too, runs on the first N cores in turn. Prints the table cores → workers,
threads, batch, delay that docs/benchmarks.md has; the same as JSON in var/bench-sweep.json.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from evals.bench import database
from evals.bench.child import end_after, end_well
from evals.bench.document import write_document
from evals.bench.machine import machine
from evals.bench.ours import Ours
from evals.bench.pictures import Pictures, some, usual
from evals.bench.report import say
from evals.bench.rounds import one_round, times_for, warm
from evals.bench.system import Host, hosted
from pipeline.settings import PROJECT

REPORT = PROJECT / "var" / "bench-sweep.json"
BATCHES = (1, 4, 8, 16)
DELAYS = (1, 5, 20)
"""ms."""
USUAL_BATCH, USUAL_DELAY = 8, 5
CLIENTS = 16
AS_GOOD = 0.97


def main() -> int:
    """Measure, print, write; always 0: nothing here has a target."""
    parser = argparse.ArgumentParser(prog="make bench-sweep", description=__doc__)
    parser.add_argument("--seconds", type=float, default=12, help="of each load")
    parser.add_argument("--cores", type=int, action="append", help="may be repeated; default: all")
    options = parser.parse_args()
    all_cores = sorted(os.sched_getaffinity(0))
    counts = options.cores or [n for n in (1, 2, 4, 8, 16) if n <= len(all_cores)]
    pictures = some(usual(), 16)
    report: dict[str, Any] = {"machine": machine(), "cores": {}}
    for cores in counts:
        say(f"{cores} core(s)")
        os.sched_setaffinity(0, all_cores[:cores])
        try:
            found = _on(cores, pictures, options.seconds)
        finally:
            os.sched_setaffinity(0, all_cores)
        report["cores"][str(cores)] = {"tried": found, "best": best(found)}
    for cores, found in report["cores"].items():
        one = found["best"]
        say(
            f"{cores} core(s): {one['workers']} worker(s) × {one['threads']} thread(s), batch "
            f"{one['batch']}, delay {one['delay_ms']} ms: {one['rate']:.2f}/s at {CLIENTS} "
            f"clients, p50 {one['p50_ms']:.0f} ms at one"
        )
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    write_document()
    return 0


def best(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Of those that reach 97 % of the highest rate the one that answers a lone caller soonest."""
    most = max(one["rate"] for one in found)
    good = [one for one in found if one["rate"] >= AS_GOOD * most]
    return min(good, key=lambda one: float(one["p50_ms"]))


def _on(cores: int, pictures: Pictures, seconds: float) -> list[dict[str, Any]]:
    """Workers × threads first, at a usual batch; then batch and delay of the best of them."""
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        server = stack.enter_context(database.server())
        host = stack.enter_context(hosted())
        tried = {}
        for workers, threads in shares(cores):
            settings = {"FUNDOCR_THREADS": str(threads)}
            with Ours(Path(folder) / "home", host, server, settings) as ours:
                ours.serve_with(workers, USUAL_BATCH, USUAL_DELAY)
                tried[workers, threads] = _measure(ours, host, pictures, seconds)
                found.append(_told(workers, threads, USUAL_BATCH, USUAL_DELAY, tried))
        workers, threads = max(tried, key=lambda key: tried[key]["rate"])
        settings = {"FUNDOCR_THREADS": str(threads)}
        with Ours(Path(folder) / "home", host, server, settings) as ours:
            for batch in BATCHES:
                for delay in DELAYS:
                    ours.serve_with(workers, batch, delay)
                    tried[workers, threads] = _measure(ours, host, pictures, seconds)
                    found.append(_told(workers, threads, batch, delay, tried))
    return found


def shares(cores: int) -> Iterator[tuple[int, int]]:
    """Workers × threads that use all cores."""
    for workers in range(1, cores + 1):
        if cores % workers == 0:
            yield workers, cores // workers


def _measure(ours: Ours, host: Host, pictures: Pictures, seconds: float) -> dict[str, float]:
    rate = warm(ours, host, pictures, clients=CLIENTS).rate
    full = one_round(
        ours, host, pictures, clients=CLIENTS, times=times_for(rate, pictures, seconds)
    )
    lone = one_round(ours, host, pictures, clients=1)
    if full.failures or lone.failures:
        raise RuntimeError(f"a picture was not read: {(full.failures + lone.failures)[0]}")
    return {"rate": full.rate, "p50_ms": 1000 * lone.p50}


def _told(
    workers: int, threads: int, batch: int, delay: int, tried: dict[tuple[int, int], Any]
) -> dict[str, Any]:
    row = {
        "workers": workers,
        "threads": threads,
        "batch": batch,
        "delay_ms": delay,
        **tried[workers, threads],
    }
    say(
        f"  {workers} × {threads}, batch {batch}, delay {delay} ms: {row['rate']:.2f}/s, "
        f"p50 {row['p50_ms']:.0f} ms at one client"
    )
    return row


if __name__ == "__main__":
    end_well()
    end_after(7200)
    sys.exit(main())
