"""The statements that change rows, each inside the caller's open transaction.

A row that this transaction may have to go on with after the upsert (a copy, a new reading of a
known link) goes in with row_version 0. The upsert has locked the row, and no committed row has
0: finding 0 afterwards means that this transaction made the row. It is never committed so.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, select, update
from sqlalchemy.dialects import mysql, sqlite

from db import column_types
from db.errors import RowConflict, RowNotFound, StoreError
from db.history import add_line
from db.reads import rows_by_id, rows_by_key
from db.rows import Action, NewReading, Row, identity_key
from db.tables import BUSINESS_TYPE, FROM_READING, URL_START, ocr_history, ocr_result
from db.verdict import Review

_NOT_YET = 0


def write_batch(
    connection: Connection, readings: Sequence[NewReading], now: datetime
) -> dict[bytes, Row | StoreError]:
    """Store readings of distinct identities, already sorted by key; the rows as they are then.

    Without refresh the row that was there first stays as it is. A reading for a row that has
    changed since, or is gone, is a RowConflict or a RowNotFound.
    """
    left = _not_as_looked_at(connection, readings, now)
    due = [reading for reading in readings if identity_key(reading.identity) not in left]
    return left | (_write_due(connection, due, now) if due else {})


def _not_as_looked_at(
    connection: Connection, readings: Sequence[NewReading], now: datetime
) -> dict[bytes, Row | StoreError]:
    versions = {identity_key(r.identity): r.row_version for r in readings if r.row_version}
    if not versions:
        return {}
    rows = rows_by_key(connection, list(versions), lock=True)
    left: dict[bytes, Row | StoreError] = {
        key: RowNotFound() for key in versions if key not in rows
    }
    for key, row in rows.items():
        if row.row_version != versions[key] and not was_changed_at(
            connection, row, now, Action.REREAD
        ):
            left[key] = RowConflict(row)
    return left


def _write_due(
    connection: Connection, readings: Sequence[NewReading], now: datetime
) -> dict[bytes, Row]:
    sources = _sources(connection, readings)
    values = [_row_values(reading, sources, now) for reading in readings]
    connection.execute(_upsert(connection.dialect), values)
    keys = [value["url_sha256"] for value in values]
    rows = rows_by_key(connection, keys)
    changed = False
    for key, reading in zip(keys, readings, strict=True):
        if rows[key].row_version == _NOT_YET:
            _finish_new_row(connection, rows[key], reading, sources, now)
        elif reading.refresh:
            replace_reading(connection, rows[key], reading, now)
        else:
            continue
        changed = True
    return rows_by_key(connection, keys) if changed else rows


def _sources(connection: Connection, readings: Sequence[NewReading]) -> dict[int, Row]:
    ids = {reading.copied_from for reading in readings if reading.copied_from is not None}
    if not ids:
        return {}
    return rows_by_id(connection, sorted(ids))


def _upsert(dialect: Dialect) -> Insert:
    """Insert, or leave the row that has the key. One statement for the batch: PyMySQL joins the
    rows into one VALUES list, SQLite runs them inside the process.

    The column that MySQL "updates" must not be the id: setting an AUTO_INCREMENT column, even to
    itself, moves the ids of the batch's next rows into those that another connection uses, and
    a row that meets a taken id counts as a duplicate and is silently left out (MariaDB 10.11
    with 16 writers: 13 rows of 6 × 960). Not INSERT IGNORE, which lets wrong values through.
    """
    if dialect.name == "sqlite":
        return sqlite.insert(ocr_result).on_conflict_do_nothing(index_elements=["url_sha256"])
    return mysql.insert(ocr_result).on_duplicate_key_update(row_version=ocr_result.c.row_version)


def _row_values(reading: NewReading, sources: Mapping[int, Row], now: datetime) -> dict[str, Any]:
    source = sources.get(reading.copied_from) if reading.copied_from is not None else None
    marked = reading.refresh or source is not None or reading.imported is not None
    return {
        **(_reading_values(reading) if source is None else _copied_values(source)),
        "url_sha256": identity_key(reading.identity),
        "image_url": reading.identity,
        "url_type": reading.url_type,
        "business_type": BUSINESS_TYPE,
        "host": column_types.host(reading.identity),
        "url_start": reading.identity[:URL_START],
        "row_version": _NOT_YET if marked else 1,
        "request_id": reading.request_id,
        "created_at": now,
        "updated_at": now,
    }


def _reading_values(reading: NewReading) -> dict[str, Any]:
    verdict = Review.imported(reading.imported) if reading.imported else Review()
    return {
        **_read_columns(reading),
        **verdict.columns(reading.ocr_fund_code, reading.ocr_hold_share, reading.flag),
    }


def _copied_values(source: Row) -> dict[str, Any]:
    verdict = Review.of(source)
    return {
        **_read_columns(source),
        **verdict.columns(source.ocr_fund_code, source.ocr_hold_share, source.flag),
    }


def _read_columns(reading: NewReading | Row) -> dict[str, Any]:
    doubt = reading.doubt if isinstance(reading, Row) else None
    return {
        **{name: getattr(reading, name) for name in FROM_READING},
        "doubt": doubt,
        "queue_rank": column_types.queue_rank(
            reading.flag, reading.confidence, doubted=doubt is not None
        ),
    }


def _finish_new_row(
    connection: Connection,
    row: Row,
    reading: NewReading,
    sources: Mapping[int, Row],
    now: datetime,
) -> None:
    connection.execute(update(ocr_result).where(ocr_result.c.id == row.id).values(row_version=1))
    if reading.copied_from in sources:
        after = {**row.snapshot(), "row_version": 1, "copied_from": reading.copied_from}
        add_line(connection, Action.COPIED, row, None, after, now)
    if reading.imported:
        after = {**row.snapshot(), "row_version": 1}
        add_line(connection, Action.IMPORTED, row, None, after, now)


def replace_reading(
    connection: Connection,
    row: Row,
    reading: NewReading,
    now: datetime,
    *,
    actor: str = "",
    note: str = "",
) -> None:
    """Give a known row a new reading; what people said stays, and stays what readers use.

    actor, note: what its line of history says besides.
    """
    if was_changed_at(connection, row, now, Action.REREAD):
        return
    read = (reading.ocr_fund_code, reading.ocr_hold_share)
    verdict = Review.through(row, *read)
    values = {**_read_columns(reading), **verdict.columns(*read, reading.flag)}
    if reading.request_id is not None:
        values["request_id"] = reading.request_id
    connection.execute(
        update(ocr_result)
        .where(ocr_result.c.id == row.id)
        .values(**values, row_version=row.row_version + 1, updated_at=now)
    )
    after = rows_by_key(connection, [row.url_sha256])[row.url_sha256]
    before = {**row.snapshot(), "evidence": row.evidence}
    changed = after.snapshot()
    add_line(connection, Action.REREAD, after, before, changed, now, actor=actor, note=note)


def doubt_answer(
    connection: Connection,
    row: Row,
    doubt: dict[str, Any] | None,
    now: datetime,
    *,
    actor: str,
    note: str,
) -> None:
    """Say that later rules give another answer than the row, or (None) that they do no longer. What
    the row answers stays."""
    if was_changed_at(connection, row, now, Action.DOUBTED):
        return
    rank = column_types.queue_rank(row.flag, row.confidence, doubted=doubt is not None)
    connection.execute(
        update(ocr_result)
        .where(ocr_result.c.id == row.id)
        .values(doubt=doubt, queue_rank=rank, row_version=row.row_version + 1, updated_at=now)
    )
    after = rows_by_key(connection, [row.url_sha256])[row.url_sha256]
    before, changed = row.snapshot(), after.snapshot()
    add_line(connection, Action.DOUBTED, after, before, changed, now, actor=actor, note=note)


def was_changed_at(connection: Connection, row: Row, now: datetime, action: Action) -> bool:
    """The connection was lost after COMMIT had been sent, and this is the retry."""
    query = select(ocr_history.c.id).where(
        ocr_history.c.result_id == row.id,
        ocr_history.c.action == action,
        ocr_history.c.created_at == now,
    )
    return connection.execute(query).first() is not None
