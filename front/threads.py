"""Runs calls that block (the database's) in a few threads, beside the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar
from weakref import WeakValueDictionary

from pipeline.errors import DatabaseUnavailable, ServiceBusy, ServiceError

P = ParamSpec("P")
T = TypeVar("T")

# With the database slow or away, calls take seconds; one that would wait longer than this (s) for
# its turn is refused at once.
PATIENCE_S = 5.0
THREADS = 12
_LONGEST_REST_S = 0.2


class Threads:
    """`await run(store.find, [identity])`: its result, or what it raises.

    late: the error of a call that waited too long for a free thread.
    """

    def __init__(
        self,
        threads: int = THREADS,
        *,
        name: str = "database",
        late: type[ServiceError] = DatabaseUnavailable,
    ) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._free = asyncio.Semaphore(threads)
        self._late = late

    async def __call__(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """DatabaseUnavailable (`late`) when no thread became free in time."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._free.acquire()
        except TimeoutError:
            raise self._late from None
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, partial(work, *args, **kwargs))
        finally:
            self._free.release()

    def close(self) -> None:
        """Wait for no call that has not begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class ThreadsInTurn:
    """`await run_batches("name", read_items, body)`: long work in threads of its own, a call of
    each caller at a time. A caller that asks for much waits for itself, and takes nobody else's
    thread.

    threads: more than one takes the interpreter away from the event loop so many times as often; it
    is for work that waits for the database.
    rests: after a call the caller's next one waits for as long as it took, so that much work of one
        caller leaves half of the time to others.
    """

    def __init__(self, name: str, *, threads: int = 1, rests: bool = False) -> None:
        self._run = Threads(threads, name=name, late=ServiceBusy)
        self._rests = rests
        self._callers: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(
        self, caller: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """ServiceBusy when it did not begin in time."""
        mine = self._callers.setdefault(caller, asyncio.Lock())
        try:
            async with asyncio.timeout(PATIENCE_S):
                await mine.acquire()
        except TimeoutError:
            raise ServiceBusy from None
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            return await self._run(work, *args, **kwargs)
        finally:
            rest = min(loop.time() - begun, _LONGEST_REST_S) if self._rests else 0
            loop.call_later(rest, mine.release)

    def close(self) -> None:
        """See Threads."""
        self._run.close()
