"""When a part of the service that has ended is started again, and when it is given up."""

from dataclasses import dataclass, field

import pytest

from serving.failure import Failure
from serving.watch import PAUSES_S, WINDOW_S, Restarter


@dataclass(slots=True, kw_only=True)
class Part:
    """A part that ends when a test says so, and a clock that goes on when a test says so."""

    runs: bool = True
    starts: int = 0
    refuses: Exception | None = None
    now: float = 1000.0
    said: list[str] = field(default_factory=list)

    def keeper(self) -> Restarter:
        return Restarter(
            "The part",
            ended=lambda: None if self.runs else "see its log.",
            start_again=self.start,
            say=self.said.append,
            clock=lambda: self.now,
        )

    def start(self) -> None:
        self.starts += 1
        if self.refuses:
            raise self.refuses
        self.runs = True


def test_a_part_that_runs_is_left_alone() -> None:
    part = Part()
    part.keeper().look()
    assert (part.starts, part.said) == (0, [])


def test_a_part_that_ends_for_once_is_started_again_at_once_and_that_is_told() -> None:
    part = Part(runs=False)
    part.keeper().look()
    assert (part.runs, part.starts) == (True, 1)
    assert part.said == ["The part has ended and is started again at once; see its log."]


def test_the_more_often_it_ends_the_longer_it_waits() -> None:
    part = Part()
    keeper = part.keeper()
    for pause in PAUSES_S:
        part.runs = False
        starts = part.starts
        keeper.look()
        if pause:
            assert part.starts == starts
            part.now += pause - 0.1
            keeper.look()
            assert part.starts == starts
            part.now += 0.1
            keeper.look()
        assert part.starts == starts + 1


def test_what_ends_too_often_is_given_up_in_one_sentence() -> None:
    part = Part()
    keeper = part.keeper()
    for pause in PAUSES_S:
        part.runs = False
        keeper.look()
        part.now += pause
        keeper.look()
    part.runs = False
    with pytest.raises(Failure) as given_up:
        keeper.look()
    assert str(given_up.value) == "The part has ended 6 times in a row; see its log."
    assert part.starts == len(PAUSES_S)


def test_what_ends_now_and_then_is_never_given_up() -> None:
    part = Part()
    keeper = part.keeper()
    for _ in range(3 * len(PAUSES_S)):
        part.runs = False
        keeper.look()
        assert part.runs
        part.now += WINDOW_S


@pytest.mark.parametrize("refusal", [Failure("Its port is taken."), OSError("no space")])
def test_a_start_that_fails_is_one_more_end(refusal: Exception) -> None:
    part = Part(runs=False, refuses=refusal)
    keeper = part.keeper()
    with pytest.raises(Failure):
        while True:
            keeper.look()
            part.now += 0.5
    assert part.starts == len(PAUSES_S)
    assert f"The part was not started: {refusal}" in part.said
