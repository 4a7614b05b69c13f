"""The scripts of deploy/mysql: the service's user can do its work, and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text

from db.access import Keys, Role
from db.batches import Batches
from db.engine import for_writing, open_engine
from db.errors import StoreUnavailable
from db.export import export_rows
from db.filters import Filter
from db.lookup import Lookup
from db.presence import Presence
from db.queue import Queue
from db.rows import Dismissal, NewReading, identity_key
from db.sessions import Sessions
from db.statistics import Numbers
from db.store import Store
from db.tables import metadata
from db.upgrade import schema_state, upgrade
from evals.testbed.mariadb import MariaDB
from tests.db.sample_readings import as_row, reading

SCRIPTS = Path(__file__).parents[2] / "deploy" / "mysql"
URL = "https://pictures.example.com/a.png"


@pytest.fixture(scope="module")
def installed(mariadb: MariaDB) -> Iterator[tuple[str, str]]:
    """URLs of the migration user and of the service's, made by the scripts as they stand."""
    _run(mariadb, "users.sql")
    migrate = _url(mariadb, "fundocr_migrate", "change-this-migration-password")
    upgrade(migrate)
    _run(mariadb, "rights.sql")
    yield migrate, _url(mariadb, "fundocr", "change-this-service-password")
    mariadb.execute("DROP DATABASE fundocr")
    for user in ("fundocr", "fundocr_migrate"):
        mariadb.execute(f"DROP USER '{user}'@'%'")


@pytest.fixture
def engine(installed: tuple[str, str]) -> Iterator[Engine]:
    engine = open_engine(installed[1])
    yield engine
    engine.dispose()


def test_all_that_the_service_does_works_with_its_rights(engine: Engine) -> None:
    store = Store(engine)
    row = as_row(store.save([reading(URL)])[0])
    store.save([reading(URL, refresh=True), NewReading.copy_of(row, identity="b", url_type="oss")])
    store.correct(URL, "000001", "1")
    store.confirm(row.id, row_version=3, actor="me")
    store.dismiss(row.id, row_version=4, actor="me", reason=Dismissal.OTHER)
    store.undo(row.id, row_version=5, actor="me")
    assert len(store.history(row.id)) == 5

    queue, keys, batches = Queue(engine), Keys(engine), Batches(engine)
    assert len(queue.page(Filter()).items) == 2
    assert queue.counts(Filter())["corrected"] == 1
    assert Numbers(engine).accuracy()
    assert len(list(export_rows(engine, Filter()))) == 2
    key = keys.add("me", Role.ADMIN)
    lookup = Lookup(engine.url.render_as_string(hide_password=False))
    found = lookup([sha256(key.encode()).digest()], [identity_key(URL)])
    assert (len(found.keys), len(found.links)) == (1, 1)
    lookup.close()
    assert keys.revoke("me")
    batches.create([(URL, "oss")], "me")
    (item,) = batches.claim(1)
    batches.finish(item, result_id=row.id)
    sessions, presence = Sessions(engine), Presence(engine)
    token = sessions.open("me")
    assert sessions.name(token) == "me"
    sessions.close(token)
    presence.beat(row.id, "window", "me")
    presence.keep(None, "window")
    presence.leave("window")
    store.ping()
    assert schema_state(engine) == "current"
    assert store.forget_before(datetime.now(UTC) + timedelta(days=1)) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE ocr_history",
        "TRUNCATE TABLE ocr_history",
        "ALTER TABLE ocr_result ADD COLUMN more INT",
        "CREATE TABLE more (n INT)",
        "CREATE INDEX more ON ocr_result (label)",
        "UPDATE ocr_history SET actor = 'somebody else'",
        "UPDATE alembic_version SET version_num = '0'",
        "DELETE FROM access_key",
        "CREATE DATABASE more",
        "CREATE USER more",
        "GRANT SELECT ON fundocr.ocr_result TO 'fundocr_migrate'@'%'",
        "SELECT * FROM mysql.global_priv",
        "SET GLOBAL read_only = 1",
        "LOAD DATA INFILE '/etc/hostname' INTO TABLE access_key",
    ],
)
def test_the_service_can_do_nothing_else(engine: Engine, statement: str) -> None:
    with pytest.raises(Exception, match="denied"), engine.begin() as connection:
        connection.execute(text(statement))


def test_the_service_cannot_change_tables_by_upgrading(
    mariadb: MariaDB, installed: tuple[str, str]
) -> None:
    mariadb.execute("UPDATE fundocr.alembic_version SET version_num = '0001'")
    try:
        with pytest.raises(StoreUnavailable, match="refuses this user"):
            upgrade(installed[1])
    finally:
        upgrade(installed[0])


def test_every_table_of_ours_has_its_rights_and_no_others(mariadb: MariaDB, engine: Engine) -> None:
    found = mariadb.execute(
        "SELECT table_name FROM information_schema.table_privileges"
        " WHERE grantee LIKE '\\'fundocr\\'@%' AND privilege_type = 'SELECT'"
    )
    assert {name for (name,) in found} == {*metadata.tables, "alembic_version"}
    others = mariadb.execute(
        "SELECT privilege_type FROM information_schema.schema_privileges"
        " WHERE grantee LIKE '\\'fundocr\\'@%'"
    )
    assert others == []


def test_the_migration_user_can_do_nothing_outside_its_database(
    installed: tuple[str, str],
) -> None:
    engine = open_engine(installed[0])
    for statement in (
        "CREATE DATABASE more",
        "CREATE USER more",
        "SELECT * FROM mysql.global_priv",
    ):
        with pytest.raises(Exception, match="denied"), for_writing(engine).begin() as connection:
            connection.execute(text(statement))
    engine.dispose()


def _run(server: MariaDB, script: str) -> None:
    lines = (SCRIPTS / script).read_text(encoding="utf-8").splitlines()
    code = "\n".join(line for line in lines if not line.startswith("--"))
    for statement in filter(None, map(str.strip, code.split(";"))):
        server.execute(statement)


def _url(server: MariaDB, user: str, password: str) -> str:
    url = make_url(f"mysql+pymysql://127.0.0.1:{server.port}/fundocr")
    return url.set(username=user, password=password).render_as_string(hide_password=False)
