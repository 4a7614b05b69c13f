"""Whose turn it is: without a service, in an event loop."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from front.turns import BACKGROUND, Turns
from pipeline.errors import ServiceBusy


class Desk:
    """Callers who ask for a place. served: who has got one, in order."""

    def __init__(self, size: int, *, most_waiting: int = 100, spares: bool = False) -> None:
        self.turns = Turns(size, most_waiting=most_waiting, spares=spares)
        self.served: list[str] = []

    async def ask(self, *callers: str) -> list["asyncio.Task[None]"]:
        """Each of them asks once; it is settled who can be served at once."""
        tasks = [asyncio.create_task(self._take(caller)) for caller in callers]
        await settled()
        return tasks

    async def release(self, *callers: str) -> None:
        for caller in callers:
            self.turns.release(caller)
            await settled()

    async def _take(self, caller: str) -> None:
        await self.turns.take(caller)
        self.served.append(caller)


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def in_loop(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(test())  # type: ignore[arg-type]

    run.__name__ = test.__name__
    return run


@in_loop
async def test_who_is_alone_has_all_places() -> None:
    desk = Desk(16)
    await desk.ask(*"a" * 40)
    assert desk.served == ["a"] * 16
    assert desk.turns.waiting == 24
    await desk.release(*"a" * 16)
    assert len(desk.served) == 32


@in_loop
async def test_the_next_place_is_for_who_has_the_fewest() -> None:
    desk = Desk(4)
    await desk.ask(*"aaaaaaaa")
    await desk.ask(*"bbb", *"c")
    await desk.release(*"aaaa")
    assert desk.served == [*"aaaa", *"bcab"]


@in_loop
async def test_callers_with_as_many_take_turns_and_each_in_his_order() -> None:
    turns, served = Turns(1, most_waiting=100), list[str]()

    async def take(caller: str, number: int) -> None:
        await turns.take(caller)
        served.append(f"{caller}{number}")

    await turns.take("first")
    tasks = [asyncio.create_task(take(caller, n)) for caller in "abc" for n in range(3)]
    await settled()
    for holder in ("first", *"abcabcab"):
        turns.release(holder)
        await settled()
    assert served == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]
    await asyncio.gather(*tasks)


@in_loop
async def test_what_nobody_waits_for_has_one_place_beside_callers_and_all_without() -> None:
    desk = Desk(3)
    await desk.ask(*"aaa")
    await desk.ask(BACKGROUND, BACKGROUND, BACKGROUND, *"aaa")
    await desk.release(*"aaa")
    assert desk.served[3:] == [BACKGROUND, "a", "a"]
    await desk.release("a")
    assert desk.served[-1] == "a"
    await desk.release("a", "a")
    assert desk.served[-2:] == [BACKGROUND, BACKGROUND]


@in_loop
async def test_too_many_that_wait_are_turned_away_and_others_find_room() -> None:
    desk = Desk(1, most_waiting=8)
    await desk.ask("a")
    *waiting, turned_away = await desk.ask(*"aaaaa")
    assert isinstance(turned_away.exception(), ServiceBusy)
    assert not any(task.done() for task in waiting)
    assert not any(task.done() for task in await desk.ask("b", "b", "c"))
    assert isinstance((await desk.ask("b"))[0].exception(), ServiceBusy)
    assert desk.turns.waiting == 7


@in_loop
async def test_who_leaves_while_he_waits_gets_no_place_and_keeps_none() -> None:
    desk = Desk(1)
    await desk.ask("a")
    gone, stays = await desk.ask("a", "b")
    gone.cancel()
    await settled()
    assert desk.turns.waiting == 1
    await desk.release("a")
    assert desk.served == ["a", "b"]
    await desk.release("b")
    await desk.ask("c")
    assert desk.served == ["a", "b", "c"]
    await stays


@pytest.mark.parametrize("given_first", [True, False])
def test_who_leaves_in_the_moment_of_his_turn_gives_it_to_the_next(given_first: bool) -> None:
    async def test() -> None:
        desk = Desk(1)
        await desk.ask("a")
        gone, _ = await desk.ask("b", "c")
        steps = [lambda: desk.turns.release("a"), gone.cancel]
        for step in steps if given_first else reversed(steps):
            step()
        await settled()
        assert desk.served == ["a", "c"]
        await desk.release("c")
        await desk.ask("d")
        assert desk.served == ["a", "c", "d"]

    asyncio.run(test())


@in_loop
async def test_where_places_are_spared_one_has_half_and_who_comes_next_finds_one() -> None:
    desk = Desk(16, spares=True)
    await desk.ask(*"a" * 20)
    assert desk.served == ["a"] * 8
    await desk.ask(*"b" * 20)
    assert desk.served[8:] == ["b"] * 4
    await desk.ask(*"c" * 20)
    assert desk.served[12:] == ["c"] * 2
    await desk.release(*"a" * 8)
    share = {caller: desk.served[14:].count(caller) for caller in "abc"}
    assert share == {"a": 4, "b": 0, "c": 2}, "each has four, and four are free"


@in_loop
async def test_more_places_are_given_at_once_and_fewer_as_they_come_back() -> None:
    desk = Desk(1)
    await desk.ask(*"aaaa")
    desk.turns.resize(3)
    await settled()
    assert desk.served == ["a"] * 3
    desk.turns.resize(1)
    await desk.release("a", "a")
    assert desk.served == ["a"] * 3
    await desk.release("a")
    assert desk.served == ["a"] * 4


@in_loop
async def test_places_can_be_counted_in_bytes_and_given_back_in_parts() -> None:
    turns = Turns(100, most_waiting=10)
    await turns.take("a", 60)
    second = asyncio.create_task(turns.take("a", 60))
    await settled()
    assert not second.done()
    turns.release("a", 20)
    await second
    turns.release("a", 100)
    await turns.take("b", 100)


@in_loop
async def test_it_is_told_how_long_each_waited_and_when_places_are_short() -> None:
    waited, short = list[float](), list[int]()
    turns = Turns(1, most_waiting=10, waited=waited.append, is_short=lambda: short.append(1))
    await turns.take("a")
    assert (waited, short) == ([0.0], [])
    second = asyncio.create_task(turns.take("b"))
    await settled()
    assert (len(waited), short) == (1, [1])
    turns.release("a")
    await second
    assert len(waited) == 2
    assert waited[1] > 0
