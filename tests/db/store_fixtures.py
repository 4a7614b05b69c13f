"""Stores on both databases. A test module takes these by naming this one in `pytest_plugins`;
`mariadb`, the server of the whole run, comes from tests/conftest.py.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.engine import open_engine
from db.store import Store
from evals.testbed.mariadb import MariaDB
from tests.db.migrated import sqlite_with_tables


@pytest.fixture(params=["sqlite", "mariadb"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'rows' / 'fundocr.db'}"
    url: str = request.getfixturevalue("mariadb").new_database()
    return url


@pytest.fixture
def mariadb_url(mariadb: MariaDB) -> str:
    """A database with tables on the server, for what only a server has."""
    return mariadb.new_database(upgraded=True)


@pytest.fixture
def mariadb_store(mariadb_url: str) -> Iterator[Store]:
    engine = open_engine(mariadb_url)
    yield Store(engine)
    engine.dispose()


@pytest.fixture(params=["sqlite", "mariadb"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with tables."""
    if request.param == "sqlite":
        return sqlite_with_tables(tmp_path / "rows" / "fundocr.db")
    mariadb: MariaDB = request.getfixturevalue("mariadb")
    return mariadb.new_database(upgraded=True)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    engine = open_engine(database_url)
    yield Store(engine)
    engine.dispose()


@pytest.fixture
def patient_store(database_url: str) -> Iterator[Store]:
    """For many writers at once, who may wait long for each other where the machine is busy."""
    engine = open_engine(database_url, statement_seconds=300)
    yield Store(engine)
    engine.dispose()
