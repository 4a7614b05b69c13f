"""Chooses between the rule sets `layout` and `seed`."""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from postprocess import layout, seed
from postprocess.funds import FundList
from postprocess.types import Extraction, Page

Rules: TypeAlias = Callable[[Page], Extraction]

RULES: dict[str, Rules] = {"layout": layout.extract, "seed": seed.extract}


def extract(page: Page, rules: str) -> Extraction:
    """Apply the rule set named `rules` (a key of RULES) to one page; KeyError for another name."""
    return RULES[rules](page)


def rules_for(name: str, funds: FundList | None = None) -> Rules:
    """The rule set `name`, a key of RULES (KeyError for another). funds: for `layout` only."""
    if name == "layout" and funds is not None:
        return partial(layout.extract, funds=funds)
    return RULES[name]
