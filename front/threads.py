"""Calls that block (the database's) beside the event loop, a few at a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar
from weakref import WeakValueDictionary

from pipeline.errors import DatabaseUnavailable, ServiceBusy, ServiceError

P = ParamSpec("P")
T = TypeVar("T")

# With the database slow or away, calls take seconds; who would wait longer than this (s) for his
# turn is told at once.
PATIENCE_S = 5.0
THREADS = 12


class Threads:
    """`await run(store.find, [identity])`: its result, or what it raises.

    late: what who waited too long for a free thread is told.
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


class ThreadInTurn:
    """`await run_batches("name", read_items, body)`: long work in one thread of its own, a call of
    each caller at a time. Who asks for much waits for himself, and takes nobody else's thread.

    A second thread would only take the interpreter away from the event loop, twice as often.
    """

    def __init__(self, name: str) -> None:
        self._run = Threads(1, name=name, late=ServiceBusy)
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
        try:
            return await self._run(work, *args, **kwargs)
        finally:
            mine.release()

    def close(self) -> None:
        """See Threads."""
        self._run.close()
