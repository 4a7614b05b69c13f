"""The database away, busy or cut off: nothing is answered that is not stored, and the same store
is well again afterwards.
"""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest
from sqlalchemy import event, make_url, text

from db.batches import Batches
from db.engine import open_engine
from db.errors import BadDatabaseUrl, SchemaMissing, StoreUnavailable
from db.rows import Dismissal, Row, identity_key
from db.store import Store
from db.upgrade import schema_state, upgrade
from evals.testbed.mariadb import MariaDB
from tests.db.cutting_proxy import CuttingProxy
from tests.db.migrated import sqlite_with_tables
from tests.db.sample_readings import all_at_once, as_row, reading, rows_of
from tests.serve.waiting import wait_until

pytest_plugins = ["tests.db.store_fixtures"]

URL = "https://pictures.example.com/a.png"
_CONNECTION_ID = text("SELECT CONNECTION_ID()")


@pytest.fixture(scope="module")
def own_server() -> Iterator[MariaDB]:
    """A server that a test may hurt, if it mends it."""
    with MariaDB() as server:
        yield server


@pytest.fixture
def cut_store(mariadb: MariaDB) -> Iterator[tuple[Store, CuttingProxy]]:
    url = mariadb.new_database(upgraded=True)
    with CuttingProxy(mariadb.port) as proxy:
        through = make_url(url).set(port=proxy.port).render_as_string(hide_password=False)
        engine = open_engine(through)
        yield Store(engine), proxy
        engine.dispose()


def test_a_killed_server_is_unavailable_and_the_store_is_well_when_it_is_back(
    own_server: MariaDB,
) -> None:
    engine = open_engine(own_server.new_database(upgraded=True))
    store = Store(engine)
    before = as_row(store.save([reading("before")])[0])

    own_server.kill()
    saved = store.save([reading("away 1"), reading("away 2")])
    assert [type(answer) for answer in saved] == [StoreUnavailable, StoreUnavailable]
    with pytest.raises(StoreUnavailable):
        store.find(["before"])
    with pytest.raises(StoreUnavailable):
        store.correct("before", "000001", "1")
    with pytest.raises(StoreUnavailable):
        store.ping()
    with pytest.raises(StoreUnavailable):
        schema_state(engine)

    own_server.start()
    store.ping()
    assert store.find(["before", "away 1"]) == {"before": before}
    assert as_row(store.save([reading("away 1")])[0]).image_url == "away 1"
    engine.dispose()


def test_a_restarted_server_is_found_again_by_every_pooled_connection(own_server: MariaDB) -> None:
    engine = open_engine(own_server.new_database(upgraded=True))
    store = Store(engine)
    all_at_once(lambda n: store.save([reading(f"before {n}", image_sha256=None)]), 16)
    own_server.stop()
    own_server.start()

    saved = all_at_once(lambda n: store.save([reading(f"after {n}", image_sha256=None)])[0], 16)
    assert all(isinstance(row, Row) for row in saved)
    assert len(store.find([f"before {n}" for n in range(16)])) == 16
    engine.dispose()


def test_a_server_that_stands_still_is_unavailable_and_the_store_is_well_when_it_goes_on(
    own_server: MariaDB,
) -> None:
    engine = open_engine(own_server.new_database(upgraded=True), statement_seconds=1)
    store = Store(engine)
    before = as_row(store.save([reading("before")])[0])

    with own_server.standing_still():
        with pytest.raises(StoreUnavailable):
            store.find(["before"])
        (refused,) = store.save([reading("away")])
        assert isinstance(refused, StoreUnavailable)
        with pytest.raises(StoreUnavailable):
            store.confirm(before.id, row_version=1, actor="")

    # What it had received it may have carried out; asking again makes one row of it.
    assert as_row(store.save([reading("away")])[0]).row_version == 1
    assert store.confirm(before.id, row_version=1, actor="").row_version == 2
    assert len(store.history(before.id)) == 1
    engine.dispose()


def test_a_read_only_server_takes_nothing_and_the_store_is_well_when_it_writes_again(
    own_server: MariaDB,
) -> None:
    engine = open_engine(own_server.new_database(upgraded=True))
    store = Store(engine)
    before = as_row(store.save([reading("before")])[0])

    own_server.execute("SET GLOBAL read_only = 1")
    (refused,) = store.save([reading("away")])
    assert isinstance(refused, StoreUnavailable)
    assert "1290" in str(refused)
    assert store.find(["before", "away"]) == {"before": before}

    own_server.execute("SET GLOBAL read_only = 0")
    assert isinstance(store.save([reading("away")])[0], Row)
    engine.dispose()


