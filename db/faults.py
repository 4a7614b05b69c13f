"""Translates the driver's exceptions: what each means for the caller, and whether to try again."""

import sqlite3
from dataclasses import dataclass

import pymysql
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from db.errors import RowRejected, SchemaMissing, StoreError, StoreUnavailable

# What SQLAlchemy, a column type or the driver raises for a statement; the last two come unwrapped,
# for a value that the driver cannot send.
DATABASE_FAULTS = (StatementError, PoolTimeout, UnicodeError, OverflowError)

# Server was made read-only (failover): every pooled connection leads to the wrong server.
READ_ONLY = frozenset({1290, 1836})
# Server is going down, or has ended this connection; SQLAlchemy knows the others of this kind.
SHUTTING_DOWN = frozenset({1053, 1927})

_LOCKS = frozenset({1205, 1213})  # lock wait timeout, deadlock
_LOST = frozenset({0, 2003, 2006, 2013})  # cannot connect, gone away, lost during query
_AGAIN = _LOCKS | _LOST | READ_ONLY | SHUTTING_DOWN

_SCHEMA = frozenset({1146, 1054})  # no such table, no such column
_ACCESS = frozenset({1044, 1045, 1698})
# The user may not do this with the table, or the column, that the statement names.
_NO_RIGHTS_AT_ALL = 1044
NO_RIGHT = frozenset({1142, 1143})
_NO_DATABASE = frozenset({1049})
# Errors about one row's values that PyMySQL files under OperationalError.
_ROW = frozenset({1153, 1366, 3140, 3819, 4025})

# SQLite has no number for these: all three are SQLITE_ERROR.
_SQLITE_SCHEMA = ("no such table", "no such column", "has no column named")
_SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """error: what the caller is told; again: the same statements may succeed on a new try."""

    error: StoreError
    again: bool


def judge(error: BaseException) -> Fault:
    """Sort one exception of DATABASE_FAULTS."""
    if isinstance(error, PoolTimeout):
        return _unavailable("All connections to the database are in use.")
    if not isinstance(error, DBAPIError):
        return _rejected()  # the value failed on its way to the driver
    if isinstance(error.orig, sqlite3.Error):
        return _sqlite(error.orig)
    return _mysql(error)


def mysql_number(error: BaseException | None) -> int:
    """The server's or the client library's error number; 0 where there is none."""
    number = error.args[0] if error is not None and error.args else 0
    return number if isinstance(number, int) else 0


def _mysql(error: DBAPIError) -> Fault:
    number = mysql_number(error.orig)
    if number in _SCHEMA:
        return Fault(error=SchemaMissing(), again=False)
    if number in _ACCESS:
        return _unavailable(
            f"The database refuses this user (error {number}): "
            + (
                "it has no rights here; `db upgrade` is for fundocr_migrate, and "
                "deploy/mysql/rights.sql grants those of the service."
                if number == _NO_RIGHTS_AT_ALL
                else "its name, its password or where it comes from."
            )
        )
    if number in NO_RIGHT:
        return _unavailable(
            f"The database refuses this user a right on a table that this needs (error {number}); "
            "deploy/mysql/rights.sql grants those of the service."
        )
    if number in _NO_DATABASE:
        return _unavailable("The server has no database of the name in the URL; create it first.")
    if number in READ_ONLY:
        return _unavailable(f"The database is read-only (error {number}).", again=True)
    if number in _LOCKS:
        return _unavailable(f"The database is locked by others (error {number}).", again=True)
    if number in _ROW or isinstance(error.orig, pymysql.DataError | pymysql.IntegrityError):
        return _rejected(number)
    if isinstance(error.orig, pymysql.ProgrammingError) and not number:
        return _rejected()  # a value without a form in SQL, such as NaN
    again = number in _AGAIN or error.connection_invalidated
    return _unavailable(f"The database cannot be reached (error {number}).", again=again)


def _sqlite(error: sqlite3.Error) -> Fault:
    if any(words in str(error) for words in _SQLITE_SCHEMA):
        return Fault(error=SchemaMissing(), again=False)
    # Extended codes carry the primary one in their lowest byte; no code: raised by Python itself.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _SQLITE_BUSY:
        return _unavailable("The database file is locked by others.", again=True)
    if isinstance(error, sqlite3.DataError | sqlite3.IntegrityError) or not code:
        return _rejected()
    name = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
    return _unavailable(f"The database file cannot be used ({name}).")


def _unavailable(message: str | None = None, *, again: bool = False) -> Fault:
    return Fault(error=StoreUnavailable(message), again=again)


def _rejected(number: int = 0) -> Fault:
    message = f"{RowRejected.message.removesuffix('.')} (error {number})." if number else None
    return Fault(error=RowRejected(message), again=False)
