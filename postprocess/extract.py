"""The switch between rule sets."""

from collections.abc import Callable

from postprocess import layout, seed
from postprocess.types import Extraction, Page

RULES: dict[str, Callable[[Page], Extraction]] = {"layout": layout.extract, "seed": seed.extract}


def extract(page: Page, rules: str) -> Extraction:
    """Apply the rule set named `rules` (a key of RULES) to one page; KeyError for another name."""
    return RULES[rules](page)
