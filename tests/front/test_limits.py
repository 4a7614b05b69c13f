"""The rate of a caller, and what costs more than one request of it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

import front.rate_limit
from front.errors import TooManyRequests
from front.rate_limit import BURST_SECONDS, Limits, Pace
from tests.front.in_process import lone_front_in_process
from tests.front.test_front_batches import GOOD, hand_in


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The time goes on only where a test says so."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(front.rate_limit, "time", SimpleNamespace(monotonic=lambda: clock.now))
    yield clock


def taken(limits: Limits, name: str) -> int:
    """How many requests of his are taken now."""
    for count in range(1000):
        try:
            limits.take(name)
        except TooManyRequests:
            return count
    raise AssertionError("nothing is ever refused")


def test_ten_seconds_worth_may_come_at_once_and_then_the_rate(clock: SimpleNamespace) -> None:
    limits = Limits(2)
    assert taken(limits, "me") == 2 * BURST_SECONDS
    clock.now += 1
    assert (taken(limits, "me"), taken(limits, "another")) == (2, 20)


def test_what_costs_more_is_paid_by_those_who_come_next(clock: SimpleNamespace) -> None:
    limits = Limits(2)
    limits.take("me")
    limits.charge("me", 25)
    assert (taken(limits, "me"), taken(limits, "another")) == (0, 20)
    clock.now += 3  # he owed six
    assert taken(limits, "me") == 0
    clock.now += 0.5
    assert taken(limits, "me") == 1
    limits.charge("me", 0)
    clock.now += 1000
    assert taken(limits, "me") == 20


def test_batches_and_their_pages_cost_by_their_items(
    tmp_path: Path, clock: SimpleNamespace
) -> None:
    with lone_front_in_process(tmp_path, FUNDOCR_RATE="2") as url, requests.Session() as kept:

        def left() -> int:
            """And fills the caller's bucket again."""
            count = 0
            while kept.get(f"{url}/ocr_batch/0", timeout=30).status_code != 429:
                count += 1
            clock.now += 1000
            return count

        assert left() == 20
        small = hand_in(url, [GOOD] * 100)
        assert left() == 19
        large = hand_in(url, [GOOD] * 1000)
        assert left() == 10
        for asked, cost in (
            (small, 1),
            (large, 10),
            (f"{large}?limit=1", 1),
            (f"{large}?limit=201", 3),
            (f"{large}?after=899", 1),
        ):
            assert requests.get(f"{url}/ocr_batch/{asked}", timeout=30).status_code == 200
            assert left() == 20 - cost, asked
        # What is refused after it was read has cost what reading it cost.
        requests.post(f"{url}/ocr_batch", data=b"[" + b" " * 1_100_000, timeout=30)
        assert left() == 14


def test_bodies_of_one_caller_are_read_at_one_rate_however_many_he_sends(
    clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))

    monkeypatch.setattr(front.rate_limit, "asyncio", SimpleNamespace(sleep=sleep))
    pace = Pace(100)

    def keep(name: str, *sizes: int) -> list[float]:
        slept.clear()
        for size in sizes:
            asyncio.run(pace.keep(name, size))
        return list(slept)

    assert keep("me", 30, 20) == [], "half a second's worth at once"
    assert keep("me", 50, 50) == [0.5, 1.0], "of whichever connection"
    assert keep("another", 40) == []
    clock.now += 10
    assert keep("me", 50, 10) == [0.1]


def test_callers_whose_bodies_are_read_are_forgotten(
    clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front.rate_limit, "_MANY", 10)
    pace = Pace(100)
    for number in range(100):
        clock.now += 1
        asyncio.run(pace.keep(f"{number}", 10))
    assert len(pace._due) <= 11
