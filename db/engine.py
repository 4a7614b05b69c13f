"""Database connections: one SQLAlchemy engine for each process, set up so that a commit is kept."""

import os
import sqlite3
from pathlib import Path
from typing import Any
from weakref import WeakSet

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from db.column_types import dump_json
from db.errors import BadDatabaseUrl, StoreUnavailable
from db.faults import READ_ONLY, SHUTTING_DOWN, mysql_number

CONNECT_SECONDS = 3
STATEMENT_SECONDS = 5
# Shorter than STATEMENT_SECONDS, so that the server's own "lock wait timeout" (1205) is heard
# before the client gives the connection up.
LOCK_SECONDS = 4
CONNECTIONS = 16

_TRANSACTIONS: dict[str, Any] = {
    "pool_size": CONNECTIONS,
    "max_overflow": 0,
    "pool_timeout": STATEMENT_SECONDS,
}
_MYSQL_TRANSACTIONS: dict[str, Any] = {
    # In REPEATABLE READ a re-read after a duplicate key would not see the other's row.
    "isolation_level": "READ COMMITTED",
    "pool_pre_ping": True,
}
_ONE_READER: dict[str, Any] = {
    "isolation_level": "AUTOCOMMIT",
    "skip_autocommit_rollback": True,
    "pool_reset_on_return": None,
    "pool_size": 1,
    "max_overflow": 0,
    "pool_timeout": STATEMENT_SECONDS,
}
_BY_PLACE: dict[str, Any] = {"paramstyle": "format"}  # as SQLite has it anyway

_MYSQL_NAMES = frozenset({"mysql", "mysql+pymysql", "mariadb", "mariadb+pymysql"})
_SQLITE_NAMES = frozenset({"sqlite", "sqlite+pysqlite"})


def open_engine(
    url: str,
    *,
    statement_seconds: int = STATEMENT_SECONDS,
    autocommit: bool = False,
    foreign: bool = False,
) -> Engine:
    """An engine for `sqlite:///…` or `mysql+pymysql://…`; connects only when it is used.

    Make it in the process that uses it; threads of that process may share it. A connection that
    came along through a fork is thrown away.
    statement_seconds: how long one statement (SQLite: a lock) may take.
    autocommit: one connection for reading. Each statement stands for itself and is all that is
        sent: a lost connection is noticed by the statement that meets it, which has to be retried.
    foreign: somebody else's. An SQLite file is opened for reading alone, and neither made nor given
        another journal mode, which would outlive us; a server's is as its user may use it.
    BadDatabaseUrl: no such kind of database; StoreUnavailable: SQLite's folder cannot be made.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # ValueError: the port is no number
        raise BadDatabaseUrl from None  # the message may hold the password
    if parsed.drivername in _MYSQL_NAMES:
        engine = _open_mysql(parsed, statement_seconds, autocommit)
    elif parsed.drivername in _SQLITE_NAMES and foreign:
        engine = _open_foreign_sqlite(parsed, statement_seconds)
    elif parsed.drivername in _SQLITE_NAMES:
        engine = _open_sqlite(parsed, statement_seconds, autocommit)
    else:
        raise BadDatabaseUrl
    _of_this_process.add(engine)
    return engine


def shown(url: str) -> str:
    """A database's URL for people: without its password, and without its query, which may name
    key files and passwords. BadDatabaseUrl."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise BadDatabaseUrl from None
    return parsed.set(query={}).render_as_string(hide_password=True)


def _open_mysql(url: URL, statement_seconds: int, autocommit: bool) -> Engine:
    if not url.database:
        raise BadDatabaseUrl
    options: dict[str, Any] = {
        "charset": "utf8mb4",
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": statement_seconds,
        "write_timeout": statement_seconds,
        # TRADITIONAL is strict mode: an overlong or wrong value is an error, not a warning.
        "init_command": (
            "SET SESSION sql_mode = 'TRADITIONAL', time_zone = '+00:00', "
            f"innodb_lock_wait_timeout = {LOCK_SECONDS}"
        ),
    }
    if not any(key.startswith("ssl") for key in url.query):
        # PyMySQL builds an SSL context for every connection otherwise: 23 ms.
        options["ssl_disabled"] = True
    engine = create_engine(
        url.set(drivername="mysql+pymysql"),
        connect_args=options,
        json_serializer=dump_json,
        hide_parameters=True,
        **(_ONE_READER | _BY_PLACE if autocommit else _TRANSACTIONS | _MYSQL_TRANSACTIONS),
    )
    event.listen(engine, "handle_error", _drop_pool_of_lost_server)
    return engine


def _open_sqlite(url: URL, statement_seconds: int, autocommit: bool) -> Engine:
    try:
        _sqlite_file(url).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"The folder of the database file cannot be made ({error.strerror})."
        ) from error
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        connect_args={"timeout": statement_seconds},
        json_serializer=dump_json,
        hide_parameters=True,
        **(_ONE_READER if autocommit else _TRANSACTIONS),
    )
    event.listen(engine, "connect", _set_up_sqlite)
    if not autocommit:
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _open_foreign_sqlite(url: URL, statement_seconds: int) -> Engine:
    place = f"{_sqlite_file(url).absolute().as_uri()}?mode=ro"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            place,
            uri=True,
            timeout=statement_seconds,
            isolation_level=None,  # we say BEGIN ourselves
            check_same_thread=False,
        )

    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"), creator=connect, hide_parameters=True
    )
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _sqlite_file(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise BadDatabaseUrl("An SQLite database needs a file: sqlite:///folder/file.db.")
    return Path(url.database)


def for_writing(engine: Engine) -> Engine:
    """The same engine and pool; its transactions take SQLite's write lock at their beginning.

    A transaction that begins by reading and then wants to write fails at once with "database is
    locked" when another has written meanwhile; one that begins as a writer waits its turn.
    """
    return engine.execution_options(sqlite_begin="BEGIN IMMEDIATE")


def _set_up_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


def _drop_pool_of_lost_server(context: ExceptionContext) -> None:
    if mysql_number(context.original_exception) in READ_ONLY | SHUTTING_DOWN:
        context.is_disconnect = True


_of_this_process: WeakSet[Engine] = WeakSet()


def _forget_parents_connections() -> None:
    """In a process that was forked: not one byte may go over a connection that its parent uses too,
    be it the ping before a statement or the good-bye when it is closed."""
    for engine in _of_this_process:
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_parents_connections)