def test_a_read_only_server_costs_every_pooled_connection(own_server: MariaDB) -> None:
    # After a failover the name leads to another server, the pooled connections do not.
    url = own_server.new_database(upgraded=True)
    engine = open_engine(url)
    store = Store(engine)
    with engine.connect() as one, engine.connect() as two:
        pooled = {one.scalar(_CONNECTION_ID), two.scalar(_CONNECTION_ID)}

    own_server.execute("SET GLOBAL read_only = 1")
    store.save([reading("away")])
    own_server.execute("SET GLOBAL read_only = 0")

    with engine.connect() as one, engine.connect() as two:
        assert not pooled & {one.scalar(_CONNECTION_ID), two.scalar(_CONNECTION_ID)}
    engine.dispose()


def test_killed_connections_are_replaced_unseen(mariadb: MariaDB, mariadb_store: Store) -> None:
    row = as_row(mariadb_store.save([reading(URL)])[0])

    for change in (
        lambda: mariadb_store.find([URL])[URL],
        lambda: mariadb_store.save([reading(URL)])[0],
        lambda: mariadb_store.correct(URL, "000001", "1"),
    ):
        _kill_connections(mariadb)
        assert as_row(change()).id == row.id


def test_a_connection_killed_inside_a_transaction_is_tried_again(
    mariadb: MariaDB, mariadb_store: Store, mariadb_url: str
) -> None:
    mariadb_store.save([reading(URL)])
    blocker = _holding_row(mariadb, mariadb_url)
    results: list[object] = []
    waiting = threading.Thread(
        target=lambda: results.append(mariadb_store.correct(URL, "000001", "1"))
    )
    waiting.start()
    _kill_connection(mariadb, _waiting_connection(mariadb, mariadb_url))
    blocker.close()
    waiting.join()

    assert as_row(results[0]).answer_fund_code == "000001"
    assert len(mariadb_store.history(as_row(results[0]).id)) == 1


def test_the_victim_of_a_deadlock_is_tried_again(
    mariadb: MariaDB, mariadb_store: Store, mariadb_url: str
) -> None:
    low, high = sorted(["a", "b"], key=identity_key)
    mariadb_store.save([reading(low), reading(high)])
    blocker = _holding_row(mariadb, mariadb_url, high, changes=1000)
    results: list[object] = []
    waiting = threading.Thread(
        target=lambda: results.extend(
            mariadb_store.save(
                [reading(low, refresh=True), reading(high, refresh=True)],
            )
        )
    )
    before = mariadb.status("Innodb_deadlocks")
    waiting.start()
    _waiting_connection(mariadb, mariadb_url)
    # Now each holds what the other wants; the server ends the one that has changed less.
    _lock_row(blocker, low)
    blocker.rollback()
    blocker.close()
    waiting.join()

    assert mariadb.status("Innodb_deadlocks") == before + 1
    assert [as_row(row).row_version for row in results] == [2, 2]


def test_a_first_reading_whose_commit_was_not_answered_is_one_row(
    cut_store: tuple[Store, CuttingProxy],
) -> None:
    store, proxy = cut_store
    proxy.cut_next_commit()
    row = as_row(store.save([reading(URL)])[0])

    assert proxy.cuts == 1
    assert (row.row_version, store.history(row.id)) == (1, [])
    assert store.get(identity=URL) == row


def test_a_new_reading_whose_commit_was_not_answered_is_one_version(
    cut_store: tuple[Store, CuttingProxy],
) -> None:
    store, proxy = cut_store
    store.save([reading(URL)])
    proxy.cut_next_commit()
    row = as_row(store.save([reading(URL, refresh=True)])[0])

    assert proxy.cuts == 1
    assert (row.row_version, len(store.history(row.id))) == (2, 1)


def test_a_copy_whose_commit_was_not_answered_has_one_line(
    cut_store: tuple[Store, CuttingProxy],
) -> None:
    store, proxy = cut_store
    source = as_row(store.save([reading(URL)])[0])
    proxy.cut_next_commit()
    row = as_row(store.save([reading("copy", copied_from=source.id)])[0])

    assert proxy.cuts == 1
    assert (row.row_version, len(store.history(row.id))) == (1, 1)


def test_a_correction_whose_commit_was_not_answered_is_one(
    cut_store: tuple[Store, CuttingProxy],
) -> None:
    store, proxy = cut_store
    store.save([reading(URL)])
    proxy.cut_next_commit()
    row = store.correct(URL, "000001", "1", row_version=1)

    assert proxy.cuts == 1
    assert (row.row_version, len(store.history(row.id))) == (2, 1)


