"""How fast a database takes rows: `python -m tests.bulk.writers FROM INTO NAME SECONDS BATCH`.

Stores the readings of the rows of FROM in INTO under links of their own, again and again, as a
backfill does: one call of Store.save for each batch. Prints how many rows that were.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from hashlib import sha256
from itertools import count, islice

from db.engine import open_engine
from db.export import export_rows
from db.filters import Filter
from db.rows import NewReading, Row
from db.store import Store
from tests.fundocr_command import ROOT


def rows_per_second(source: str, target: str, *, writers: int, seconds: float, batch: int) -> float:
    """Of so many processes at once, each with its own connection."""
    command = [sys.executable, "-m", "tests.bulk.writers", source, target]
    processes = [
        subprocess.Popen(
            [*command, f"{writers}-{number}", str(seconds), str(batch)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(writers)
    ]
    said = [process.communicate()[0] for process in processes]
    return sum(float(rate) for rate in said)


def _readings(rows: list[Row], name: str) -> Iterator[NewReading]:
    names = {field.name for field in fields(NewReading)} & {field.name for field in fields(Row)}
    names.remove("row_version")  # that of a row which is read anew; these are all new
    models = [
        NewReading(identity="", **{name: getattr(row, name) for name in names}) for row in rows
    ]
    for number in count():
        model = models[number % len(models)]
        tail = sha256(f"{name}-{number}".encode()).hexdigest()
        # As long as signed links of object stores are.
        link = f"https://bucket.oss.example.com/{tail[:32]}.png?Expires=1893456000&Signature={tail}"
        yield replace(
            model, identity=link, url_type="oss", image_sha256=sha256(link.encode()).digest()
        )


def main() -> None:
    """Write until the time is over."""
    source, target, name, seconds, batch = sys.argv[1:]
    engine = open_engine(source)
    rows = list(islice(export_rows(engine, Filter()), 500))
    engine.dispose()
    store, readings = Store(open_engine(target)), _readings(rows, name)
    store.ping()
    begun, written = time.monotonic(), 0
    while time.monotonic() - begun < float(seconds):
        stored = store.save(list(islice(readings, int(batch))))
        assert all(isinstance(row, Row) for row in stored)
        written += len(stored)
    print(written / (time.monotonic() - begun))


if __name__ == "__main__":
    main()
