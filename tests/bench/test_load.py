"""Callers against a small server: what they wait counts from when they should have asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from evals.bench import load
from evals.bench.http import post


@asynccontextmanager
async def server(stall: float) -> AsyncIterator[tuple[str, int]]:
    """Answers at once, but stalls once, at its tenth request."""
    asked = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            asked += 1
            if asked == 10:
                await asyncio.sleep(stall)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    running = await asyncio.start_server(served, "127.0.0.1", 0)
    async with running:
        yield running.sockets[0].getsockname()[:2]


def test_a_stall_counts_for_every_request_that_it_held_up() -> None:
    async def measure() -> list[load.Answered]:
        async with server(stall=0.3) as place:
            return await load.open_loop(place, lambda n: post("/", n), 100, 0.5, connections=1)

    answered = load.run(measure())
    assert [one.number for one in answered] == list(range(50))
    held_up = [one for one in answered if one.seconds > 0.05]
    # At 100 a second 0.3 s hold up some thirty; counted from when they were sent it would be one.
    assert len(held_up) >= 20
    assert all(one.response.status == 200 for one in answered)


def test_every_number_is_asked_once_and_its_own_answer_comes_back() -> None:
    async def measure() -> list[load.Answered]:
        async with server(stall=0) as place:
            return await load.closed_loop(place, lambda n: post("/", n), iter(range(40)), 4)

    answered = load.run(measure())
    assert sorted(one.number for one in answered) == list(range(40))
    assert all(int(one.response.body) == one.number for one in answered)


def test_a_lost_connection_is_an_answer_with_status_0() -> None:
    async def measure() -> list[load.Answered]:
        async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as running:
            place = running.sockets[0].getsockname()[:2]
            return await load.closed_loop(place, lambda n: post("/", n), iter(range(2)), 1)

    assert [one.response.status for one in load.run(measure())] == [0, 0]


def test_who_never_answers_ends_the_load() -> None:
    async def measure() -> list[load.Answered]:
        async with server(stall=1000) as place:
            return await load.closed_loop(place, lambda n: post("/", n), iter(range(20)), 1)

    with pytest.raises(load.TooLong, match="not answered within"):
        load.run(measure(), seconds=0.1)
