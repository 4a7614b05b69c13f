"""Fetches pictures for the front door, side by side: one caller's slow hosts hold up nobody else.

What they need in memory is bounded: each fetch may come to FUNDOCR_MAX_BYTES, and so many bytes
are set aside for it; when it is done, as many as it has, until its picture has been handed on.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from front.turns import Turns
from pipeline.errors import InternalError, ServiceError
from pipeline.fetch.fetcher import Fetcher
from pipeline.fetch.link import Link
from pipeline.request import Request, Url

log = logging.getLogger(__name__)

# So many fetches at once; the pictures that wait to be handed on share their memory. One caller has
# half of it at most.
FETCHES = 64
# Its link, url_type, error code (None: there is a picture), seconds.
OnFetched: TypeAlias = Callable[[Link, str, str | None, float], None]
_Wanted: TypeAlias = tuple[Link, str]


@dataclass(slots=True, eq=False)
class _Fetch:
    """One that was begun. held: bytes that it holds, on account of the caller that asked first.
    waited_for: how many want the picture or use it."""

    caller: str
    held: int
    picture: asyncio.Future[bytes]
    waited_for: int = 0


class Fetches:
    """Used in one event loop.

    turns: who may fetch next, counted in bytes. most_bytes: of one picture. on_fetched: called for
    each fetch."""

    def __init__(
        self, fetcher: Fetcher, turns: Turns, most_bytes: int, on_fetched: OnFetched
    ) -> None:
        self._fetcher = fetcher
        self._turns = turns
        self._most_bytes = most_bytes
        self._on_fetched = on_fetched
        self._pool = ThreadPoolExecutor(FETCHES, thread_name_prefix="fetch")
        self._under_way: dict[_Wanted, _Fetch] = {}

    @asynccontextmanager
    async def picture(self, asked: Request, caller: str) -> AsyncIterator[bytes]:
        """The bytes behind a link, as long as this is entered; whoever asks for one that is
        being fetched gets the same. Nothing more is fetched for a caller that has left; what has
        begun goes on.

        Raises what Fetcher.fetch raises, InternalError, and ServiceBusy where too many wait.
        """
        assert isinstance(asked.source, Url), "nothing else is fetched"
        fetch = await self._of((asked.source.link, asked.url_type), caller)
        fetch.waited_for += 1
        try:
            yield await asyncio.shield(fetch.picture)
        finally:
            fetch.waited_for -= 1
            self._settle(fetch)

    def close(self) -> None:
        """Wait for no fetch."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _of(self, wanted: _Wanted, caller: str) -> _Fetch:
        if (fetch := self._under_way.get(wanted)) is not None:
            return fetch
        await self._turns.take(caller, self._most_bytes)
        if (fetch := self._under_way.get(wanted)) is not None:  # begun by another meanwhile
            self._turns.release(caller, self._most_bytes)
            return fetch
        loop = asyncio.get_running_loop()
        picture = loop.run_in_executor(self._pool, self._fetch, *wanted)
        fetch = _Fetch(caller=caller, held=self._most_bytes, picture=picture)
        self._under_way[wanted] = fetch
        picture.add_done_callback(partial(self._done, wanted, fetch))
        return fetch

    def _fetch(self, link: Link, url_type: str) -> bytes:
        begun, code = time.perf_counter(), None
        try:
            return self._fetcher.fetch(link, url_type)
        except ServiceError as error:
            code = error.code
            raise
        except Exception:
            log.exception("a fetch failed")
            code = InternalError.code
            raise InternalError from None
        finally:
            self._on_fetched(link, url_type, code, time.perf_counter() - begun)

    def _done(self, wanted: _Wanted, fetch: _Fetch, picture: asyncio.Future[bytes]) -> None:
        del self._under_way[wanted]
        failed = picture.cancelled() or picture.exception() is not None
        self._keep(fetch, 0 if failed else len(picture.result()))
        self._settle(fetch)

    def _settle(self, fetch: _Fetch) -> None:
        if fetch.picture.done() and not fetch.waited_for:
            self._keep(fetch, 0)

    def _keep(self, fetch: _Fetch, size: int) -> None:
        if fetch.held > size:
            self._turns.release(fetch.caller, fetch.held - size)
            fetch.held = size
