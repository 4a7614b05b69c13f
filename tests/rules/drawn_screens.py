"""Screens that tests of the rules share."""

from functools import cache

from evals.rules.noise_counts import Tallies, count
from evals.screens.corpus import undrawn
from evals.screens.screen import Screen

SCREENS = 120
NOISY_PAGES = 20 * SCREENS


@cache
def screens() -> tuple[Screen, ...]:
    """Screens of every layout and label, as a perfect recogniser reads them."""
    return tuple(undrawn(SCREENS, 20_240_814))


@cache
def noisy_pages() -> Tallies:
    """Each of them with twenty different noises, decided; `make noise` takes more of both."""
    return count(screens(), NOISY_PAGES, 7)
