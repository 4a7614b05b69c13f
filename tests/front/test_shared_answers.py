"""An answer that is put together once for all who ask for it at the same time."""

import asyncio
from collections.abc import Callable

import pytest

from front import metrics
from front.metrics import Shared
from tests.front.test_turns import in_loop, settled


def counting(go: asyncio.Event) -> tuple[Callable[[], "asyncio.Task[int]"], list[int]]:
    """Who asks; and the numbers of what was begun."""
    begun: list[int] = []

    async def make() -> int:
        begun.append(number := len(begun) + 1)
        await go.wait()
        if number == 3:
            raise ZeroDivisionError
        return number

    shared = Shared(make)
    return lambda: asyncio.create_task(shared()), begun


@pytest.fixture(autouse=True)
def without_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_SHARE", 0)


@in_loop
async def test_who_asks_meanwhile_shares_the_next_one_and_none_is_older_than_its_question() -> None:
    go = asyncio.Event()
    ask, begun = counting(go)
    first = ask()
    await settled()
    others = [ask() for _ in range(5)]
    await settled()
    assert begun == [1, 2]
    go.set()
    assert await first == 1
    assert await asyncio.gather(*others) == [2] * 5


@in_loop
async def test_what_fails_fails_for_all_who_share_it_and_who_leaves_takes_nothing_away() -> None:
    go = asyncio.Event()
    go.set()
    ask, _ = counting(go)
    gone, stays = ask(), ask()
    await asyncio.sleep(0)
    gone.cancel()
    assert (await stays, await ask()) == (1, 2)
    failed = await asyncio.gather(ask(), ask(), return_exceptions=True)
    assert list(map(type, failed)) == [ZeroDivisionError] * 2
    assert await ask() == 4


def test_the_next_one_begins_when_the_last_one_was_a_small_part_of_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(metrics, "_SHARE", 10)

    async def test() -> list[float]:
        begun: list[float] = []

        async def make() -> None:
            begun.append(asyncio.get_running_loop().time())
            await asyncio.sleep(0.004)

        shared = Shared(make)
        for _ in range(3):
            await shared()
        return begun

    first, second, third = asyncio.run(test())
    assert second - first >= 0.04
    assert third - second >= 0.04
