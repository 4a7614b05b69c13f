"""`make bench-growth`: how cost grows with callers, workers, pictures and rows.

Prints each table and where the knee is, or the exponent; the same as JSON in var/bench-growth.json.
"""

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from evals.bench import database, load
from evals.bench.child import end_after, end_well
from evals.bench.database import Database
from evals.bench.document import write_document
from evals.bench.machine import machine
from evals.bench.ours import Ours, workers_config
from evals.bench.peers.opened import PEERS, opened_peers
from evals.bench.pictures import Pictures, of_sizes, some, usual
from evals.bench.report import exponent, percentile, say
from evals.bench.rounds import one_round, times_for, warm
from evals.bench.rows import grow, link
from evals.bench.system import Host, System, hosted
from pipeline.settings import PROJECT

REPORT = PROJECT / "var" / "bench-growth.json"
CLIENTS = (1, 2, 4, 8, 16, 32)
WORKERS = (1, 2)
SIZES = ((540, 926), (960, 2083), (1920, 4167), (1080, 12000))
"""0.5, 2 and 8 megapixels, and a long screenshot."""
ROWS = (1_000, 10_000, 100_000, 1_000_000)
PARTS = ("clients", "sizes", "rows", "peers")
KNEE = 1.10


def main() -> int:
    """Measure, print, write; always 0: nothing here has a target."""
    parser = argparse.ArgumentParser(prog="make bench-growth", description=__doc__)
    parser.add_argument("--seconds", type=float, default=12, help="of each load")
    parser.add_argument("--rows", type=int, default=max(ROWS), help="of the largest table")
    parser.add_argument("--only", choices=PARTS, action="append", help="may be repeated")
    options = parser.parse_args()
    wanted = options.only or PARTS
    pictures = some(usual(), 16)
    sizes = of_sizes(SIZES) if "sizes" in wanted else {}
    report: dict[str, Any] = json.loads(REPORT.read_text()) if REPORT.is_file() else {}
    report["machine"] = machine()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        server = stack.enter_context(database.server())
        host = stack.enter_context(hosted())
        for workers in WORKERS:
            home = Path(folder) / "home"
            if not {"clients", "sizes", "rows"} & set(wanted):
                break
            with Ours(
                home, host, server, settings=_threads(workers), config=workers_config(workers)
            ) as ours:
                warm(ours, host, pictures, clients=16)
                if "clients" in wanted:
                    say(f"{workers} worker(s), by clients")
                    found = _by_clients(ours, host, pictures, options.seconds)
                    report.setdefault("clients", {})[f"ours, {workers} worker(s)"] = found
                if workers == 1 and "sizes" in wanted:
                    say("1 worker, by size of the pictures")
                    report["sizes"] = _by_size(ours, host, sizes)
                if workers == 1 and "rows" in wanted:
                    say("1 worker, a known link, by rows of the table")
                    report["rows"] = _by_rows(ours, [n for n in ROWS if n <= options.rows])
        if "peers" in wanted:
            _peers(report, host, server, some(pictures, 6))
    _write(report)
    return 0


def _threads(workers: int) -> dict[str, str]:
    """Workers × threads are the cores."""
    return {"FUNDOCR_THREADS": str(max(machine()["cores"] // workers, 1))}


def _by_clients(system: System, host: Host, pictures: Pictures, seconds: float) -> dict[str, Any]:
    rate = warm(system, host, pictures, clients=16).rate
    rows = []
    for clients in CLIENTS:
        found = one_round(
            system, host, pictures, clients=clients, times=times_for(rate, pictures, seconds)
        )
        rows.append(_row(found.rate, found.p50, found.p99, clients=clients))
        say(f"  {clients:2} clients: {found.rate:.2f}/s, p50 {1000 * found.p50:.0f} ms")
    return {"rows": rows, "knee": knee([(row["clients"], row["rate"]) for row in rows])}


def knee(found: list[tuple[int, float]]) -> int:
    """The clients beyond which twice as many never bring 10 % more."""
    last = found[0][0]
    for (_, rate), (clients, next_rate) in pairwise(found):
        if next_rate >= KNEE * rate:
            last = clients
    return last


def _by_size(ours: Ours, host: Host, sizes: dict[str, Pictures]) -> dict[str, Any]:
    rows = []
    for size, pictures in sizes.items():
        warm(ours, host, pictures, clients=1)
        found = one_round(ours, host, pictures, clients=1, times=2)
        if found.failures:
            raise RuntimeError(f"{size}: {found.failures[0]}")
        row = _row(found.rate, found.p50, found.p99, size=size, megapixels=pictures[0].megapixels)
        rows.append(row)
        say(f"  {size} ({row['megapixels']:.1f} MP): p50 {row['p50_ms']:.0f} ms")
    screens = [row for row in rows if not row["size"].endswith("x12000")]
    power = exponent([row["megapixels"] for row in screens], [row["p50_ms"] for row in screens])
    return {"rows": rows, "exponent": power}


def _by_rows(ours: Ours, counts: list[int]) -> dict[str, Any]:
    chance = Random(1)  # noqa: S311 — any will do
    rows = []
    for count in counts:
        grow(ours.database_url, count, say)
        asked = [ours.ask(link(chance.randrange(count))) for _ in range(1000)]
        for request in (asked[:200], asked[200:]):  # the first ones warm the caches up
            answered = load.run(
                load.closed_loop(ours.place, request.__getitem__, iter(range(len(request))), 1)
            )
        bad = [one.response for one in answered if one.response.status != 200]
        if bad:
            raise RuntimeError(f"{count} rows: {bad[0]}")
        waits = [one.seconds for one in answered]
        p50, p99 = percentile(waits, 0.5), percentile(waits, 0.99)
        rows.append(_row(len(waits) / sum(waits), p50, p99, rows=count))
        say(f"  known link: p50 {1000 * p50:.2f} ms, p99 {1000 * p99:.2f} ms")
    power = exponent([row["rows"] for row in rows], [row["p50_ms"] for row in rows])
    return {"rows": rows, "exponent": power}


def _peers(report: dict[str, Any], host: Host, server: Database, pictures: Pictures) -> None:
    with opened_peers(PEERS, host, server, pictures, choose=False) as peers:
        for peer in peers:
            warm(peer, host, pictures, clients=1)
            rows = []
            for clients in (1, 4, 16):
                found = one_round(peer, host, pictures, clients=clients)
                rows.append(_row(found.rate, found.p50, found.p99, clients=clients))
                say(f"  {peer.name}, {clients} clients: {found.rate:.2f}/s, p50 {found.p50:.2f} s")
            report.setdefault("clients", {})[peer.name] = {"rows": rows}


def _row(rate: float, p50: float, p99: float, **what: Any) -> dict[str, Any]:  # noqa: ANN401
    return {**what, "rate": rate, "p50_ms": 1000 * p50, "p99_ms": 1000 * p99}


def _write(report: dict[str, Any]) -> None:
    for name, found in report.get("clients", {}).items():
        if "knee" in found:
            say(f"{name}: the knee is at {found['knee']} clients")
    for what in ("sizes", "rows"):
        if what in report:
            say(f"time ~ ({what})^{report[what]['exponent']:.2f}")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    write_document()


if __name__ == "__main__":
    end_well()
    end_after(7200)
    sys.exit(main())
