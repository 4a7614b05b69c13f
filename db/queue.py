"""The review queue: rows without a sure answer, or with a doubtful one, first, then the least sure;
of equals the newest. Page by page, each read along one index."""

import base64
import json
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, select

from db import keyset
from db.column_types import MOST_URGENT
from db.errors import StoreError
from db.filters import Filter
from db.keyset import Place
from db.rows import ReviewState
from db.tables import ocr_result
from db.transactions import in_transaction

COUNTS_KEPT_S = 10.0
# That both databases have.
_LARGEST_ID = 2**63 - 1
_NEVER: tuple[float, dict[str, int]] = (float("-inf"), {})


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueItem:
    """A row as lists show it: without evidence."""

    id: int
    image_url: str
    url_type: str
    host: str
    ocr_fund_code: str
    ocr_hold_share: str
    fund_code: str | None
    hold_share: Decimal | None
    flag: bool
    reason: str | None
    confidence: float | None
    label: str | None
    review_state: str
    dismissal: str | None
    doubt: dict[str, Any] | None
    row_version: int
    model_version: str
    rules_version: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """next: what to give as `after` for the page behind; None where there is none."""

    items: tuple[QueueItem, ...]
    next: str | None


class BadCursor(ValueError):
    """`after` does not come from a page."""


class Queue:
    """Threads of one process may share it. Every method raises StoreUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # Replaced as a whole, never changed: reading it needs no lock.
        self._counts: dict[Filter, tuple[float, dict[str, int]]] = {}
        self._counting = threading.Lock()

    def page(self, filter: Filter, *, after: str | None = None, limit: int = 50) -> QueuePage:
        """At most `limit` rows, most urgent first; with url_prefix by the url instead. BadCursor.

        Rows that come or change while somebody turns the pages are seen or not; none is seen
        twice unless it was changed.
        """
        place = None if after is None else _place(after, by_url=bool(filter.url_prefix))
        work = partial(_page, filter=filter, after=place, limit=limit)
        return in_transaction(self._engine, work)

    def next_open(self, after_id: int, filter: Filter | None = None) -> QueueItem | None:
        """The first open row that comes behind the row `after_id`, whatever that one is by now;
        behind the last, or where there is no such row, the first of all. None: nothing is open.
        """
        open_rows = replace(filter or Filter(), state=(ReviewState.OPEN,))
        return in_transaction(self._engine, partial(_next, filter=open_rows, after_id=after_id))

    def counts(self, filter: Filter) -> dict[str, int]:
        """How many rows of each review state (whatever state the filter asks for), and of each
        reason among those that it asks for; at most COUNTS_KEPT_S old.
        """
        made, counts = self._counts.get(filter, _NEVER)
        age = time.monotonic() - made
        if age > COUNTS_KEPT_S:
            return self._counted(filter)
        if age > COUNTS_KEPT_S / 2 and not self._counting.locked():
            # Counted anew in good time, so that nobody who looks often waits for it.
            threading.Thread(target=self._renew, args=[filter], daemon=True).start()
        return dict(counts)

    def _renew(self, filter: Filter) -> None:
        with suppress(StoreError):
            self._counted(filter, younger_s=COUNTS_KEPT_S / 2)

    def _counted(self, filter: Filter, younger_s: float = COUNTS_KEPT_S) -> dict[str, int]:
        """One thread counts; those that waited for it take its result."""
        with self._counting:
            made, counts = self._counts.get(filter, _NEVER)
            begun = time.monotonic()
            if begun - made > younger_s:
                counts = in_transaction(self._engine, partial(_count, filter=filter))
                kept = {f: c for f, c in self._counts.items() if begun - c[0] < COUNTS_KEPT_S}
                self._counts = kept | {filter: (begun, counts)}
            return dict(counts)


def _page(connection: Connection, filter: Filter, after: Place | None, limit: int) -> QueuePage:
    places = keyset.places(connection, filter, after, limit + 1)
    items = _items(connection, [place[-1] for place in places[:limit]])
    more = len(places) > limit
    return QueuePage(items=tuple(items), next=_cursor(places[limit - 1]) if more else None)


def _next(connection: Connection, filter: Filter, after_id: int) -> QueueItem | None:
    place = keyset.place_of(connection, filter, after_id)
    for after in [None] if place is None else [place, None]:
        found = keyset.places(connection, filter, after, 1)
        if items := _items(connection, [place[-1] for place in found]):
            return items[0]
    return None


def _items(connection: Connection, ids: list[int]) -> list[QueueItem]:
    columns = (ocr_result.c[field.name] for field in fields(QueueItem))
    found = connection.execute(select(*columns).where(ocr_result.c.id.in_(ids))).mappings()
    items = {row["id"]: QueueItem(**row) for row in found}
    return [items[id] for id in ids if id in items]


def _count(connection: Connection, filter: Filter) -> dict[str, int]:
    counts = {state.value: 0 for state in ReviewState}
    for state, reason, count in keyset.counts(connection, filter):
        counts[state] += count
        if reason is not None and ReviewState(state) in filter.states:
            counts[reason] = counts.get(reason, 0) + count
    return counts


def _cursor(place: Place) -> str:
    values = [v.astimezone(UTC).isoformat() if isinstance(v, datetime) else v for v in place]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _place(cursor: str, *, by_url: bool) -> Place:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if by_url:
            start, id = values
            place: Place = (start, id)
            sound = isinstance(start, str)
        else:
            rank, made, id = values
            place = (rank, datetime.fromisoformat(made).astimezone(UTC), id)
            sound = type(rank) is int and 0 <= rank <= MOST_URGENT
    # Overflow: a time at the ends of the calendar that has no UTC; recursion: very many brackets.
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise BadCursor("This page does not exist; begin again with the first.") from None
    if not sound or type(id) is not int or not 0 < id <= _LARGEST_ID:
        raise BadCursor("This page does not exist; begin again with the first.")
    return place
