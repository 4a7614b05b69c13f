"""Backfills measured: `python -m tests.bulk.scale` (the last part of `make scale`).

First 2,000 screens on a Ray cluster of two machines, one of which is killed half-way: every line
of the report and every row against what the screens show. Then how much one reader of one thread
reads, and two; and how fast MariaDB takes the rows. Every screen has bytes of its own, so each is
fetched, decoded and read; 48 different ones are drawn. Prints `target | measured | met or missed`
a line; the same as JSON in var/scale-bulk.json. The exit code is 1 on any miss.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import select

from cli.judge import judge
from db.engine import open_engine
from db.tables import ocr_result
from evals.bench.machine import described, machine
from evals.bench.pictures import Pictures, usual
from evals.bench.report import Target, conclude, say, spread
from evals.bench.system import Host, hosted
from evals.testbed.mariadb import MariaDB
from pipeline.settings import PROJECT
from tests.bulk.backfills import Row, report, rows_of, started, wait_for_rows
from tests.bulk.nodes import two_nodes
from tests.bulk.watch import Watch
from tests.bulk.writers import rows_per_second

REPORT = PROJECT / "var" / "scale-bulk.json"
BATCH = 32
# What the service's worker may take (docs/benchmarks.md).
MOST_READER = 1.25e9
MOST_BACKFILL = 0.6e9
WRITERS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One backfill. rows: of its report. times: when each row was made, in order; seconds: from
    start to end. most: memory (watch.py).
    """

    rows: list[Row]
    times: list[datetime]
    seconds: float
    most: dict[str, int]
    database_url: str

    @property
    def rate(self) -> float:
        """Pictures a second once it reads: without start, first batch and report."""
        first = self.times[0]
        later = [one for one in self.times if one > first]
        return len(later) / (self.times[-1] - first).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What all runs stand on."""

    folder: Path
    server: MariaDB
    host: Host
    pictures: Pictures

    def links(self, count: int) -> list[str]:
        """Links that nobody had before."""
        return [self.host.url(self.pictures[n % len(self.pictures)]) for n in range(count)]

    def begin(self, urls: list[str], *how: str) -> "tuple[subprocess.Popen[str], Path, str]":
        """A backfill of these links, its report and its database."""
        database_url = self.server.new_database(upgraded=True)
        name = f"run-{time.monotonic_ns()}"
        links, out = self.folder / f"{name}.txt", self.folder / f"{name}.csv"
        links.write_text("".join(f"{url}\n" for url in urls), encoding="utf-8")
        settings = {
            "FUNDOCR_HOME": str(self.folder),
            "FUNDOCR_DATABASE_URL": database_url,
            "FUNDOCR_LOCAL_HOSTS": self.host.authority,
            "FUNDOCR_LOCAL_CIDRS": "127.0.0.1/32",
        }
        command = (links, "--url-type", "7min_local", "--batch", str(BATCH), "--out", out)
        return started(*command, *how, settings=settings), out, database_url

    def run(self, count: int, *how: str) -> Run:
        """A whole one."""
        begun = time.monotonic()
        process, out, database_url = self.begin(self.links(count), *how)
        with _ended(process), Watch(psutil.Process(process.pid)) as watch:
            _, said = process.communicate()
        assert process.returncode == 0, said
        return Run(
            rows=report(out),
            times=_times(database_url),
            seconds=time.monotonic() - begun,
            most=watch.most,
            database_url=database_url,
        )


def main() -> int:
    """Measure all of it; 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="tests.bulk.scale", description=__doc__)
    parser.add_argument("--pictures", type=int, default=2000, help="default: 2000")
    parser.add_argument("--rate", type=int, default=128, help="of the rates; default: 128")
    parser.add_argument("--rounds", type=int, default=2, help="of the rates; default: 2")
    parser.add_argument("--json", type=Path, default=REPORT, help="default: var/scale-bulk.json")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended then too
    found = machine()
    say(described(found))
    with (
        tempfile.TemporaryDirectory() as folder,
        MariaDB(buffer_pool="1G") as server,
    ):
        pictures = usual()
        with hosted() as host:
            bench = Bench(folder=Path(folder), server=server, host=host, pictures=pictures)
            bench.run(32, "--threads", "1")  # OpenVINO compiles; the runs find it done
            targets, killed = _killed_half_way(bench, options.pictures)
            targets += _rates(bench, options.rate, options.rounds)
        targets += _writes(bench, killed)
    return conclude(options.json, targets, {"machine": found, "pictures": options.pictures})