@pytest.mark.parametrize("act", ["confirm", "dismiss", "undo"])
def test_a_judgement_whose_commit_was_not_answered_is_one(
    cut_store: tuple[Store, CuttingProxy], act: str
) -> None:
    store, proxy = cut_store
    id = as_row(store.save([reading(URL)])[0]).id
    store.correct(URL, "000001", "1")
    acts = {
        "confirm": lambda: store.confirm(id, row_version=2, actor="me"),
        "dismiss": lambda: store.dismiss(id, row_version=2, actor="me", reason=Dismissal.OTHER),
        "undo": lambda: store.undo(id, row_version=2, actor="me"),
    }
    proxy.cut_next_commit()
    row = acts[act]()

    assert proxy.cuts == 1
    assert (row.row_version, len(store.history(id))) == (3, 2)


def test_what_was_claimed_by_a_commit_that_was_not_answered_is_not_lost(
    mariadb: MariaDB, mariadb_url: str
) -> None:
    with CuttingProxy(mariadb.port) as proxy:
        through = make_url(mariadb_url).set(port=proxy.port)
        engine = open_engine(through.render_as_string(hide_password=False))
        batches = Batches(engine)
        id = batches.create([(f"{URL}?{n}", "oss") for n in range(4)], "me")
        proxy.cut_next_commit()
        claimed = batches.claim(2)

        assert proxy.cuts == 1
        assert [item.position for item in claimed] == [0, 1]
        batch = batches.get(id)
        assert batch is not None and batch.counts["running"] == 2
        engine.dispose()


def test_a_batch_whose_commit_was_not_answered_is_one_and_not_too_many(
    mariadb: MariaDB, mariadb_url: str
) -> None:
    """The second try finds the first one's items, which are nearly all that may be open."""
    with CuttingProxy(mariadb.port) as proxy:
        through = make_url(mariadb_url).set(port=proxy.port)
        engine = open_engine(through.render_as_string(hide_password=False))
        batches = Batches(engine, most_open=5)
        proxy.cut_next_commit()
        id = batches.create([(f"{URL}?{n}", "oss") for n in range(4)], "me")

        assert proxy.cuts == 1
        batch = batches.get(id)
        assert batch is not None and batch.counts["queued"] == 4
        assert rows_of(mariadb_url, "SELECT COUNT(*) FROM ocr_batch_item") == [(4,)]
        engine.dispose()


def test_a_row_locked_by_others_for_long_is_unavailable_for_now(
    mariadb: MariaDB, mariadb_store: Store, mariadb_url: str
) -> None:
    mariadb_store.save([reading(URL)])
    blocker = _holding_row(mariadb, mariadb_url)

    with pytest.raises(StoreUnavailable, match="1205"):
        mariadb_store.correct(URL, "000001", "1")

    blocker.close()
    assert mariadb_store.correct(URL, "000001", "1").row_version == 2


def test_a_locked_sqlite_file_can_be_read_and_is_unavailable_for_writing(tmp_path: Path) -> None:
    url = sqlite_with_tables(tmp_path / "rows.db")
    engine = open_engine(url, statement_seconds=1)
    store = Store(engine)
    row = store.save([reading(URL)])[0]
    blocker = sqlite3.connect(tmp_path / "rows.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")

    (refused,) = store.save([reading("away")])
    assert isinstance(refused, StoreUnavailable)
    assert store.find([URL]) == {URL: row}

    blocker.close()
    assert isinstance(store.save([reading("away")])[0], Row)
    engine.dispose()


def test_a_full_sqlite_file_takes_nothing_and_the_store_is_well_when_there_is_room(
    tmp_path: Path,
) -> None:
    url = sqlite_with_tables(tmp_path / "rows.db")
    engine = open_engine(url)
    store = Store(engine)
    before = as_row(store.save([reading("before")])[0])
    large = {"width": 1080, "lines": [{"text": "1" * 1_000_000}]}

    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    room = [pages]

    @event.listens_for(engine, "connect")
    def _give_room(connection: sqlite3.Connection, _entry: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {room[0]}")

    engine.dispose()
    (refused,) = store.save([reading("away", evidence=large)])
    assert isinstance(refused, StoreUnavailable)
    assert "SQLITE_FULL" in str(refused)
    assert store.find(["before", "away"]) == {"before": before}

    room[0] = 1_000_000
    engine.dispose()
    assert isinstance(store.save([reading("away", evidence=large)])[0], Row)
    engine.dispose()


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "rows.db").write_bytes(b"not a database" * 100)
    engine = open_engine(f"sqlite:///{tmp_path / 'rows.db'}")

    with pytest.raises(StoreUnavailable, match="SQLITE_NOTADB"):
        Store(engine).ping()
    engine.dispose()


def test_a_database_without_tables_is_unavailable_and_says_what_to_run(
    empty_database_url: str,
) -> None:
    engine = open_engine(empty_database_url)
    store = Store(engine)

    (refused,) = store.save([reading(URL)])
    assert isinstance(refused, SchemaMissing)
    for call in (
        store.ping,
        lambda: store.find([URL]),
        lambda: store.correct(URL, "000001", "1"),
        lambda: store.history(1),
    ):
        with pytest.raises(SchemaMissing, match="fundocr db upgrade"):
            call()

    upgrade(empty_database_url)
    assert isinstance(store.save([reading(URL)])[0], Row)
    engine.dispose()


