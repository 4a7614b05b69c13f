"""Where more callers bring no more, and which setting is best."""

from evals.bench.growth import knee
from evals.bench.sweep import best, shares


def test_beyond_the_knee_twice_the_callers_never_bring_a_tenth_more() -> None:
    assert knee([(1, 4.0), (2, 7.0), (4, 7.5), (8, 7.6)]) == 2
    assert knee([(1, 4.0), (2, 8.0), (4, 16.0)]) == 4
    # Two callers in turn fill no batch; four do.
    assert knee([(1, 4.0), (2, 4.1), (4, 7.5), (8, 7.6)]) == 4
    assert knee([(1, 4.0), (2, 4.1)]) == 1


def test_of_rates_alike_the_soonest_answer_to_a_lone_caller_is_best() -> None:
    slow, quick, poor = (
        {"rate": rate, "p50_ms": p50} for rate, p50 in ((10.0, 150), (9.8, 130), (8.0, 90))
    )
    assert best([slow, quick, poor]) is quick


def test_workers_times_threads_are_the_cores() -> None:
    assert list(shares(4)) == [(1, 4), (2, 2), (4, 1)]
