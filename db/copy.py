"""Copies all rows of one database into another: as they were at one moment, and whole or not at
all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    RowMapping,
    Select,
    Table,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
)

from db.engine import for_writing
from db.errors import RowRejected, StoreError
from db.faults import DATABASE_FAULTS, judge
from db.tables import metadata, ocr_batch_caller

_AT_ONCE = 200


class CannotCopy(StoreError):
    """Nothing was copied."""


def copy_rows(
    source: Engine, target: Engine, progress: Callable[[str, int], None] = lambda _name, _rows: None
) -> dict[str, int]:
    """How many rows each table has in both, once they are committed in the target.

    The target has our tables, of this version, without a row. All of it is one transaction there:
    a copy that is broken off, however that happens, leaves the target without a row again. Of the
    source it is one moment, after which no row may have come or gone until the end.
    progress: gets each table's name and rows, as soon as it is through. CannotCopy.
    """
    with _reading(source) as reader, _writing(target) as writer:
        with _side("target"):  # an upgrade leaves this one, which the source has too
            writer.execute(delete(ocr_batch_caller).where(ocr_batch_caller.c.name == ""))
        if full := [table.name for table in metadata.sorted_tables if _has_rows(writer, table)]:
            raise CannotCopy(f"The target has rows already, in {', '.join(full)}.")
        copied = {}
        for table in metadata.sorted_tables:
            copied[table.name] = sum(_copied(reader, writer, table))
            progress(table.name, copied[table.name])
        with _side("target"):
            there = _counts(writer)
        if there != copied:
            raise CannotCopy("Somebody else writes to the target.")
        with _reading(source) as now, _side("source"):
            if _counts(now) != copied:
                raise CannotCopy("Somebody has written to the source since the copy began.")
    return copied


def _counts(connection: Connection) -> dict[str, int]:
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in metadata.sorted_tables
    }


def _has_rows(connection: Connection, table: Table) -> bool:
    with _side("target"):
        return connection.execute(select(*table.primary_key).limit(1)).first() is not None


def _copied(reader: Connection, writer: Connection, table: Table) -> Iterator[int]:
    """The sizes of its pages, each copied by then."""
    rows: list[RowMapping] = []
    while True:
        with _side("source"):
            rows = list(reader.execute(_page(table, rows[-1] if rows else None)).mappings())
        if rows:
            _insert(writer, table, [dict(row) for row in rows])
        yield len(rows)
        if len(rows) < _AT_ONCE:
            return


def _page(table: Table, last: RowMapping | None) -> Select[Any]:
    """The first rows behind `last`, in the order of the primary key."""
    key = list(table.primary_key)
    query = select(table).order_by(*key).limit(_AT_ONCE)
    if last is None:
        return query
    # Spelled out: MySQL finds no row value in an index.
    behind = (
        and_(
            *(column == last[column.name] for column in key[:place]),
            key[place] > last[key[place].name],
        )
        for place in range(len(key))
    )
    return query.where(or_(*behind))


def _insert(writer: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    try:
        with _side("target"), writer.begin_nested():
            writer.execute(insert(table), rows)
    except CannotCopy as error:
        if not isinstance(error.__cause__, RowRejected):
            raise
        if len(rows) == 1:
            key = ", ".join(f"{one.name} {rows[0][one.name]!r}" for one in table.primary_key)
            raise CannotCopy(f"The target cannot hold a row of {table.name} ({key}).") from None
        for row in rows:  # which of them?
            _insert(writer, table, [row])


@contextmanager
def _reading(engine: Engine) -> Iterator[Connection]:
    """One moment of the database."""
    with _side("source"):
        connection = engine.connect()
    with connection:
        if engine.dialect.name != "sqlite":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def _writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, committed at the end."""
    with _side("target"):
        connection = for_writing(engine).connect()
    with connection:
        with _side("target"):
            transaction = connection.begin()
        with transaction:
            yield connection
            with _side("target"):
                transaction.commit()


@contextmanager
def _side(name: str) -> Iterator[None]:
    try:
        yield
    except DATABASE_FAULTS as error:
        fault = judge(error).error
        raise CannotCopy(f"The {name}: {fault}") from fault
