"""Five screens of every layout, drawn once for all tests that look at what is drawn."""

from functools import cache

from screens.corpus import draw
from screens.layouts import LAYOUTS
from screens.screen import Screen

TURNS = 3


@cache
def corpus() -> tuple[Screen, ...]:
    return tuple(draw(TURNS * len(LAYOUTS), 29))
