"""All rows go into another database: the same to the byte, or none of them."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, func, insert, select, text

from db import copy
from db.access import Keys, Role
from db.batches import Batches
from db.copy import CannotCopy, copy_rows
from db.engine import open_engine
from db.presence import Presence
from db.rows import Dismissal
from db.sessions import Sessions
from db.store import Store
from db.tables import metadata, ocr_batch_caller
from tests.db.migrated import sqlite_with_tables
from tests.db.sample_readings import as_row, reading, refused

pytest_plugins = ["tests.db.store_fixtures"]


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Rows in all tables, in SQLite, of which two are a page."""
    monkeypatch.setattr(copy, "_AT_ONCE", 2)
    engine = open_engine(sqlite_with_tables(tmp_path / "source.db"))
    store = Store(engine)
    links = [f"https://h/圖 😀 {number}.png" for number in range(5)]
    rows = [as_row(row) for row in store.save([reading(link) for link in links])]
    store.correct(links[0], "000001", "0012.50", actor="小王", note="看图")
    store.dismiss(rows[1].id, row_version=1, actor="x", reason=Dismissal.OTHER)
    store.save([refused(links[2], refresh=True)])
    store.forget(links[3])
    keys = Keys(engine)
    for name in ("caller", "corrector", "admin"):
        keys.add(name, Role(name))
    keys.revoke("caller")
    Sessions(engine).open("admin")
    Presence(engine).beat(rows[0].id, "window", "admin")
    batches = Batches(engine)
    for _ in range(2):
        batches.create([(link, "oss") for link in links], "caller", {1: {"code": "BAD_URL"}})
    yield engine
    engine.dispose()


@pytest.fixture
def there(database_url: str) -> Iterator[Engine]:
    """A database as an upgrade leaves it."""
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(delete(ocr_batch_caller))
        nameless = {"name": "", "served_at": datetime.now(UTC), "seen_at": datetime.now(UTC)}
        connection.execute(insert(ocr_batch_caller), nameless)
    yield engine
    engine.dispose()


def contents(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """What each table of an SQLite file holds, as it lies there."""
    with sqlite3.connect(file) as database:
        found = {
            table.name: sorted(database.execute(f"SELECT * FROM {table.name}"), key=repr)
            for table in metadata.sorted_tables
        }
    database.close()
    return found


def are_empty(engine: Engine) -> bool:
    with engine.connect() as connection:
        return not any(
            connection.scalar(select(func.count()).select_from(table))
            for table in metadata.sorted_tables
            if table is not ocr_batch_caller
        )


def test_rows_that_go_to_another_database_and_back_are_the_same(
    source: Engine, there: Engine, tmp_path: Path
) -> None:
    back = open_engine(sqlite_with_tables(tmp_path / "back.db"))
    told: list[tuple[str, int]] = []
    copied = copy_rows(source, there, lambda name, rows: told.append((name, rows)))
    assert copy_rows(there, back) == copied == dict(told)
    before = contents(tmp_path / "source.db")
    assert copied == {name: len(rows) for name, rows in before.items()}
    assert all(copied.values()) and copied["ocr_batch_item"] == 10
    assert contents(tmp_path / "back.db") == before
    # The next row gets a number of its own.
    (row,) = Store(there).save([reading("https://h/new.png")])
    assert as_row(row).id > max(id for id, *_ in before["ocr_result"])
    back.dispose()


def test_a_copy_that_is_broken_off_leaves_nothing_and_begins_anew(
    source: Engine, there: Engine
) -> None:
    def break_off(name: str, _rows: int) -> None:
        if name == "ocr_batch_item":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_rows(source, there, break_off)
    assert are_empty(there)
    assert copy_rows(source, there)["ocr_result"] == 4
    with pytest.raises(CannotCopy, match=r"The target has rows already, in .*ocr_result"):
        copy_rows(source, there)


def test_a_row_that_the_target_cannot_hold_is_named_and_none_is_copied(
    source: Engine, mariadb_url: str
) -> None:
    there = open_engine(mariadb_url)
    with source.begin() as connection:
        connection.execute(
            text("UPDATE ocr_result SET label = :long WHERE id = 3"), {"long": "x" * 65}
        )
    with pytest.raises(CannotCopy, match=r"cannot hold a row of ocr_result \(id 3\)"):
        copy_rows(source, there)
    assert are_empty(there)
    there.dispose()


def test_it_is_one_moment_of_the_source_and_says_where_somebody_writes_to_it(
    source: Engine, there: Engine
) -> None:
    def write(name: str, _rows: int) -> None:
        if name == "ocr_result":
            Store(source).correct("https://h/圖 😀 4.png", "000001", "1")

    with pytest.raises(CannotCopy, match="Somebody has written to the source"):
        copy_rows(source, there, write)
    assert are_empty(there)


def test_it_says_where_somebody_writes_to_the_target(source: Engine, mariadb_url: str) -> None:
    there, other = open_engine(mariadb_url), open_engine(mariadb_url)

    def write(name: str, _rows: int) -> None:
        if name == "ocr_batch_caller":
            Sessions(other).open("somebody")

    with pytest.raises(CannotCopy, match="Somebody else writes to the target"):
        copy_rows(source, there, write)
    there.dispose()
    other.dispose()
