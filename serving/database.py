"""Opens the database of FUNDOCR_DATABASE_URL for a command; says in a sentence what is wrong with
it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from db.engine import open_engine
from db.errors import BadDatabaseUrl, SchemaMissing, StoreError
from serving.failure import USAGE, Failure, settings_or_failure

if TYPE_CHECKING:
    from db.upgrade import SchemaState

SETTING = "FUNDOCR_DATABASE_URL"
# A command may wait longer for a large table than a request of the service.
PATIENCE_S = 600


def unusable(error: StoreError, name: str = SETTING) -> str:
    """What is wrong with a database, and what to do. name: of what holds its address."""
    if isinstance(error, BadDatabaseUrl):
        return f"{name} cannot be used. {error}"
    if isinstance(error, SchemaMissing):  # whose sentence says what to do
        return str(error)
    return f"{error} See that the database runs and that {name} names it."


def wrong_tables(state: "SchemaState", place: str = "the database") -> str | None:
    """What is wrong with its tables, and what to do; None where they are as this program wants
    them. place: how the database is called, without a password."""
    if state == "current":
        return None
    if state == "newer":
        return f"The tables of {place} are of a later version; use that version."
    return f"The tables of {place} are {state}; run `fundocr db upgrade`."


@contextmanager
def database_faults(name: str = SETTING) -> Iterator[None]:
    """Failure where the database fails inside, or its address is none."""
    try:
        yield
    except StoreError as error:
        code = USAGE if isinstance(error, BadDatabaseUrl) else 1
        raise Failure(unusable(error, name), code) from None


@contextmanager
def opened_engine(url: str | None = None, *, foreign: bool = False) -> Iterator[Engine]:
    """The engine of this URL, default: the setting; Failure where the database fails inside.

    foreign: see open_engine."""
    with database_faults(SETTING if url is None else "the URL"):
        engine = open_engine(
            url or settings_or_failure().resolved_database_url,
            statement_seconds=PATIENCE_S,
            foreign=foreign,
        )
        try:
            yield engine
        finally:
            engine.dispose()


# A database that a command is about to write to.


def prepare(engine: Engine, url: str) -> None:
    """The embedded SQLite is brought up to date; a server's tables are the operator's to change.

    url: of the engine. Failure where they are not as this program wants them.
    """
    from db.upgrade import schema_state, upgrade

    state = schema_state(engine)
    if state == "current":
        return
    if state == "newer" or not url.startswith("sqlite"):
        raise Failure(str(wrong_tables(state)))
    upgrade(url)
