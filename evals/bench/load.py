"""Makes load: so many callers at once (closed loop), or so many requests a second (open loop)."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import uvloop

from evals.bench.child import MOST_SECONDS
from evals.bench.http import Connection, Response

T = TypeVar("T")
Ask = Callable[[int], bytes]
"""Number of the request → the request, whole."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One request: its number, when it was due, when it was answered (monotonic s), and how."""

    number: int
    due: float
    ended: float
    response: Response

    @property
    def seconds(self) -> float:
        """What the caller waited, from the moment that the request was due."""
        return self.ended - self.due


async def closed_loop(
    place: tuple[str, int], ask: Ask, numbers: Iterator[int], clients: int
) -> list[Answered]:
    """`clients` callers, each asking again as soon as it is answered, until `numbers` end."""
    answered: list[Answered] = []

    async def client() -> None:
        connection = Connection(*place)
        for number in numbers:
            request = ask(number)
            due = time.monotonic()
            response = await connection.ask(request)
            answered.append(Answered(number, due, time.monotonic(), response))
        connection.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return answered


async def open_loop(
    place: tuple[str, int], ask: Ask, rate: float, seconds: float, connections: int
) -> list[Answered]:
    """`rate` requests a second for so long, over so few connections.

    A request that finds all connections busy is sent late, and its time counts from when it was
    due: a slow answer is not hidden by the requests that it held up.
    """
    answered: list[Answered] = []
    begun = time.monotonic() + 0.05
    due_times = enumerate(begun + k / rate for k in range(int(rate * seconds)))

    async def sender() -> None:
        connection = Connection(*place)
        for number, due in due_times:
            request = ask(number)
            if (early := due - time.monotonic()) > 0:
                await asyncio.sleep(early)
            response = await connection.ask(request)
            answered.append(Answered(number, due, time.monotonic(), response))
        connection.close()

    await asyncio.gather(*(sender() for _ in range(connections)))
    return answered


def until(seconds: float) -> Iterator[int]:
    """Numbers from 0 for so long."""
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:
        yield number
        number += 1


class TooLong(Exception):
    """A load did not come to its end: somebody who was asked does not answer."""


def run(load: Coroutine[Any, Any, T], seconds: float = MOST_SECONDS) -> T:
    """Run a load to its end; TooLong where it takes longer."""

    async def in_time() -> T:
        try:
            async with asyncio.timeout(seconds):
                return await load
        except TimeoutError:
            raise TooLong(f"a load was not answered within {seconds:g} s") from None

    return uvloop.run(in_time())
