"""The rows in the order in which people look at them: without a sure answer first, then the least
sure; of equals the newest. Page by page, and each page is the walk of one index.
"""

import base64
import json
import threading
import time
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, func, or_, select, tuple_

from db.filters import Filter
from db.rows import ReviewState
from db.tables import QUEUE_ORDER, ocr_result
from db.transactions import in_transaction
from db.typed import MOST_URGENT

COUNTS_KEPT_S = 10.0
_PLACE = tuple(ocr_result.c[name] for name in QUEUE_ORDER)
_URL_PLACE = (ocr_result.c.url_start, ocr_result.c.id)

Place = tuple[Any, ...]


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
    """`after` is none that a page gave."""


class Queue:
    """Threads of one process may share it. Every method raises StoreUnavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._counts: dict[Filter, tuple[float, dict[str, int]]] = {}
        self._counting: set[Filter] = set()
        self._lock = threading.Lock()

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
        wanted = replace(filter or Filter(), state=(ReviewState.OPEN,))
        return in_transaction(self._engine, partial(_next, filter=wanted, after_id=after_id))

    def counts(self, filter: Filter) -> dict[str, int]:
        """How many rows of each review state (whatever state the filter asks for), and of each
        reason among those that it asks for; at most COUNTS_KEPT_S old.
        """
        with self._lock:
            made, counts = self._counts.get(filter, (float("-inf"), {}))
            age = time.monotonic() - made
            # Counted anew in good time, so that who looks often never waits for it.
            renew = COUNTS_KEPT_S / 2 < age < COUNTS_KEPT_S and filter not in self._counting
            if renew:
                self._counting.add(filter)
        if renew:
            threading.Thread(target=self._renew, args=[filter], daemon=True).start()
        return dict(counts) if age < COUNTS_KEPT_S else self._count(filter)

    def _renew(self, filter: Filter) -> None:
        try:
            self._count(filter)
        finally:
            with self._lock:
                self._counting.discard(filter)

    def _count(self, filter: Filter) -> dict[str, int]:
        begun = time.monotonic()
        counts = in_transaction(self._engine, partial(_count, filter=filter))
        with self._lock:
            kept = ((f, c) for f, c in self._counts.items() if begun - c[0] < COUNTS_KEPT_S)
            self._counts = {**dict(kept), filter: (begun, counts)}
        return dict(counts)


def _page(connection: Connection, filter: Filter, after: Place | None, limit: int) -> QueuePage:
    try:
        places = _places(connection, filter, after, limit + 1)
    except UnicodeEncodeError:
        return QueuePage(items=(), next=None)
    more = len(places) > limit
    places = places[:limit]
    items = _items(connection, [place[-1] for place in places])
    last = _cursor(places[-1]) if more else None
    return QueuePage(items=tuple(items), next=last)


def _next(connection: Connection, filter: Filter, after_id: int) -> QueueItem | None:
    by_url = bool(filter.url_prefix)
    columns = _URL_PLACE if by_url else _PLACE
    row = connection.execute(select(*columns).where(ocr_result.c.id == after_id)).first()
    for place in [None] if row is None else [tuple(row), None]:
        if found := _places(connection, filter, place, 1):
            return _items(connection, [found[0][-1]])[0]
    return None


def _places(connection: Connection, filter: Filter, after: Place | None, limit: int) -> list[Place]:
    """The places of the first rows behind `after`, in order."""
    if filter.url_prefix:
        return [tuple(row) for row in connection.execute(_by_url(filter, after, limit))]
    places: list[Place] = []
    for state in filter.states:
        walk = _walk(connection, filter, state, after, limit)
        places += [tuple(row) for row in connection.execute(walk)]
    return sorted(places, reverse=True)[:limit]


def _walk(
    connection: Connection, filter: Filter, state: ReviewState, after: Place | None, limit: int
) -> Select[Any]:
    """One index from its end to its beginning, from `after` on."""
    query = select(*_PLACE).where(ocr_result.c.review_state == state, *filter.conditions())
    refused = filter.reason is not None or filter.older_than_versions is not None
    if refused:
        query = query.where(ocr_result.c.queue_rank == MOST_URGENT)
    elif filter.since is not None or filter.until is not None:
        # All ranks by name: then each of them is a range of the index, and what lies between is
        # not read.
        ranks = range(MOST_URGENT + 1 if after is None else after[0] + 1)
        query = query.where(ocr_result.c.queue_rank.in_(ranks))
    if after is not None:
        query = query.where(_behind(connection, after))
    if filter.url is None:
        query = query.with_hint(ocr_result, f"FORCE INDEX ({filter.walk})", "mysql")
    return query.order_by(*(column.desc() for column in _PLACE)).limit(limit)


def _by_url(filter: Filter, after: Place | None, limit: int) -> Select[Any]:
    query = select(*_URL_PLACE).where(*filter.conditions())
    if filter.state is not None:
        query = query.where(ocr_result.c.review_state.in_(filter.state))
    if after is not None:
        start, id = _URL_PLACE
        query = query.where(
            start >= after[0], or_(start > after[0], and_(start == after[0], id > after[1]))
        )
    query = query.with_hint(ocr_result, "FORCE INDEX (ix_ocr_result_url_start)", "mysql")
    return query.order_by(*_URL_PLACE).limit(limit)


def _behind(connection: Connection, after: Place) -> ColumnElement[bool]:
    """SQLite finds the place of a row value in an index; MySQL does so only when it is spelled
    out.
    """
    rank, made, id = _PLACE
    if connection.dialect.name == "sqlite":
        return tuple_(*_PLACE) < tuple_(*after)
    return or_(
        rank < after[0],
        and_(rank == after[0], made < after[1]),
        and_(rank == after[0], made == after[1], id < after[2]),
    )


def _items(connection: Connection, ids: list[int]) -> list[QueueItem]:
    columns = (ocr_result.c[field.name] for field in fields(QueueItem))
    found = connection.execute(select(*columns).where(ocr_result.c.id.in_(ids))).mappings()
    items = {row["id"]: QueueItem(**row) for row in found}
    return [items[id] for id in ids if id in items]


def _count(connection: Connection, filter: Filter) -> dict[str, int]:
    by = (ocr_result.c.review_state, ocr_result.c.reason)
    query = select(*by, func.count()).group_by(*by)
    if filter.url is None and not filter.url_prefix:
        query = query.with_hint(ocr_result, f"FORCE INDEX ({filter.walk})", "mysql")
    try:
        query = query.where(*filter.conditions())
    except UnicodeEncodeError:
        return {state.value: 0 for state in ReviewState}
    counts = {state.value: 0 for state in ReviewState}
    for state, reason, count in connection.execute(query):
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
            sound = isinstance(start, str) and type(id) is int
        else:
            rank, made, id = values
            place = (rank, datetime.fromisoformat(made).astimezone(UTC), id)
            sound = type(rank) is int and 0 <= rank <= MOST_URGENT and type(id) is int
    except (ValueError, TypeError, UnicodeError):
        raise BadCursor("This page does not exist; begin again with the first.") from None
    if not sound:
        raise BadCursor("This page does not exist; begin again with the first.")
    return place
