"""Backup and restore by the commands of docs/database.md, while others write."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from db.engine import open_engine
from db.rows import HistoryLine, Row
from db.store import Store
from evals.testbed.mariadb import MariaDB
from tests.db.sample_readings import as_row, reading, rows_of

pytest_plugins = ["tests.db.store_fixtures"]

PROJECT = Path(__file__).parents[2]
URL = "https://pictures.example.com/圖 😀.png?x='\";\\"


def documented(name: str) -> str:
    """The commands that stand in the documentation under this name."""
    text = (PROJECT / "docs" / "database.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- test: {name} -->\n```bash\n(.*?)```", text, re.DOTALL)
    assert found is not None, name
    return found[1]


def run(commands: str, folder: Path, **environment: str) -> None:
    """In a folder whose `.venv/bin` has this Python and our command."""
    programs = folder / ".venv" / "bin"
    if not programs.exists():
        programs.mkdir(parents=True)
        (programs / "python").symlink_to(sys.executable)
        starter = f'#!/bin/sh\ncd {PROJECT} && exec {sys.executable} -m cli.main "$@"\n'
        (programs / "fundocr").write_text(starter)
        (programs / "fundocr").chmod(0o755)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("FUNDOCR_")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder,
        env=inherited | {"FUNDOCR_HOME": str(folder)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def fill(store: Store) -> tuple[Row, list[HistoryLine]]:
    """A row with everything that could be lost on the way, and its history."""
    store.save([reading(URL, ocr_hold_share="9999999999999999.9999")])
    row = store.correct(URL, "000001", "1234567890123456.1234", actor="小王", note="看图 😀")
    return row, store.history(row.id)


@contextmanager
def somebody_writing(store: Store) -> Iterator[None]:
    """Pairs of rows, each pair in one transaction, until the block ends."""
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            pair = [reading(f"pair {number} {n}", image_sha256=None) for n in range(2)]
            for row in store.save(pair):
                as_row(row)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


def check(url: str, row: Row, history: list[HistoryLine]) -> None:
    """The restored database has the row, and no half of a transaction; it can be written to."""
    engine = open_engine(url)
    store = Store(engine)
    assert store.find([URL]) == {URL: row}
    assert store.history(row.id) == history
    ((pairs,),) = rows_of(url, "SELECT COUNT(*) FROM ocr_result WHERE image_url LIKE 'pair %'")
    assert pairs % 2 == 0
    assert as_row(store.save([reading("after")])[0]).id > row.id
    assert store.correct(URL, "000002", "1").row_version == row.row_version + 1
    engine.dispose()


def test_an_sqlite_database_is_restored_as_it_was(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/var/fundocr.db"
    run(".venv/bin/fundocr db upgrade", tmp_path)
    engine = open_engine(url)
    store = Store(engine)
    row, history = fill(store)
    with somebody_writing(store):
        run(documented("sqlite backup"), tmp_path)
    store.correct(URL, "000009", "9")
    engine.dispose()

    run(documented("sqlite restore"), tmp_path)

    check(url, row, history)


def test_a_server_database_is_restored_as_it_was(
    mariadb: MariaDB, mariadb_url: str, tmp_path: Path
) -> None:
    engine = open_engine(mariadb_url)
    store = Store(engine)
    row, history = fill(store)
    with somebody_writing(store):
        run(
            _of_server(documented("mariadb backup"), mariadb_url),
            tmp_path,
            **_password(mariadb_url),
        )
    engine.dispose()

    other = mariadb.new_database()
    run(
        _of_server(documented("mariadb restore"), other),
        tmp_path,
        FUNDOCR_DATABASE_URL=other,
        **_password(other),
    )

    check(other, row, history)


def _of_server(commands: str, url: str) -> str:
    """The documented commands with this server's name, port, user and database."""
    parts = make_url(url)
    commands = commands.replace("--host=db.example.com", f"--host={parts.host}")
    commands = commands.replace("--port=3306", f"--port={parts.port}")
    commands = commands.replace("--user=fundocr_migrate", f"--user={parts.username}")
    return re.sub(r"=utf8mb4 fundocr ", f"=utf8mb4 {parts.database} ", commands)


def _password(url: str) -> dict[str, str]:
    return {"MYSQL_PWD": str(make_url(url).password)}
