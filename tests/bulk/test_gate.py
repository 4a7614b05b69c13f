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
def gate(clock: Clock) -> HostLimiter:
    return HostLimiter(2, 10.0, clock)


def leased(gate: HostLimiter, host: str, *, hurry: bool = False) -> int:
    answer = gate.ask(host, hurry=hurry)
    assert isinstance(answer, int)
    return answer


def fetched(gate: HostLimiter, host: str, *, seconds: float = 0.1, timed_out: bool = False) -> None:
    gate.give(host, leased(gate, host), seconds=seconds, timed_out=timed_out)


def test_a_host_gets_so_many_fetches_and_no_more(gate: HostLimiter) -> None:
    leased(gate, A)
    leased(gate, A)
    assert gate.ask(A, hurry=False) is None


def test_hosts_do_not_wait_for_each_other(gate: HostLimiter) -> None:
    leased(gate, A)
    leased(gate, A)
    leased(gate, B)


def test_what_is_given_back_is_there_for_the_next_one(gate: HostLimiter) -> None:
    leased(gate, A)
    fetched(gate, A)
    leased(gate, A)
    assert gate.ask(A, hurry=False) is None


def test_the_lease_of_one_who_died_ends_by_itself(gate: HostLimiter, clock: Clock) -> None:
    leased(gate, A)
    leased(gate, A)
    clock.now += 9.9
    assert gate.ask(A, hurry=False) is None
    clock.now += 0.2
    leased(gate, A)
    leased(gate, A)
    assert gate.ask(A, hurry=False) is None


def test_a_lease_that_ended_and_comes_back_frees_nobody_elses(
    gate: HostLimiter, clock: Clock
) -> None:
    late = leased(gate, A)
    clock.now += 11
    leased(gate, A)
    leased(gate, A)
    gate.give(A, late, seconds=11, timed_out=False)
    assert gate.ask(A, hurry=False) is None


def test_who_is_in_a_hurry_leaves_a_slow_host_for_later(gate: HostLimiter, clock: Clock) -> None:
    for _ in range(SLOW_FETCHES):
        fetched(gate, A, seconds=3)
    assert gate.ask(A, hurry=True) is Refusal.LATER
    assert isinstance(gate.ask(B, hurry=True), int)
    assert isinstance(gate.ask(A, hurry=False), int)
    clock.now += SLOW_FOR_S
    assert isinstance(gate.ask(A, hurry=True), int)


def test_a_slow_fetch_among_fast_ones_makes_no_slow_host(gate: HostLimiter) -> None:
    for _ in range(10):
        fetched(gate, A, seconds=3)
        fetched(gate, A, seconds=0.1)
    assert isinstance(gate.ask(A, hurry=True), int)


def test_a_host_that_lets_everything_time_out_is_tried_now_and_then(
    gate: HostLimiter, clock: Clock
) -> None:
    for _ in range(SILENT_FETCHES):
        fetched(gate, A, seconds=5, timed_out=True)
    assert gate.ask(A, hurry=True) is Refusal.LATER
    assert gate.ask(A, hurry=False) is Refusal.SILENT
    clock.now += TRIED_EVERY_S
    lease = leased(gate, A)
    assert gate.ask(A, hurry=False) is Refusal.SILENT
    gate.give(A, lease, seconds=5, timed_out=True)
    assert gate.ask(A, hurry=False) is Refusal.SILENT
    clock.now += TRIED_EVERY_S
    fetched(gate, A)
    fetched(gate, A)


def test_one_answer_among_timeouts_makes_no_silent_host(gate: HostLimiter) -> None:
    for number in range(3 * SILENT_FETCHES):
        fetched(gate, A, seconds=5, timed_out=number % 4 != 0)
    leased(gate, A)
