"""To claim the next items costs the same however many wait."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from db.batches import Batches
from db.engine import open_engine
from evals.testbed.mariadb import MariaDB
from tests.db.migrated import sqlite_with_tables
from tests.db.test_queue_plans import rows_read_by_mariadb, steps_of_sqlite
from tests.db.test_turns import links

CALLERS = 4
BATCHES = 8


@pytest.fixture(params=["of_mariadb", "of_sqlite"])
def engine(request: pytest.FixtureRequest) -> Engine:
    engine: Engine = request.getfixturevalue(request.param)
    return engine


@pytest.fixture(scope="module")
def of_mariadb(mariadb: MariaDB) -> Iterator[Engine]:
    engine = open_engine(mariadb.new_database(upgraded=True))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def of_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_engine(sqlite_with_tables(tmp_path_factory.mktemp("plans") / "rows.db"))
    yield engine
    engine.dispose()


def test_a_claim_and_a_count_read_what_they_give(engine: Engine) -> None:
    batches = Batches(engine, most_open=10_000)
    read = steps_of_sqlite if engine.dialect.name == "sqlite" else _touched_by_mariadb
    costs = []
    for size in (20, 1000):
        for number in range(CALLERS * BATCHES // 4):
            batches.create(links(size), f"caller {number % CALLERS}")
        costs.append(read(engine, lambda: batches.claim(8)))
    small, large = costs

    # 8,000 more items wait.
    assert large < small * 2 + 50
    # Whose open items are counted has a quarter of them; nobody else's are looked at.
    counted = read(engine, lambda: batches.create(links(1), "new"))
    assert counted < small * 2 + 50


def _touched_by_mariadb(engine: Engine, ask: Callable[[], object]) -> int:
    """With what is written; entries of an index that do not fit are passed over by its engine, and
    counted apart from those that are read."""
    return rows_read_by_mariadb(engine, ask, "Handler_%%")
