"""Covers lie where they are meant to, and on nothing else."""

from random import Random

import numpy as np
import pytest

from evals.accuracy.covered import KINDS
from ocr.crops import Pixels

BOX = (300.0, 200.0, 330.0, 230.0)


def screen() -> Pixels:
    return np.full((500, 640, 3), 250, np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_a_cover_changes_its_box_and_leaves_what_is_far_away(kind: str) -> None:
    for seed in range(4):
        before = screen()
        after = KINDS[kind](before, BOX, Random(seed))
        assert (before == 250).all()
        changed = (after != before).any(axis=2)
        assert changed[200:230, 300:330].mean() > 0.2
        assert not changed[:80].any()
        assert not changed[350:].any()
        assert not changed[:, :120].any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_cover_at_a_picture_s_corner_stays_in_it(kind: str) -> None:
    after = KINDS[kind](screen(), (0.0, 0.0, 20.0, 24.0), Random(1))
    assert after.shape == (500, 640, 3)
    assert (after[:40, :40] != 250).any()
