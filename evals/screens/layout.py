"""A layout: one way in which an app puts a page together."""

from collections.abc import Callable
from dataclasses import dataclass

from evals.screens.brief import Brief
from evals.screens.canvas import Canvas
from evals.screens.themes import Theme


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a layout draws, and what may be asked of it.

    draw: draws a brief and returns the y (points) below the content.
    themes: light first, then dark.
    shows: which shares it can show: `available`, `held`, `both`; empty where it has none.
    code_styles: the ways it can show name and code (`evals.screens.parts.name`).
    refused: name of the reason why its pages must be refused; empty: they have an answer.
    rows: how many other positions it lists; lists_codes, lists_shares: what a row shows.
    """

    name: str
    draw: Callable[[Canvas, Brief], float]
    themes: tuple[Theme, Theme]
    held_out: bool
    tags: tuple[str, ...]
    shows: tuple[str, ...] = ()
    code_styles: tuple[str, ...] = ("below",)
    refused: str = ""
    rows: int = 0
    lists_codes: bool = False
    lists_shares: bool = False
