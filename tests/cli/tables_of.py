"""A home with the embedded database, and its store, for commands that work on rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.engine import open_engine
from db.store import Store
from tests.db.migrated import sqlite_with_tables


def database_of(home: Path) -> str:
    """The URL of the database that a command with this home uses; made when it is not there."""
    return sqlite_with_tables(home / "var" / "fundocr.db")


@contextmanager
def store_of(url: str) -> Iterator[Store]:
    """Its store."""
    engine = open_engine(url)
    try:
        yield Store(engine)
    finally:
        engine.dispose()
