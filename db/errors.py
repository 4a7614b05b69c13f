"""Errors of the store.

StoreError
├── StoreUnavailable      away, locked, read-only, full, no rights: ask again later
│   └── SchemaMissing     the tables are not there, or older than this program
├── BadDatabaseUrl        the address of the database cannot be used
├── RowRejected           the database, or its types, cannot hold this one row
├── RowNotFound           nothing is stored under this identity or id
├── RowConflict           the row has changed since the version that was looked at
├── NameTaken             there is, or was, a key of this name
└── TooManyOpen           the caller has as many items of batches in the queue as it may

Messages hold no value of a row and no part of a database URL.
"""

from typing import ClassVar

from db.rows import Row


class StoreError(Exception):
    """One sentence that says what is wrong and, where it can, what to do."""

    message: ClassVar[str] = "The store failed."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)


class StoreUnavailable(StoreError):
    """The database does not take or give rows at present; nothing was stored."""

    message = "The database cannot be reached."


class SchemaMissing(StoreUnavailable):
    """The database is there, our tables are not, or not in this program's form."""

    message = "The database has no tables of this version; run `fundocr db upgrade`."


class BadDatabaseUrl(StoreError):
    """No database that we know can be opened by this URL."""

    message = (
        "The database URL must look like sqlite:///folder/file.db or "
        "mysql+pymysql://user:password@host/database."
    )


class RowRejected(StoreError):
    """This row cannot be stored; asking again changes nothing."""

    message = "The row has a value that the database cannot hold."


class RowNotFound(StoreError):
    """Nothing is stored under this identity or id."""

    message = "No row is stored for this picture."


class RowConflict(StoreError):
    """`present` is the row as it is now."""

    message = "The row has changed since the version that was looked at."

    def __init__(self, present: Row) -> None:
        super().__init__()
        self.present = present


class NameTaken(StoreError):
    """Names of keys are never given twice: history names people by them."""

    message = "There is a key of this name, or was one; take another name."


class TooManyOpen(StoreError):
    """open: how many items of the caller are queued or running; new: how many it wanted to add;
    most: how many may be open at a time. Nothing of the new ones was stored."""

    message = "The caller has too many items of batches in the queue."

    def __init__(self, *, open: int, new: int, most: int) -> None:
        super().__init__()
        self.open, self.new, self.most = open, new, most
