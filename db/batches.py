"""The queue of batches: links are kept until all are done, through restarts too.

Any number of processes, on any machines, may work on them. A process that works on an item says so
again and again (`keep`); what none speaks for any more is anybody's (`requeue_left`). Should two
work on one item all the same (a process stood still, clocks differ), both read the picture, one row
is stored, and an answer stays an answer."""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, update

from db import turns
from db.batch_pages import page_of
from db.batch_rows import ITEM_COLUMNS, Batch, BatchItem, ItemState, item_of
from db.engine import for_writing
from db.errors import TooManyOpen
from db.rows import identity_key
from db.tables import ocr_batch, ocr_batch_item
from db.transactions import in_transaction

# Items of one batch, and of one page of it.
MOST = 1000


class Batches:
    """Threads and processes may share it. Every method raises StoreUnavailable.

    most_open: so many items of one caller may be queued or running; None: any number.
    """

    def __init__(self, engine: Engine, *, most_open: int | None = None) -> None:
        self._most_open = most_open
        self._reader = engine
        self._writer = for_writing(engine)
        # An SQLite file is one service's.
        self.are_shared = engine.dialect.name != "sqlite"

    def create(
        self,
        items: Sequence[tuple[str, str]],
        actor: str,
        refused: Mapping[int, dict[str, Any]] = MappingProxyType({}),
        *,
        caller: str | None = None,
    ) -> str:
        """Queue pairs of image_url and url_type; the batch's id. RowRejected; TooManyOpen.

        refused: the errors, by position, of the items that fail from the beginning.
        caller: whose turn and whose open items it counts for, at most 64 characters; default: the
        actor.
        """
        # Time first: batches sort by age. What follows cannot be guessed.
        id = f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"
        batch = {"id": id, "actor": actor, "created_at": datetime.now(UTC)}
        caller = actor if caller is None else caller

        def work(connection: Connection) -> None:
            if connection.execute(select(ocr_batch.c.id).where(ocr_batch.c.id == id)).first():
                return  # an earlier try of this call was committed
            new = _item_values(batch, items, caller, refused)
            _create(connection, batch, new, caller, self._most_open)

        in_transaction(self._writer, work)
        return id

    def get(self, batch_id: str, *, after: int = -1, limit: int = MOST) -> Batch | None:
        """The batch as it is now, with at most `limit` (from 1) of its items: those that come after
        this position."""
        work = partial(page_of, batch_id=batch_id, after=after, limit=limit)
        return in_transaction(self._reader, work)

    def claim(self, limit: int) -> list[BatchItem]:
        """At most `limit` queued items, by the callers' turns; they are running now, and no other
        claim gets them.
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
        """Queue again the running items of which no process has said for so long that it works
        on them; how many. None of them may be the caller's own.
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


def _item_values(
    batch: Mapping[str, Any],
    items: Sequence[tuple[str, str]],
    caller: str,
    refused: Mapping[int, dict[str, Any]],
) -> list[dict[str, Any]]:
    return [
        {
            "batch_id": batch["id"],
            "position": position,
            "url_sha256": identity_key(image_url),
            "image_url": image_url,
            "url_type": url_type,
            "state": ItemState.FAILED if position in refused else ItemState.QUEUED,
            "error": refused.get(position),
            "updated_at": batch["created_at"],
            "caller": caller,
        }
        for position, (image_url, url_type) in enumerate(items)
    ]


def _create(
    connection: Connection,
    batch: Mapping[str, Any],
    items: list[dict[str, Any]],
    caller: str,
    most: int | None,
) -> None:
    new = sum(item["state"] == ItemState.QUEUED for item in items)
    if new:
        turns.enter(connection, caller, batch["created_at"])
        # From here to COMMIT nobody else adds items of this caller.
        if most is not None and (open := turns.open_items(connection, caller)) + new > most:
            raise TooManyOpen(open=open, new=new, most=most)
    connection.execute(insert(ocr_batch).values(batch))
    if items:
        connection.execute(insert(ocr_batch_item), items)


def _claim(connection: Connection, limit: int, now: datetime) -> list[BatchItem]:
    items = [item_of(row) for row in turns.take(connection, limit, now)]
    return [replace(item, state=ItemState.RUNNING) for item in items]


def _by_batch(items: Sequence[BatchItem]) -> list[tuple[str, list[int]]]:
    """Batches and positions, always in the same order: two that change some never wait for each
    other."""
    places: dict[str, list[int]] = {}
    for item in items:
        places.setdefault(item.batch_id, []).append(item.position)
    return [(batch_id, sorted(places[batch_id])) for batch_id in sorted(places)]


def _claimed_at(connection: Connection, now: datetime) -> list[BatchItem]:
    row = ocr_batch_item.c
    query = select(*ITEM_COLUMNS).where(row.state == ItemState.RUNNING, row.updated_at == now)
    query = query.order_by(row.batch_id, row.position)
    return [item_of(row) for row in connection.execute(query).mappings()]
