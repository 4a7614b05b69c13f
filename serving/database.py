"""The store of FUNDOCR_DATABASE_URL for one command, and its failures as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from db.engine import open_engine
from db.errors import BadDatabaseUrl, SchemaMissing, StoreError
from serving.failure import USAGE, Failure, settings_or_failure

# A command may wait longer for a large table than a request of the service.
PATIENCE_S = 600


@contextmanager
def opened_engine(url: str | None = None, *, foreign: bool = False) -> Iterator[Engine]:
    """The engine of this URL, default: the setting; Failure where the database fails inside.

    foreign: see open_engine."""
    name = "FUNDOCR_DATABASE_URL" if url is None else "the URL"
    try:
        engine = open_engine(
            url or settings_or_failure().resolved_database_url,
            statement_seconds=PATIENCE_S,
            foreign=foreign,
        )
    except BadDatabaseUrl as error:
        raise Failure(f"{name} is of no use. {error}", USAGE) from None
    except StoreError as error:
        raise Failure(str(error)) from None
    try:
        yield engine
    except SchemaMissing as error:
        raise Failure(str(error)) from None
    except StoreError as error:
        raise Failure(f"{error} See that the database runs and that {name} names it.") from None
    finally:
        engine.dispose()


# A database that a command is about to write to.


def prepare(engine: Engine, url: str) -> None:
    """The embedded SQLite is brought up to date; a server's tables are the operator's to change.

    url: of the engine. Failure where they are not as this program wants them.
    """
    from db.upgrade import schema_state, upgrade

    state = schema_state(engine)
    if state == "newer":
        raise Failure("The database is of a later version of this program; use that version.")
    if state != "current" and not url.startswith("sqlite"):
        raise Failure(f"The tables of the database are {state}; run `fundocr db upgrade`.")
    if state != "current":
        upgrade(url)
