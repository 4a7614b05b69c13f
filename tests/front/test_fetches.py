"""What is fetched once, whom it is counted for, and when its memory is free again."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from front.fetches import FETCHES, Fetches
from front.turns import Turns
from pipeline.errors import FetchFailed, InternalError
from pipeline.fetch.link import Link, parse_link
from pipeline.request import Request, Url
from tests.front.test_turns import settled

MOST = 100
SIZE = 60


@dataclass(slots=True, kw_only=True)
class Host:
    """Stands in for the fetcher. fetched: links, in order. go: until it is set none is answered."""

    fetched: list[str] = field(default_factory=list)
    go: threading.Event = field(default_factory=threading.Event)

    def fetch(self, link: Link, url_type: str) -> bytes:
        name = link.target.removeprefix("/")
        self.fetched.append(name)
        assert self.go.wait(60)
        if name == "gone":
            raise FetchFailed("closed")
        if name == "broken":
            raise ZeroDivisionError
        return b"x" * SIZE


@dataclass(slots=True, kw_only=True)
class Room:
    """told: code of each fetch that has ended."""

    host: Host
    turns: Turns
    fetches: Fetches
    told: list[str | None]

    async def use(self, link: str, caller: str, done: asyncio.Event | None = None) -> int:
        """Hold a picture until `done`; its length."""
        asked = Request(id="", source=Url(link=parse_link(f"http://a/{link}")), url_type="oss")
        async with self.fetches.picture(asked, caller) as content:
            if done is not None:
                await done.wait()
            return len(content)

    async def begun(self, count: int) -> None:
        while len(self.host.fetched) < count:
            await asyncio.sleep(0.001)
        await settled()

    def is_free(self) -> bool:
        """Whether nobody holds anything."""
        return not self.turns.waiting and self.turns._free == FETCHES * MOST


@pytest.fixture
def room() -> Iterator[Room]:
    host, told = Host(), list[str | None]()
    turns = Turns(FETCHES * MOST, most_waiting=400, spares=True)
    fetches = Fetches(
        host,  # type: ignore[arg-type]
        turns,
        MOST,
        lambda _link, _type, code, _seconds: told.append(code),
    )
    yield Room(host=host, turns=turns, fetches=fetches, told=told)
    host.go.set()
    fetches.close()


def test_one_fetch_serves_all_who_ask_for_a_link_at_the_same_time(room: Room) -> None:
    async def test() -> None:
        asked = [asyncio.create_task(room.use("a", by)) for by in ("first", "other") * 40]
        other = asyncio.create_task(room.use("b", "first"))
        await room.begun(2)
        room.host.go.set()
        assert await asyncio.gather(*asked, other) == [SIZE] * 81
        assert sorted(room.host.fetched) == ["a", "b"]
        assert await room.use("a", "first") == SIZE  # asked for later, it is fetched again
        assert room.host.fetched.count("a") == 2
        assert room.is_free()

    asyncio.run(test())


def test_one_caller_has_half_and_the_pictures_he_holds_are_counted(room: Room) -> None:
    async def test() -> None:
        done = asyncio.Event()
        many = [asyncio.create_task(room.use(f"{n}", "first", done)) for n in range(FETCHES)]
        await room.begun(FETCHES // 2)
        assert room.turns.waiting == FETCHES // 2
        other = asyncio.create_task(room.use("other", "other"))
        await room.begun(FETCHES // 2 + 1)
        room.host.go.set()
        assert await other == SIZE
        # 32 × 60 bytes are held, so that 4480 are free: one more fetch of his has room while
        # what he has and 100 bytes are no more than that, and so on.
        most = next(n for n in range(FETCHES) if (n * SIZE + MOST) > FETCHES * MOST - n * SIZE)
        await room.begun(most + 1)
        assert len(room.host.fetched) == most + 1
        done.set()
        assert await asyncio.gather(*many) == [SIZE] * FETCHES
        assert room.is_free()

    asyncio.run(test())


def test_who_leaves_is_fetched_for_no_more_unless_it_has_begun(room: Room) -> None:
    async def test() -> None:
        asked = [asyncio.create_task(room.use(f"{n}", "first")) for n in range(FETCHES)]
        await room.begun(FETCHES // 2)
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        assert room.turns.waiting == 0
        room.host.go.set()
        while not room.is_free():
            await asyncio.sleep(0.001)
        assert len(room.host.fetched) == FETCHES // 2

    asyncio.run(test())


def test_who_leaves_takes_the_picture_from_nobody(room: Room) -> None:
    async def test() -> None:
        gone, stays = (asyncio.create_task(room.use("a", by)) for by in ("first", "other"))
        await room.begun(1)
        gone.cancel()
        with suppress(asyncio.CancelledError):
            await gone
        room.host.go.set()
        assert await stays == SIZE
        assert (room.host.fetched, room.is_free()) == (["a"], True)

    asyncio.run(test())


def test_what_goes_wrong_is_told_to_all_and_holds_nothing(room: Room) -> None:
    async def test() -> None:
        room.host.go.set()
        for link, error in (("gone", FetchFailed), ("broken", InternalError)):
            asked = [asyncio.create_task(room.use(link, "first")) for _ in range(3)]
            outcomes = await asyncio.gather(*asked, return_exceptions=True)
            assert {type(one) for one in outcomes} == {error}
        await room.use("a", "first")
        assert {*room.told} == {"FETCH_FAILED", "INTERNAL_ERROR", None}
        assert room.is_free()

    asyncio.run(test())
