"""How much a bench measures: `make bench` in about 30 minutes, `make bench-quick` in about 6."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """pictures: how many of the drawn ones. rounds, round_seconds: of the throughput.
    lone_times: how often each picture is asked about by a caller that is alone. known_seconds,
    known_turns: with known links, and as long without. memory_screens, starts: how many.
    choose_sides: whether each peer's best side limit is looked for, or the last one taken.
    at_960: whether the service is measured at a longest side of 960 too. most_minutes: after which
    the bench ends itself, wherever it is.
    """

    name: str
    pictures: int
    rounds: int
    round_seconds: float
    lone_times: int
    known_seconds: float
    known_turns: int
    memory_screens: int
    starts: int
    choose_sides: bool
    at_960: bool
    most_minutes: int


FULL = Plan(
    name="full",
    pictures=24,
    rounds=4,
    round_seconds=14,
    lone_times=3,
    known_seconds=15,
    known_turns=3,
    memory_screens=1000,
    starts=3,
    choose_sides=True,
    at_960=True,
    most_minutes=90,
)
QUICK = Plan(
    name="quick",
    pictures=8,
    rounds=2,
    round_seconds=4,
    lone_times=1,
    known_seconds=5,
    known_turns=2,
    memory_screens=120,
    starts=1,
    choose_sides=False,
    at_960=False,
    most_minutes=30,
)
