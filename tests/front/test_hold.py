"""What holds callers up while workers are changed, and for how long at most."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from serving.pause import Pause

MOST = Pause.MOST_SECONDS


@pytest.mark.parametrize(
    ("age_s", "holds"),
    [(0, True), (MOST / 2, True), (MOST + 1, False), (-MOST / 2, True), (-MOST - 60, False)],
)
def test_a_file_holds_for_a_while_whatever_it_is_dated(
    tmp_path: Path, age_s: float, holds: bool
) -> None:
    """A clock may have been set back meanwhile; a date of next year holds nobody until then."""
    hold = Pause(tmp_path)
    with hold.held():
        assert hold._holds()
        when = time.time() - age_s
        os.utime(tmp_path / "var" / "run" / "hold", (when, when))
        assert hold._holds() is holds


def test_a_file_of_the_future_lets_requests_pass(tmp_path: Path) -> None:
    hold = Pause(tmp_path)
    with hold.held():
        when = time.time() + 3600
        os.utime(tmp_path / "var" / "run" / "hold", (when, when))
        asyncio.run(asyncio.wait_for(hold.passed(), 60))
