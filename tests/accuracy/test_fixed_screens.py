"""Fixed screens, read by the real reader: right, or missed for a reason that is known.

`make test` reads every third, `make drills` all of them.
"""

from collections import Counter
from functools import cache

import pytest

from evals.screens.layouts import LAYOUTS
from tests.accuracy.fixed_screens import COUNT, pinned, read_fixed

found = cache(read_fixed)
read = pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.drill)])


@read
def test_a_screen_has_the_pinned_verdict_and_answer(every: int) -> None:
    """`python -m tests.accuracy.fixed_screens` writes the file anew."""
    for number, (now, then) in enumerate(zip(found(every), pinned()[::every], strict=True)):
        assert now == then, number * every


@read
def test_no_answer_is_wrong_and_every_answer_is_the_truth(every: int) -> None:
    for one in found(every):
        assert one["verdict"] in ("right", "missed"), one
        assert one["answer"] in (one["truth"], {"fund_code": "", "hold_share": ""}), one


def test_they_show_every_layout_and_are_nearly_all_right() -> None:
    assert len(pinned()) == COUNT == 45
    assert {one["layout"] for one in pinned()} == {layout.name for layout in LAYOUTS}
    verdicts = Counter(one["verdict"] for one in pinned())
    assert verdicts["right"] >= 44
    assert sum(one["reason"] is None for one in pinned()) > 20
