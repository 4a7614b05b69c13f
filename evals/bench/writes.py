"""`make bench-writes`: what rows cost one MariaDB, stored by the service's own code.

Reads the bundled samples once, and stores what the service keeps of them again and again under new
links: rows a second by so many writers (each a process with its own connections, batches of
eight as a worker stores them), look-ups of known links beside that, bytes a row takes in the table,
in the redo log and on the wire. The server, with its usual durability (every COMMIT on the disk),
and the writers share the cores, so it is at least that fast. Prints a table; the same as JSON in
var/bench-writes.json.
"""

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any

from db.engine import open_engine
from db.rows import NewReading
from db.store import Store
from evals.bench.child import end_well
from evals.bench.database import Database, server
from evals.bench.machine import described, machine
from evals.bench.report import say
from ocr.models import load_models
from pipeline.decode.image import decode
from pipeline.open_reader import open_extractor
from pipeline.reading import reading_of
from pipeline.settings import PROJECT, load_settings

REPORT = PROJECT / "var" / "bench-writes.json"
WRITERS = (1, 2, 4, 8)
BATCH = 8
LINK = "https://bucket.oss.example.com/{name}.png?Expires=1893456000&Signature={name}"


def main() -> int:
    """Measure, print, write; always 0: nothing here has a target."""
    parser = argparse.ArgumentParser(prog="make bench-writes", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="of each load; default: 10")
    options = parser.parse_args()
    found: dict[str, Any] = {"machine": machine(), "batch": BATCH}
    say(described(found["machine"]))
    readings = _samples()
    with server() as database:
        url = database.new_database(upgraded=True)
        found["writes"] = [_writing(url, database, n, options.seconds, readings) for n in WRITERS]
        found["rows"], found["bytes"] = _size(url, database)
        found["lookups"] = [_looking(url, n, options.seconds, readings) for n in (1, 4)]
    say(
        f"{found['rows']:,} rows: "
        + ", ".join(f"{v:,.0f} B {k}" for k, v in found["bytes"].items())
    )
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def _samples() -> list[NewReading]:
    """What the service keeps of the bundled samples."""
    settings = load_settings()
    extractor = open_extractor(settings, load_models(PROJECT / "weights" / "PP-OCRv6_small"))
    files = sorted((PROJECT / "samples").glob("*g"))
    images = [decode(file.read_bytes(), settings) for file in files]
    extracted = extractor.extract(images)
    return [
        reading_of(
            one.page,  # type: ignore[union-attr]
            one.extraction,  # type: ignore[union-attr]
            identity=LINK.format(name=file.stem),
            url_type="oss",
            image_sha256=image.sha256,
            refresh=False,
        )
        for file, image, one in zip(files, images, extracted, strict=True)
    ]


def _new(writer: str, readings: list[NewReading]) -> Iterator[NewReading]:
    """Readings without end, each of a picture that nobody had."""
    for number in count():
        name = f"{writer}-{number:09}"
        yield replace(
            readings[number % len(readings)],
            identity=LINK.format(name=name),
            image_sha256=name.encode().ljust(32, b"\0"),
        )


def _write(url: str, writer: str, seconds: float, readings: list[NewReading]) -> tuple[int, int]:
    """Rows that were stored within so many seconds, and those that were not."""
    engine = open_engine(url)
    store, new, end = Store(engine), _new(writer, readings), time.monotonic() + seconds
    done = failed = 0
    while time.monotonic() < end:
        for one in store.save([next(new) for _ in range(BATCH)]):
            done, failed = (done, failed + 1) if isinstance(one, Exception) else (done + 1, failed)
    engine.dispose()
    return done, failed


def _writing(
    url: str, database: Database, writers: int, seconds: float, readings: list[NewReading]
) -> dict[str, float]:
    before = {name: database.status(name) for name in ("Innodb_os_log_written", "Bytes_received")}
    with _processes(writers) as pool:
        given = [(url, f"{writers}.{n}", seconds, readings) for n in range(writers)]
        done = pool.starmap(_write, given)
    rows, failed = sum(stored for stored, _ in done), sum(failed for _, failed in done)
    row = {
        "writers": writers,
        "rows_per_s": rows / seconds,
        "failed": failed,
        "redo_bytes_per_row": (
            database.status("Innodb_os_log_written") - before["Innodb_os_log_written"]
        )
        / rows,
        "received_bytes_per_row": (database.status("Bytes_received") - before["Bytes_received"])
        / rows,
    }
    say(f"{writers} writer(s): {row['rows_per_s']:,.0f} rows/s, {failed} failed")
    return row


def _look(url: str, seconds: float, readings: list[NewReading]) -> int:
    engine = open_engine(url)
    store, end, done = Store(engine), time.monotonic() + seconds, 0
    links = [one.identity for one, _ in zip(_new("1.0", readings), range(1000), strict=False)]
    while time.monotonic() < end:
        assert store.find([links[done % len(links)]])
        done += 1
    engine.dispose()
    return done


def _looking(
    url: str, readers: int, seconds: float, readings: list[NewReading]
) -> dict[str, float]:
    with _processes(readers) as pool:
        done = sum(pool.starmap(_look, [(url, seconds, readings)] * readers))
    say(f"{readers} reader(s): {done / seconds:,.0f} known links/s")
    return {"readers": readers, "links_per_s": done / seconds}


def _size(url: str, database: Database) -> tuple[int, dict[str, float]]:
    """Rows, and bytes of one: in the table with its indexes, in its file."""
    name = url.rpartition("/")[2]
    ((rows,),) = database.execute(f"SELECT COUNT(*) FROM {name}.ocr_result")  # noqa: S608
    database.execute(f"ANALYZE TABLE {name}.ocr_result")
    ((inside,),) = database.execute(
        "SELECT data_length + index_length FROM information_schema.tables "  # noqa: S608
        f"WHERE table_schema = '{name}' AND table_name = 'ocr_result'"
    )
    file = database.folder / "data" / name / "ocr_result.ibd"
    sizes = {"in table and indexes": int(inside) / rows, "in its file": file.stat().st_size / rows}
    return int(rows), sizes


@contextmanager
def _processes(count: int) -> Iterator[Any]:
    with multiprocessing.get_context("spawn").Pool(count) as pool:
        yield pool


if __name__ == "__main__":
    end_well()
    sys.exit(main())
