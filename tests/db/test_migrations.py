"""The tables: made once, by whoever comes first, as the code describes them."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from db import column_types
from db.batches import Batches
from db.engine import for_writing, open_engine
from db.filters import Filter
from db.queue import Queue
from db.rows import identity_key
from db.store import Store
from db.tables import metadata
from db.upgrade import schema_state, upgrade
from tests.db.sample_readings import reading, rows_of

pytest_plugins = ["tests.db.store_fixtures"]

PROJECT = Path(__file__).parent.parent.parent
UPGRADE = "import sys; from db.upgrade import upgrade; upgrade(sys.argv[1])"


def _state(url: str) -> str:
    engine = open_engine(url)
    try:
        return schema_state(engine)
    finally:
        engine.dispose()


def _execute(url: str, *statements: str) -> None:
    engine = open_engine(url)
    try:
        with for_writing(engine).begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()


def _structure(url: str) -> dict[str, list[object]]:
    """How the database itself describes our tables; a column's place among the others is free."""
    described = _described_by_sqlite if url.startswith("sqlite") else _described_by_mariadb
    return {name: described(url, name) for name in metadata.tables}


def _described_by_sqlite(url: str, table: str) -> list[object]:
    columns = rows_of(
        url,
        f'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info'
        f"('{table}') ORDER BY name",
    )
    indexes = rows_of(
        url, f"SELECT name, \"unique\" FROM pragma_index_list('{table}') ORDER BY name"
    )
    keys = [rows_of(url, f"SELECT name FROM pragma_index_info('{name}')") for name, _ in indexes]
    foreign = rows_of(url, f"SELECT * FROM pragma_foreign_key_list('{table}')")
    return [columns, indexes, keys, foreign]


def _described_by_mariadb(url: str, table: str) -> list[object]:
    ((_, statement),) = rows_of(url, f"SHOW CREATE TABLE {table}")
    return sorted(line.strip(" ,") for line in statement.splitlines())


def test_a_new_database_is_missing_its_tables_and_current_after_the_upgrade(
    empty_database_url: str,
) -> None:
    assert _state(empty_database_url) == "missing"
    upgrade(empty_database_url)
    assert _state(empty_database_url) == "current"


def test_an_upgrade_of_current_tables_changes_nothing(database_url: str) -> None:
    engine = open_engine(database_url)
    saved = Store(engine).save([reading("kept")])
    before = _structure(database_url)
    upgrade(database_url)

    assert Store(engine).find(["kept"]) == {"kept": saved[0]}
    assert _structure(database_url) == before
    engine.dispose()


def test_an_upgrade_that_broke_off_is_mended_by_the_next(database_url: str) -> None:
    whole = _structure(database_url)
    _execute(database_url, "DROP TABLE ocr_history", "DELETE FROM alembic_version")
    assert _state(database_url) == "missing"

    upgrade(database_url)

    assert _structure(database_url) == whole
    assert _state(database_url) == "current"


def test_a_missing_index_of_an_upgrade_that_broke_off_is_made(database_url: str) -> None:
    whole = _structure(database_url)
    index = "ix_ocr_result_image_sha256"
    on = "" if database_url.startswith("sqlite") else " ON ocr_result"
    _execute(database_url, f"DROP INDEX {index}{on}", "DELETE FROM alembic_version")

    upgrade(database_url)

    assert _structure(database_url) == whole


