"""Whose picture is handed on next, by what it may take to read: without a service."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import pytest

from front import read_turns
from front.read_turns import HEAVY, ReadTurns
from front.turns import BACKGROUND
from tests.front.test_turns import in_loop, settled

LIGHT, MUCH = 10_000, 90_000


@dataclass(slots=True)
class Clock:
    now: float = 1000.0


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(read_turns, "_now", lambda: clock.now)
    return clock


@dataclass(slots=True)
class Desk:
    """served: who has got a place, in order. at: who has how many."""

    turns: ReadTurns = field(default_factory=lambda: ReadTurns(16, most_waiting=400))
    served: list[str] = field(default_factory=list)
    at: Counter[str] = field(default_factory=Counter)
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def ask(self, *callers: str) -> None:
        self.tasks |= {asyncio.create_task(self._take(caller)) for caller in callers}
        await settled()

    async def read(self, caller: str, work: int | None = LIGHT, seconds: float = 0.3) -> None:
        self.at[caller] -= 1
        self.turns.read(caller, work, seconds)
        await settled()

    async def known(self, caller: str, *works: int | None) -> None:
        for work in works:
            await self.ask(caller)
            await self.read(caller, work, seconds=0)
        self.served.clear()

    async def _take(self, caller: str) -> None:
        await self.turns.take(caller)
        self.served.append(caller)
        self.at[caller] += 1


@in_loop
async def test_who_is_new_has_one_and_one_more_with_each_that_was_read() -> None:
    desk = Desk()
    await desk.ask(*"a" * 40)
    had = [desk.at["a"]]
    for _ in range(4):
        for _ in range(desk.at["a"]):
            await desk.read("a")
        had.append(desk.at["a"])
    assert had == [1, 2, 4, 8, 16]


@in_loop
async def test_of_several_workers_each_has_one() -> None:
    desk = Desk()
    desk.turns.resize_to(3, 48)
    await desk.ask(*"a" * 9)
    assert desk.at["a"] == 3


@in_loop
async def test_heavy_pictures_are_alone_and_their_caller_has_one() -> None:
    desk = Desk()
    await desk.known("a", *[LIGHT] * 20, MUCH)
    await desk.ask(*"aaaa")
    assert desk.served == ["a"]
    await desk.read("a", MUCH)
    assert desk.served == ["a", "a"], "nobody else is there"


@in_loop
async def test_what_is_cheap_does_not_make_room_for_what_is_heavy() -> None:
    desk = Desk()
    await desk.known("a", MUCH, *[None] * 50)
    await desk.ask(*"aa")
    assert desk.served == ["a"]
    await desk.read("a", None)
    await desk.read("a", None)
    await desk.known("a", *[LIGHT] * 10)  # light again, but not as before
    await desk.ask(*"a" * 16)
    assert 1 <= desk.at["a"] <= 5


@in_loop
async def test_too_much_text_to_be_read_counts_as_heavy_until_something_is_light() -> None:
    desk = Desk()
    await desk.known("a", HEAVY + 1)
    await desk.known("a", LIGHT)
    await desk.known("b", LIGHT)
    await desk.ask("b", "a")
    assert desk.served == ["b", "a"]


def test_beside_light_ones_heavy_ones_have_half_of_the_time(clock: Clock) -> None:
    async def test() -> None:
        desk = Desk()
        await desk.known("heavy", MUCH)
        await desk.known("light", *[LIGHT] * 20)
        await desk.ask("heavy", "heavy")
        assert desk.served == ["heavy"]
        await desk.read("heavy", MUCH, seconds=3.0)
        for _ in range(5):  # he has none waiting in between, and sends the next one soon
            await desk.ask("light")
            await desk.read("light")
            clock.now += 0.5
        assert desk.served == ["heavy", *["light"] * 5]
        clock.now += 0.5
        await desk.ask("light")
        desk.turns._serve()  # as its timer does
        await settled()
        assert desk.served[6:] == ["heavy", "light"], "three seconds are over"

    asyncio.run(test())


def test_who_has_gone_is_not_waited_for(clock: Clock) -> None:
    async def test() -> None:
        desk = Desk()
        await desk.known("heavy", MUCH)
        await desk.known("light", LIGHT)
        await desk.ask("heavy")
        await desk.read("heavy", MUCH, seconds=9.0)
        clock.now += 2.5
        await desk.ask("heavy")
        assert desk.served == ["heavy", "heavy"]

    asyncio.run(test())


@in_loop
async def test_a_heavy_one_is_handed_on_when_its_pause_is_over() -> None:
    desk = Desk()
    await desk.known("heavy", MUCH)
    await desk.known("light", LIGHT)
    await desk.ask("heavy")
    read_turns._now = asyncio.get_running_loop().time  # type: ignore[assignment]  # the fixture's
    await desk.read("heavy", MUCH, seconds=0.02)
    await desk.ask("light", "heavy")
    await desk.read("light")
    assert desk.served == ["heavy", "light"]
    await asyncio.sleep(0.05)
    assert desk.served == ["heavy", "light", "heavy"]


@in_loop
async def test_a_heavy_one_is_not_kept_waiting_by_light_ones_without_end() -> None:
    desk = Desk()
    await desk.known("light", *[LIGHT] * 20)
    await desk.known("heavy", MUCH)
    read_turns._now = lambda: 1e9  # type: ignore[assignment]  # the fixture's: no pause
    await desk.ask(*["light"] * 20, "heavy", *["light"] * 20)
    assert desk.served == ["light"] * 16
    for _ in range(15):
        await desk.read("light")
    assert desk.served == ["light"] * 16, "they make way"
    await desk.read("light")
    assert desk.served[16] == "heavy"
    assert desk.served[17:] == ["light"] * 15


@in_loop
async def test_one_of_several_workers_is_for_light_ones() -> None:
    desk = Desk()
    desk.turns.resize_to(3, 48)
    await desk.known("heavy", MUCH)
    await desk.ask(*["heavy"] * 9)
    assert desk.at["heavy"] == 3, "there are no light ones"
    await desk.ask("light")
    for _ in range(3):
        await desk.read("heavy", MUCH)
    assert (desk.at["heavy"], desk.at["light"]) == (2, 1)


@in_loop
async def test_items_of_batches_are_weighed_too_and_nobody_stands_back_for_them() -> None:
    desk = Desk()
    await desk.known(BACKGROUND, LIGHT)
    await desk.known("heavy", MUCH)
    await desk.ask("heavy")
    await desk.read("heavy", MUCH, seconds=9.0)
    await desk.ask("heavy")
    assert desk.served == ["heavy", "heavy"]
    await desk.read("heavy", LIGHT)
    await desk.known(BACKGROUND, MUCH)
    await desk.ask(BACKGROUND, BACKGROUND)
    assert desk.served == [BACKGROUND]


@in_loop
async def test_callers_are_remembered_for_a_while_and_not_without_end() -> None:
    desk = Desk()
    await desk.known("a", MUCH)
    for number in range(1000):
        await desk.known(f"{number}", LIGHT)
    assert len(desk.turns._known) == 1000
    await desk.ask(*"aaaa")
    assert desk.served == ["a"], "he is new again"
