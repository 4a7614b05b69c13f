"""Five screens of every layout, drawn once for all tests that look at what is drawn."""

from functools import cache

from evals.screens.corpus import draw
from evals.screens.layouts import LAYOUTS
from evals.screens.screen import Screen

TURNS = 3


@cache
def corpus() -> tuple[Screen, ...]:
    return tuple(draw(TURNS * len(LAYOUTS), 29))
