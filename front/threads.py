"""Calls that block (the database's) beside the event loop, a few at a time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from pipeline.errors import DatabaseUnavailable, ServiceError

P = ParamSpec("P")
T = TypeVar("T")

# With the database slow or away, calls take seconds; who would wait longer than this (s) for his
# turn is told at once.
PATIENCE_S = 5.0
THREADS = 12
# Batches handed in and looked at have few of their own: whoever does so takes nobody else's.
BATCH_THREADS = 2


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
