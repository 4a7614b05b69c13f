"""What `make faults` counts as a miss where one caller hurts another."""

from dataclasses import replace

import pytest

from tests.faults.neighbours import Hurt

FINE = Hurt(
    way="batches of 1,000",
    tries=100,
    statuses={"202": 10, "429": 90},
    known_p99=(0.004, 0.05),
    new_median=(0.3, 0.6),
    memory=(600.0, 900.0),
    after=660.0,
    wrong=(),
)


def test_what_is_within_its_bounds_is_met() -> None:
    assert FINE.misses == []
    assert FINE.line().endswith("| met")
    slow = replace(FINE, known_p99=(0.04, 0.079), way="slow links", new_median=(0.3, 5.6))
    assert slow.misses == []


@pytest.mark.parametrize(
    ("worse", "miss"),
    [
        (replace(FINE, known_p99=(0.004, 0.051)), "known links"),
        (replace(FINE, new_median=(0.3, 0.61)), "new pictures"),
        (replace(FINE, new_median=(0.3, 5.61), way="slow links"), "new pictures"),
        (replace(FINE, memory=(600.0, 901.0)), "memory"),
        (replace(FINE, after=661.0), "memory stays"),
        (replace(FINE, wrong=("503 {}",)), "1 wrong answers"),
        (replace(FINE, tries=0), "he did nothing"),
    ],
)
def test_what_is_beyond_one_of_them_is_named(worse: Hurt, miss: str) -> None:
    assert worse.misses == [miss]
    assert worse.line().endswith(f"| missed: {miss}")