def test_tables_without_a_column_of_ours_are_unavailable_and_say_what_to_run(
    store: Store, database_url: str
) -> None:
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE ocr_result DROP COLUMN dismissal")
    engine.dispose()

    (refused,) = store.save([reading(URL)])
    assert isinstance(refused, SchemaMissing)


def test_a_wrong_password_is_unavailable_and_is_not_told(mariadb: MariaDB) -> None:
    url = make_url(mariadb.new_database()).set(password="hunter2")
    engine = open_engine(url.render_as_string(hide_password=False))

    with pytest.raises(StoreUnavailable, match="refuses this user") as refusal:
        Store(engine).ping()
    assert "hunter2" not in str(refusal.value)
    engine.dispose()


def test_a_database_that_does_not_exist_is_unavailable(mariadb: MariaDB) -> None:
    mariadb.execute("GRANT ALL ON absent.* TO 'tests_service'@'127.0.0.1'")
    url = make_url(mariadb.new_database()).set(database="absent")
    with pytest.raises(StoreUnavailable, match="no database of the name"):
        upgrade(url.render_as_string(hide_password=False))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "fundocr.db",
        "postgresql://user:hunter2@host/db",
        "mysql+mysqldb://user:hunter2@host/db",
        "mysql+pymysql://user:hunter2@host",
        "mysql+pymysql://user:hunter2@host:port/db",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_a_url_of_no_use_is_refused_in_one_sentence_without_its_password(url: str) -> None:
    with pytest.raises(BadDatabaseUrl) as refusal:
        open_engine(url)
    assert "hunter2" not in str(refusal.value)


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="cannot be made"):
        open_engine(f"sqlite:///{tmp_path}/file/rows.db")


def test_connections_are_strict_utc_read_committed_and_full_unicode(mariadb_url: str) -> None:
    (row,) = rows_of(
        mariadb_url,
        "SELECT @@sql_mode, @@time_zone, @@tx_isolation, @@innodb_lock_wait_timeout,"
        " @@character_set_client, @@character_set_connection, @@character_set_results",
    )
    assert "STRICT_ALL_TABLES" in row[0]
    assert row[1:] == ("+00:00", "READ-COMMITTED", 4, "utf8mb4", "utf8mb4", "utf8mb4")


def test_sqlite_files_are_in_wal_mode_and_synced_at_every_commit(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a/b/rows.db"
    assert rows_of(url, "PRAGMA journal_mode") == [("wal",)]
    assert rows_of(url, "PRAGMA synchronous") == [(2,)]
    assert rows_of(url, "PRAGMA busy_timeout") == [(5000,)]
    assert rows_of(url, "PRAGMA foreign_keys") == [(1,)]


def _holding_row(
    server: MariaDB, url: str, identity: str = URL, changes: int = 0
) -> "pymysql.Connection[Any]":
    """Another client that holds the lock of a row, in a transaction with so many changes."""
    parts = make_url(url)
    connection = pymysql.connect(
        host="127.0.0.1",
        port=server.port,
        user=parts.username,
        password=parts.password,
        database=parts.database,
        ssl_disabled=True,
    )
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS other (n INT)")
        if changes:
            cursor.execute(f"INSERT INTO other SELECT seq FROM seq_1_to_{changes}")
    _lock_row(connection, identity)
    return connection


def _lock_row(connection: "pymysql.Connection[Any]", identity: str) -> None:
    with connection.cursor() as cursor:
        key = identity_key(identity)
        cursor.execute("SELECT id FROM ocr_result WHERE url_sha256 = %s FOR UPDATE", [key])


def _waiting_connection(server: MariaDB, url: str) -> int:
    """The server's number of the connection that waits for a lock; waits until one does.

    Not by information_schema.innodb_trx, which shows the same old picture to who asks often.
    """
    found: list[tuple[Any, ...]] = []

    def waits() -> bool:
        # Another test's connection may wait for a moment longer than its test.
        found[:] = server.execute(
            "SELECT id FROM information_schema.processlist"
            f" WHERE command = 'Query' AND db = '{make_url(url).database}'"
        )
        return server.status("Innodb_row_lock_current_waits") > 0 and len(found) == 1

    wait_until(waits)
    ((number,),) = found
    return int(number)


def _kill_connection(server: MariaDB, number: int) -> None:
    server.execute(f"KILL CONNECTION {number}")


def _kill_connections(server: MariaDB) -> None:
    """All of the service's user."""
    query = "SELECT id FROM information_schema.processlist WHERE user = 'tests_service'"
    for (number,) in server.execute(query):
        _kill_connection(server, number)
