"""Looks up keys and known links for all requests that arrive at the same time, together.

One lookup is under way at a time. Requests that come meanwhile wait for the next one, which takes
all that wait: the more requests there are, the less of a round trip each costs. Nothing is kept
between lookups: an answer is what is committed when its lookup begins, whoever committed it."""

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import Any, TypeAlias

from db.column_types import text_sha256
from db.errors import StoreError
from db.lookup import MOST, Lookup, known_row
from db.rows import KnownRow, identity_key
from pipeline.errors import DatabaseUnavailable

log = logging.getLogger(__name__)

# A lookup begins no sooner than this (s) after the one before: under load it serves a few requests.
PACE_S = 0.004

# Waiting requests by the sha256 that they look up. Each has a future of its own: one that is given
# up takes nothing away from the others.
_Waiters: TypeAlias = dict[bytes, list[asyncio.Future[Any]]]


class Lookups:
    """One for each front door, used in its event loop. Both methods raise DatabaseUnavailable."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        # A thread of its own: known links do not wait behind the pages' queries.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lookups")
        self._keys: _Waiters = {}
        self._links: _Waiters = {}
        self._work: asyncio.Task[None] | None = None

    async def key(self, text: str) -> tuple[str, str] | None:
        """Name and role of this key; None for one that is not, or no longer, good."""
        owner: tuple[str, str] | None = await self._wait(self._keys, text_sha256(text))
        return owner

    async def link(self, identity: str) -> KnownRow | None:
        """What is known of this identity."""
        try:
            columns = await self.begin_link(identity)
        except UnicodeEncodeError:  # such an identity is never in the table
            return None
        return None if columns is None else known_row(columns)

    def begin_link(self, identity: str) -> asyncio.Future[Any]:
        """The same, to be waited for later, or never: columns for `known_row`, or None.

        UnicodeEncodeError for an identity without a UTF-8 form, which no link is.
        """
        return self._wait(self._links, identity_key(identity))

    def close(self) -> None:
        """Give the connection back."""
        self._thread.shutdown(wait=False)
        self._lookup.close()

    def _wait(self, waiters: _Waiters, sought: bytes) -> asyncio.Future[Any]:
        future = asyncio.get_running_loop().create_future()
        waiters.setdefault(sought, []).append(future)
        if self._work is None:
            self._work = asyncio.create_task(self._look())
        return future

    async def _look(self) -> None:
        """Look up for those who wait, until nobody does."""
        loop = asyncio.get_running_loop()
        try:
            while self._keys or self._links:
                begun = loop.time()
                await self._look_once(loop)
                await asyncio.sleep(begun + PACE_S - loop.time())
        finally:
            self._work = None

    async def _look_once(self, loop: asyncio.AbstractEventLoop) -> None:
        keys, links = _take(self._keys), _take(self._links)
        try:
            found = await loop.run_in_executor(self._thread, self._lookup, [*keys], [*links])
        except Exception as error:
            bug = not isinstance(error, StoreError)
            log.warning("keys and links cannot be looked up: %s", error, exc_info=bug)
            # Those who came meanwhile are told too: they need not wait until another try fails.
            for waiters in (keys, links, _take(self._keys), _take(self._links)):
                _fail(waiters)
        else:
            _tell(keys, found.keys)
            _tell(links, found.links)


def _take(waiters: _Waiters) -> _Waiters:
    """As many as one lookup takes, those who came first; they wait in the queue no longer."""
    return {sought: waiters.pop(sought) for sought in [*islice(waiters, MOST)]}


def _tell(waiters: _Waiters, found: Mapping[bytes, Any]) -> None:
    for sought, futures in waiters.items():
        for future in futures:
            if not future.done():  # its request was given up
                future.set_result(found.get(sought))


def _fail(waiters: _Waiters) -> None:
    for future in chain.from_iterable(waiters.values()):
        if not future.done():
            future.set_exception(DatabaseUnavailable())
            future.exception()  # or it complains where nobody waits any more
