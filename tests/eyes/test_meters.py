"""What a batch takes is kept until somebody takes it, and by nobody where nobody looks."""

import pytest

from pipeline.timings import UNMEASURED, BatchTimings, Measured, Stage


def test_steps_are_kept_in_order_also_those_that_fail() -> None:
    meters = BatchTimings()
    with meters.timed(Stage.FETCH):
        pass
    with pytest.raises(ZeroDivisionError), meters.timed("detect"):
        1 / 0  # noqa: B018
    meters.database_failed(Stage.SAVE)
    meters.database_failed(Stage.SAVE)
    taken = meters.take()
    assert [stage for stage, _ in taken.seconds] == ["fetch", "detect"]
    assert all(seconds >= 0 for _, seconds in taken.seconds)
    assert taken.database_errors == {"save": 2}
    assert meters.take() == Measured()


def test_the_time_of_pictures_that_are_read_together_is_shared_evenly() -> None:
    meters = BatchTimings()
    with meters.reading(4, 4_000_000):
        pass
    with meters.reading(0, 0):
        pass
    taken = meters.take()
    assert len(taken.read_seconds) == 4 and len(set(taken.read_seconds)) == 1
    assert taken.pixels == 4_000_000


def test_where_nobody_looks_nothing_is_kept() -> None:
    with UNMEASURED.timed(Stage.FETCH), UNMEASURED.reading(1, 1):
        UNMEASURED.database_failed(Stage.SAVE)
    assert vars(UNMEASURED) == {}