def _killed_half_way(bench: Bench, count: int) -> tuple[list[Target], Run]:
    """All lines and rows of a run in which a machine dies."""
    urls = bench.links(count)
    with two_nodes(cpus=2) as nodes:
        say(f"{count:,} screens on two machines of two readers, one is killed half-way")
        begun = time.monotonic()
        process, out, database_url = bench.begin(urls, "--ray", nodes.address)
        roots = (psutil.Process(process.pid), nodes.first, nodes.second)
        with _ended(process), Watch(*roots) as watch:
            wait_for_rows(database_url, count // 2, process)
            had = rows_of(database_url)
            nodes.kill_second()
            say(f"  killed after {time.monotonic() - begun:.0f} s with {had:,} rows stored")
            _, said = process.communicate()
        assert process.returncode == 0, said
    run = Run(
        rows=report(out),
        times=_times(database_url),
        seconds=time.monotonic() - begun,
        most=watch.most,
        database_url=database_url,
    )
    say(f"  {run.seconds:.0f} s; {said.strip().splitlines()[-1]}")
    return _ledger(bench, urls, run), run


def _ledger(bench: Bench, urls: list[str], run: Run) -> list[Target]:
    engine = open_engine(run.database_url)
    with engine.connect() as connection:
        query = select(ocr_result.c.image_url, ocr_result.c.fund_code, ocr_result.c.hold_share)
        stored = connection.execute(query).all()
    engine.dispose()
    rows = Counter(row.image_url for row in stored)
    lost = [url for url in urls if not rows[url]]
    double = [url for url, times in rows.items() if times > 1 or url not in set(urls)]
    verdicts: Counter[str] = Counter()
    for number, row in enumerate(run.rows):
        truth = bench.pictures[number % len(bench.pictures)].truth
        data = {"fund_code": row["fund_code"], "hold_share": row["hold_share"]}
        verdicts[judge(truth, {"flag": row["flag"] == "true", "data": data})] += 1
    failed = Counter(row["code"] for row in run.rows if row["code"])
    whole = [row["image_url"] for row in run.rows] == urls
    by_url = {row.image_url: row.fund_code or "" for row in stored}
    told_otherwise = [r for r in run.rows if by_url.get(r["image_url"]) != r["fund_code"]]
    memory = {name: size / 1e9 for name, size in run.most.items()}
    return [
        Target(
            key="ledger",
            target=f"{len(urls):,} screens, a machine killed half-way: 0 lost, 0 double",
            measured=f"{len(lost)} lost, {len(double)} double, {len(stored):,} rows",
            met=not lost and not double and len(stored) == len(urls),
            numbers={"rows": len(stored), "seconds": run.seconds},
        ),
        Target(
            key="report",
            target="a line of the report for each of the source, in order, as the row says",
            measured=f"{len(run.rows):,} lines, {len(told_otherwise)} unlike their row, "
            f"failed: {dict(failed) or 0}",
            met=whole and not told_otherwise and not failed,
        ),
        Target(
            key="right",
            target="no screen read wrong",
            measured=", ".join(f"{n:,} {verdict}" for verdict, n in verdicts.most_common()),
            met=not verdicts["wrong"],
            numbers=dict(verdicts),
        ),
        Target(
            key="memory",
            target=f"memory: a reader ≤ {MOST_READER / 1e9:.2f} GB, what feeds them ≤ "
            f"{MOST_BACKFILL / 1e9:.1f} GB, however long the source",
            measured=", ".join(f"{name} {size:.2f} GB" for name, size in sorted(memory.items())),
            met=run.most["reader"] <= MOST_READER and run.most["backfill"] <= MOST_BACKFILL,
            numbers=memory,
        ),
    ]


def _rates(bench: Bench, count: int, rounds: int) -> list[Target]:
    """One reader of one thread, and two, in turn."""
    say(f"pictures a second, {count} screens each")
    ways = {
        "one process, 1 thread": ("--threads", "1"),
        "one process, 2 threads": ("--threads", "2"),
        "Ray, 1 reader of 1 thread": ("--ray", "local", "--readers", "1"),
        "Ray, 2 readers of 1 thread": ("--ray", "local", "--readers", "2"),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    most: dict[str, float] = {}
    for _ in range(rounds):
        for name, how in ways.items():
            run = bench.run(count * (2 if "2" in name else 1), *how)
            rates[name].append(run.rate)
            most[name] = max(run.most.values()) / 1e9
            say(f"  {name}: {run.rate:.2f}/s; whole run {run.seconds:.0f} s")
    one, two = ("Ray, 1 reader of 1 thread", "Ray, 2 readers of 1 thread")
    factor = spread([b / a for a, b in zip(rates[one], rates[two], strict=True)])
    text = "; ".join(f"{name} {spread(found).text()}/s" for name, found in rates.items())
    return [
        Target(
            key="readers",
            target="two readers of one thread read ≥ 1.7 × what one does",
            measured=f"{factor.text()}: {text}",
            met=factor.median >= 1.7,
            numbers={name: spread(found).as_json() for name, found in rates.items()} | most,
        )
    ]


def _writes(bench: Bench, killed: Run) -> list[Target]:
    """Rows a second and bytes a row."""
    say("rows that MariaDB takes, as fast as they can be sent")
    target = bench.server.new_database(upgraded=True)
    rates = {}
    for writers in WRITERS:
        rates[writers] = rows_per_second(
            killed.database_url, target, writers=writers, seconds=4, batch=BATCH
        )
        say(f"  {writers} writers: {rates[writers]:,.0f}/s")
    rows = rows_of(target)
    size = _size(bench.server, target)
    parts = _parts(bench.server, target, rows)
    say("  bytes a row: " + ", ".join(f"{name} {each:,.0f}" for name, each in parts.items()))
    best = max(rates.values())
    text = ", ".join(f"{writers} writers {rate:,.0f}/s" for writers, rate in rates.items())
    return [
        Target(
            key="writes",
            target="the database takes ≥ 20 × what this machine reads",
            measured=f"{text}; {size / rows:,.0f} bytes a row of {rows:,}, indexes included",
            met=best >= 20 * killed.rate,
            numbers={
                "rows_per_second": {str(key): value for key, value in rates.items()},
                "bytes_per_row": size / rows,
                "bytes_per_row_of": parts,
                "rows": rows,
                "read_per_second": killed.rate,
            },
        )
    ]


def _parts(server: MariaDB, database_url: str, rows: int) -> dict[str, float]:
    """Bytes that a row takes in each index (PRIMARY is the row itself), and of its evidence."""
    name = _name(database_url)
    server.execute(f"ANALYZE TABLE {name}.ocr_result")
    found = server.execute(
        "SELECT index_name, stat_value * @@innodb_page_size FROM mysql.innodb_index_stats "
        f"WHERE database_name = '{name}' AND table_name = 'ocr_result' AND stat_name = 'size'"
    )
    evidence = server.execute(f"SELECT AVG(LENGTH(evidence)) FROM {name}.ocr_result")
    return {index: float(size) / rows for index, size in found} | {
        "(evidence)": float(evidence[0][0])
    }


def _name(database_url: str) -> str:
    return database_url.rsplit("/", 1)[1].partition("?")[0]


def _size(server: MariaDB, database_url: str) -> int:
    """Bytes of the table's file."""
    name = _name(database_url)
    server.execute(f"FLUSH TABLES {name}.ocr_result")
    return (server.folder / "data" / name / "ocr_result.ibd").stat().st_size


@contextmanager
def _ended(process: "subprocess.Popen[str]") -> Iterator[None]:
    """Nothing goes on when the measuring is broken off."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def _times(database_url: str) -> list[datetime]:
    engine = open_engine(database_url)
    try:
        with engine.connect() as connection:
            query: Any = select(ocr_result.c.created_at).order_by(ocr_result.c.id)
            return sorted(connection.scalars(query))
    finally:
        engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
