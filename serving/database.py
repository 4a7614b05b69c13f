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
def opened_engine(url: str | None = None) -> Iterator[Engine]:
    """The engine of this URL, default: the setting; Failure where the database fails inside."""
    name = "FUNDOCR_DATABASE_URL" if url is None else "the URL"
    try:
        engine = open_engine(
            url or settings_or_failure().resolved_database_url, statement_seconds=PATIENCE_S
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
