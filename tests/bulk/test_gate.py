"""How many fetches a host gets at once, and which hosts have to wait."""

import pytest

from bulk.host_limit import (
    SILENT_FETCHES,
    SLOW_FETCHES,
    SLOW_FOR_S,
    TRIED_EVERY_S,
    HostLimiter,
    Refusal,
)

A, B = "a.example.com", "b.example.com"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limiter(clock: Clock) -> HostLimiter:
    return HostLimiter(2, 10.0, clock)


def leased(limiter: HostLimiter, host: str, *, hurry: bool = False) -> int:
    answer = limiter.ask(host, hurry=hurry)
    assert isinstance(answer, int)
    return answer


def fetched(
    limiter: HostLimiter, host: str, *, seconds: float = 0.1, timed_out: bool = False
) -> None:
    limiter.release(host, leased(limiter, host), seconds=seconds, timed_out=timed_out)


def test_a_host_gets_so_many_fetches_and_no_more(limiter: HostLimiter) -> None:
    leased(limiter, A)
    leased(limiter, A)
    assert limiter.ask(A, hurry=False) is None


def test_hosts_do_not_wait_for_each_other(limiter: HostLimiter) -> None:
    leased(limiter, A)
    leased(limiter, A)
    leased(limiter, B)


def test_what_is_given_back_is_there_for_the_next_one(limiter: HostLimiter) -> None:
    leased(limiter, A)
    fetched(limiter, A)
    leased(limiter, A)
    assert limiter.ask(A, hurry=False) is None


def test_the_lease_of_one_who_died_ends_by_itself(limiter: HostLimiter, clock: Clock) -> None:
    leased(limiter, A)
    leased(limiter, A)
    clock.now += 9.9
    assert limiter.ask(A, hurry=False) is None
    clock.now += 0.2
    leased(limiter, A)
    leased(limiter, A)
    assert limiter.ask(A, hurry=False) is None


def test_a_lease_that_ended_and_comes_back_frees_nobody_elses(
    limiter: HostLimiter, clock: Clock
) -> None:
    late = leased(limiter, A)
    clock.now += 11
    leased(limiter, A)
    leased(limiter, A)
    limiter.release(A, late, seconds=11, timed_out=False)
    assert limiter.ask(A, hurry=False) is None


def test_who_is_in_a_hurry_leaves_a_slow_host_for_later(limiter: HostLimiter, clock: Clock) -> None:
    for _ in range(SLOW_FETCHES):
        fetched(limiter, A, seconds=3)
    assert limiter.ask(A, hurry=True) is Refusal.LATER
    assert isinstance(limiter.ask(B, hurry=True), int)
    assert isinstance(limiter.ask(A, hurry=False), int)
    clock.now += SLOW_FOR_S
    assert isinstance(limiter.ask(A, hurry=True), int)


def test_a_slow_fetch_among_fast_ones_makes_no_slow_host(limiter: HostLimiter) -> None:
    for _ in range(10):
        fetched(limiter, A, seconds=3)
        fetched(limiter, A, seconds=0.1)
    assert isinstance(limiter.ask(A, hurry=True), int)


def test_a_host_that_lets_everything_time_out_is_tried_now_and_then(
    limiter: HostLimiter, clock: Clock
) -> None:
    for _ in range(SILENT_FETCHES):
        fetched(limiter, A, seconds=5, timed_out=True)
    assert limiter.ask(A, hurry=True) is Refusal.LATER
    assert limiter.ask(A, hurry=False) is Refusal.SILENT
    clock.now += TRIED_EVERY_S
    lease = leased(limiter, A)
    assert limiter.ask(A, hurry=False) is Refusal.SILENT
    limiter.release(A, lease, seconds=5, timed_out=True)
    assert limiter.ask(A, hurry=False) is Refusal.SILENT
    clock.now += TRIED_EVERY_S
    fetched(limiter, A)
    fetched(limiter, A)


def test_one_answer_among_timeouts_makes_no_silent_host(limiter: HostLimiter) -> None:
    for number in range(3 * SILENT_FETCHES):
        fetched(limiter, A, seconds=5, timed_out=number % 4 != 0)
    leased(limiter, A)
