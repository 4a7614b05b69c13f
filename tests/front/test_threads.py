"""Work beside the event loop: who asks for much keeps nobody else from his turn."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from front import threads
from front.threads import Threads, ThreadsInTurn
from pipeline.errors import DatabaseUnavailable, ServiceBusy


@pytest.fixture
def run() -> Iterator[ThreadsInTurn]:
    run = ThreadsInTurn("batches")
    yield run
    run.close()


def test_of_one_caller_one_call_is_in_work_and_others_come_between(run: ThreadsInTurn) -> None:
    begun: list[str] = []
    go = threading.Event()

    def work(name: str) -> str:
        begun.append(name)
        assert go.wait(60)
        return name

    async def all_of_them() -> list[str]:
        eager = [asyncio.create_task(run("eager", work, f"eager {n}")) for n in range(5)]
        await asyncio.sleep(0)  # all five wait by now
        calm = asyncio.create_task(run("calm", work, "calm"))
        await asyncio.sleep(0)
        go.set()
        return list(await asyncio.gather(*eager, calm))

    done = asyncio.run(all_of_them())
    assert begun[:2] == ["eager 0", "calm"]
    assert begun[2:] == [f"eager {n}" for n in range(1, 5)]
    assert done == [*(f"eager {n}" for n in range(5)), "calm"]


def test_what_raises_is_raised_and_the_next_call_is_done(run: ThreadsInTurn) -> None:
    async def both() -> int:
        with pytest.raises(ZeroDivisionError):
            await run("me", divmod, 1, 0)
        return (await run("me", divmod, 7, 2))[0]

    assert asyncio.run(both()) == 3


def test_after_a_call_its_caller_rests_for_as_long_as_it_took_and_nobody_else() -> None:
    run = ThreadsInTurn("pages", threads=2, rests=True)
    began: dict[str, float] = {}

    def work(name: str, seconds: float) -> float:
        began[name] = time.monotonic()
        time.sleep(seconds)
        return time.monotonic()

    async def all_of_them() -> float:
        calls = [("me", "first", 0.05), ("me", "next", 0.0), ("another", "his", 0.0)]
        first, *_ = await asyncio.gather(*(run(one, work, *what) for one, *what in calls))
        return first

    ended = asyncio.run(all_of_them())
    run.close()
    assert began["next"] >= ended + 0.045
    assert list(began) == ["first", "his", "next"]


def test_who_waits_too_long_is_told(run: ThreadsInTurn, monkeypatch: pytest.MonkeyPatch) -> None:
    """He himself has work there, or another; at the database's threads it is the database."""
    monkeypatch.setattr(threads, "PATIENCE_S", 0.01)
    go = threading.Event()
    database = Threads(1)

    async def too_late() -> None:
        first = asyncio.create_task(run("me", go.wait, 60))
        other = asyncio.create_task(database(go.wait, 60))
        await asyncio.sleep(0)
        for name in ("me", "another"):
            with pytest.raises(ServiceBusy):
                await run(name, int)
        with pytest.raises(DatabaseUnavailable):
            await database(int)
        go.set()
        assert await first and await other

    asyncio.run(too_late())
    database.close()
