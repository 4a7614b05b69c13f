"""Batches of links: kept until they are worked off, through restarts too.

Any number of processes, on any machines, may work on them. Who works on an item says so again and
again (`keep`); what nobody speaks for any more is anybody's (`requeue_left`). Should two work on
one item all the same (a process stood still, clocks differ), both read the picture, one row is
stored, and an answer stays an answer.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, update

from db.engine import for_writing
from db.rows import identity_key
from db.tables import ocr_batch, ocr_batch_item
from db.transactions import in_transaction


class ItemState(StrEnum):
    """Where an item of a batch is on its way."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    """result_id: the row of the answer, when done. error: JSON-ready, when failed."""

    batch_id: str
    position: int
    image_url: str
    url_type: str
    state: ItemState
    result_id: int | None
    error: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """items: in the order in which they were given."""

    id: str
    actor: str
    created_at: datetime
    items: tuple[BatchItem, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many items are in each state."""
        states = [item.state for item in self.items]
        return {state.value: states.count(state) for state in ItemState}


class Batches:
    """Threads and processes may share it. Every method raises StoreUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._reader = engine
        self._writer = for_writing(engine)
        # An SQLite file is one service's.
        self.are_shared = engine.dialect.name != "sqlite"

    def create(
        self,
        items: Sequence[tuple[str, str]],
        actor: str,
        refused: Mapping[int, dict[str, Any]] = MappingProxyType({}),
    ) -> str:
        """Queue pairs of image_url and url_type; the batch's id. RowRejected.

        refused: the errors, by position, of the items that fail from the beginning.
        """
        # Time first: batches sort by age. What follows cannot be guessed.
        id = f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"
        now = datetime.now(UTC)
        work = partial(_create, id=id, items=items, actor=actor, refused=refused, now=now)
        in_transaction(self._writer, work)
        return id

    def get(self, batch_id: str) -> Batch | None:
        """The batch with all its items as they are now."""
        return in_transaction(self._reader, partial(_get, batch_id=batch_id))

    def claim(self, limit: int) -> list[BatchItem]:
        """At most `limit` queued items, the oldest batch first; they are running now, and no
        other claim gets them.
        """
        now = datetime.now(UTC)
        tries = 0

        def work(connection: Connection) -> list[BatchItem]:
            nonlocal tries
            tries += 1
            # An earlier try may have been committed although the connection was lost. (Nobody else
            # begins in the same microsecond, or both read the picture.)
            claimed = _claimed_at(connection, now) if tries > 1 else []
            return claimed or _claim(connection, limit, now)

        return in_transaction(self._writer, work)

    def finish(
        self,
        item: BatchItem,
        *,
        result_id: int | None = None,
        error: dict[str, Any] | None = None,
    ) -> None:
        """Say what came of a running item: the row of its answer, or an error.

        An answer is never taken back; an error counts only while the item is running.
        """
        if (result_id is None) == (error is None):
            raise ValueError("give the row of the answer or an error")
        row = ocr_batch_item.c
        if error is None:
            state, may_change = ItemState.DONE, row.state != ItemState.DONE
        else:
            state, may_change = ItemState.FAILED, row.state == ItemState.RUNNING
        self._change([item], may_change, state=state, result_id=result_id, error=error)

    def keep(self, items: Sequence[BatchItem]) -> None:
        """Say of running items that they are still worked on."""
        self._change(items, ocr_batch_item.c.state == ItemState.RUNNING)

    def requeue(self, items: Sequence[BatchItem]) -> None:
        """Put running items back: they are not worked on any more."""
        is_running = ocr_batch_item.c.state == ItemState.RUNNING
        self._change(items, is_running, state=ItemState.QUEUED)

    def requeue_left(self, silent: timedelta) -> int:
        """Queue again the running items of which nobody has said for so long that he works on
        them; how many. None of them may be the caller's own.
        """
        now = datetime.now(UTC)
        change = (
            update(ocr_batch_item)
            .where(
                ocr_batch_item.c.state == ItemState.RUNNING,
                ocr_batch_item.c.updated_at <= now - silent,
            )
            .values(state=ItemState.QUEUED, updated_at=now)
        )
        return in_transaction(self._writer, lambda connection: connection.execute(change).rowcount)

    def _change(
        self, items: Sequence[BatchItem], may_change: ColumnElement[bool], **values: object
    ) -> None:
        """Those of the items that are in a state that may change."""
        if not items:
            return
        now = datetime.now(UTC)

        def work(connection: Connection) -> None:
            for batch_id, positions in _by_batch(items):
                is_one = (ocr_batch_item.c.batch_id == batch_id) & (
                    ocr_batch_item.c.position.in_(positions)
                )
                change = update(ocr_batch_item).where(is_one, may_change)
                connection.execute(change.values(**values, updated_at=now))

        in_transaction(self._writer, work)


_COLUMNS = tuple(ocr_batch_item.c[field.name] for field in fields(BatchItem))


def _create(
    connection: Connection,
    id: str,
    items: Sequence[tuple[str, str]],
    actor: str,
    refused: Mapping[int, dict[str, Any]],
    now: datetime,
) -> None:
    if connection.execute(select(ocr_batch.c.id).where(ocr_batch.c.id == id)).first():
        return  # an earlier try of this call was committed
    connection.execute(insert(ocr_batch).values(id=id, actor=actor, created_at=now))
    values = [
        {
            "batch_id": id,
            "position": position,
            "url_sha256": identity_key(image_url),
            "image_url": image_url,
            "url_type": url_type,
            "state": ItemState.FAILED if position in refused else ItemState.QUEUED,
            "error": refused.get(position),
            "updated_at": now,
        }
        for position, (image_url, url_type) in enumerate(items)
    ]
    if values:
        connection.execute(insert(ocr_batch_item), values)


def _get(connection: Connection, batch_id: str) -> Batch | None:
    batch = connection.execute(select(ocr_batch).where(ocr_batch.c.id == batch_id)).first()
    if batch is None:
        return None
    query = select(*_COLUMNS).where(ocr_batch_item.c.batch_id == batch_id)
    found = connection.execute(query.order_by(ocr_batch_item.c.position)).mappings()
    items = tuple(_item(row) for row in found)
    return Batch(id=batch.id, actor=batch.actor, created_at=batch.created_at, items=items)


def _claim(connection: Connection, limit: int, now: datetime) -> list[BatchItem]:
    row = ocr_batch_item.c
    query = (
        select(*_COLUMNS)
        .where(row.state == ItemState.QUEUED)
        .order_by(row.batch_id, row.position)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    items = [_item(found) for found in connection.execute(query).mappings()]
    for batch_id, positions in _by_batch(items):
        connection.execute(
            update(ocr_batch_item)
            .where(row.batch_id == batch_id, row.position.in_(positions))
            .values(state=ItemState.RUNNING, updated_at=now)
        )
    return [replace(item, state=ItemState.RUNNING) for item in items]


def _by_batch(items: Sequence[BatchItem]) -> list[tuple[str, list[int]]]:
    """Batches and positions, always in the same order: who changes some waits for nobody who waits
    for him."""
    places: dict[str, list[int]] = {}
    for item in items:
        places.setdefault(item.batch_id, []).append(item.position)
    return [(batch_id, sorted(places[batch_id])) for batch_id in sorted(places)]


def _claimed_at(connection: Connection, now: datetime) -> list[BatchItem]:
    row = ocr_batch_item.c
    query = select(*_COLUMNS).where(row.state == ItemState.RUNNING, row.updated_at == now)
    query = query.order_by(row.batch_id, row.position)
    return [_item(found) for found in connection.execute(query).mappings()]


def _item(row: Mapping[Any, Any]) -> BatchItem:
    return BatchItem(**{**row, "state": ItemState(row["state"])})