def test_three_upgrades_at_once_all_succeed(empty_database_url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", UPGRADE, empty_database_url],
            cwd=PROJECT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    errors = [process.communicate(timeout=120)[1] for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], errors
    assert _state(empty_database_url) == "current"


def test_a_database_of_a_later_version_is_told_from_an_old_one(database_url: str) -> None:
    _execute(database_url, "UPDATE alembic_version SET version_num = 'from_later'")

    assert _state(database_url) == "newer"


def test_the_migrations_make_the_tables_that_the_code_describes(
    database_url: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    if database_url.startswith("sqlite"):
        other = f"sqlite:///{tmp_path / 'other.db'}"
    else:
        other = request.getfixturevalue("mariadb").new_database()
    engine = create_engine(other)
    metadata.create_all(engine)
    engine.dispose()

    assert _structure(database_url) == _structure(other)


def test_keys_and_texts_are_compared_byte_by_byte_on_the_server(mariadb_url: str) -> None:
    columns = rows_of(
        mariadb_url,
        "SELECT column_name, column_type, collation_name FROM information_schema.columns"
        " WHERE table_schema = DATABASE() AND table_name IN"
        " ('ocr_result', 'ocr_history', 'ocr_batch_item')",
    )
    collations = {name: collation for name, _, collation in columns if collation}
    types = {name: kind for name, kind, _ in columns}

    assert {collations.pop(name) for name in ("fund_code", "batch_id")} == {"ascii_bin"}
    assert set(collations.values()) == {"utf8mb4_bin"}
    assert types["url_sha256"] == types["image_sha256"] == "binary(32)"
    assert (types["id"], types["result_id"]) == ("bigint(20)", "bigint(20)")
    assert (types["fund_code"], types["hold_share"]) == ("char(6)", "decimal(20,4)")
    assert types["created_at"] == "datetime(6)"


FIRST_ROW = (
    "INSERT INTO ocr_result (url_sha256, image_url, url_type, business_type, ocr_fund_code,"
    " ocr_hold_share, update_fund_code, update_hold_share, flag, confidence, review_state,"
    " evidence, model_version, rules_version, row_version, created_at, updated_at)"
    " VALUES (:key, :url, :kind, '基金', :code, '1', :person, :person, :flag, :confidence, :state,"
    " '{}', 'm@1', 'seed@1', 1, '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000')"
)


def test_rows_of_the_first_version_are_migrated_and_found(empty_database_url: str) -> None:
    rows = [
        ("https://Host.example.com:8443/a?x=1", "oss", "000001", "", True, 0.95, "open"),
        ("upload:sha256:00", "upload", "", "", False, None, "open"),
        ("https://h/wrong" + "長" * 300, "oss", "000001", "2", True, 0.5, "corrected"),
        ("http://[", "oss", "", "000001", False, None, "corrected"),
    ]
    _upgrade_to_first(empty_database_url)
    engine = open_engine(empty_database_url)
    names = ("url", "kind", "code", "person", "flag", "confidence", "state")
    with for_writing(engine).begin() as connection:
        for row in rows:
            values = dict(zip(names, row, strict=True)) | {"key": identity_key(row[0])}
            connection.execute(text(FIRST_ROW), values)
    assert _state(empty_database_url) == "old"

    upgrade(empty_database_url)

    found = rows_of(
        empty_database_url,
        "SELECT image_url, host, url_start, queue_rank, judged FROM ocr_result ORDER BY id",
    )
    assert [row[0] for row in found] == [row[0] for row in rows]
    assert [row[1] for row in found] == ["host.example.com", "", "h", ""]
    assert [row[2] for row in found] == [row[0][:255] for row in rows]
    ranks = [column_types.queue_rank(flag, confidence) for *_, flag, confidence, _ in rows]
    assert [row[3] for row in found] == ranks
    assert [row[4] for row in found] == [None, None, "wrong", "missed"]
    page = Queue(engine).page(Filter(url_prefix="https://h/wrong"))
    assert [item.image_url for item in page.items] == [rows[2][0]]
    engine.dispose()


def test_a_second_migration_that_broke_off_is_mended_by_the_next(database_url: str) -> None:
    engine = open_engine(database_url)
    Store(engine).save([reading("kept")])
    engine.dispose()
    whole = _structure(database_url)
    _execute(
        database_url,
        "DROP TABLE ocr_batch_item",
        "UPDATE ocr_result SET url_start = ''",
        "UPDATE alembic_version SET version_num = '0001'",
    )
    upgrade(database_url)

    assert _structure(database_url) == whole
    assert rows_of(database_url, "SELECT url_start FROM ocr_result") == [("kept",)]


def test_open_items_of_the_version_before_have_their_turn(database_url: str) -> None:
    """Those that it has left, and those that it adds while one machine after the other is
    upgraded."""
    whole = _structure(database_url)
    engine = open_engine(database_url)
    batches = Batches(engine)
    ids = [batches.create([(f"{actor} {n}", "oss") for n in range(3)], actor) for actor in "ab"]
    done = batches.claim(1)[0]
    batches.finish(done, result_id=1)
    on = "" if database_url.startswith("sqlite") else " ON ocr_batch_item"
    _execute(
        database_url,
        f"DROP INDEX ix_ocr_batch_item_turn{on}",
        "ALTER TABLE ocr_batch_item DROP COLUMN caller",
        "DROP TABLE ocr_batch_caller",
        "CREATE INDEX ix_ocr_batch_item_state ON ocr_batch_item (state, batch_id, position)",
        "UPDATE alembic_version SET version_num = '0005'",
    )
    upgrade(database_url)

    assert _structure(database_url) == whole
    by_state = "SELECT DISTINCT state, caller FROM ocr_batch_item ORDER BY state, caller"
    assert rows_of(database_url, by_state) == [("done", ""), ("queued", "a"), ("queued", "b")]
    _execute(database_url, "UPDATE alembic_version SET version_num = '0005'")
    upgrade(database_url)  # as after one that broke off at its end
    names = rows_of(database_url, "SELECT name FROM ocr_batch_caller ORDER BY name")
    assert names == [("",), ("a",), ("b",)]
    _execute(
        database_url,
        f"INSERT INTO ocr_batch (id, actor, created_at) SELECT '{'f' * 32}', actor, created_at"
        f" FROM ocr_batch WHERE id = '{ids[0]}'",
        "INSERT INTO ocr_batch_item (batch_id, position, url_sha256, image_url, url_type, state,"
        f" updated_at) SELECT '{'f' * 32}', position, url_sha256, image_url, url_type, 'queued',"
        f" updated_at FROM ocr_batch_item WHERE batch_id = '{ids[0]}'",
    )
    claimed = [(item.batch_id, item.position) for item in batches.claim(3)]
    assert sorted(claimed) == [(ids[0], 1), (ids[1], 0), ("f" * 32, 0)]
    assert len(batches.claim(100)) == 5
    engine.dispose()


def _upgrade_to_first(url: str) -> None:
    """The tables as the first version made them."""
    first = importlib.import_module("db.migrations.versions.0001_first")
    engine = open_engine(url)
    with for_writing(engine).begin() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            first.upgrade()
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0001')"))
    engine.dispose()
