"""Pages of text lines written down by hand: `[text, x, y, height]` on a screen 375 wide.

x: the left edge as a number, or the right edge (`"r350"`), or the middle (`"c187"`). y: the middle.
"""

import json
from pathlib import Path
from typing import Any

from postprocess.types import Line, Page

WIDTH, HEIGHT = 375, 812


def page_of(lines: list[Any], confidence: float = 0.99) -> Page:
    """The page with lines at their places; a fifth item of a line is its confidence."""
    return Page(
        lines=tuple(_line(*line, confidence=confidence) for line in lines),
        width=WIDTH,
        height=HEIGHT,
    )


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of a file in this folder, one a line; `about` says what a group of them shows."""
    text = Path(__file__).with_name(name).read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def text_width(text: str, height: float) -> float:
    """How wide a text of this height is: CJK as wide as high, all else half as wide."""
    return sum(height if character > "\u2e80" else height / 2 for character in text)


def _line(
    text: str, x: float | str, y: float, height: float, own: float | None = None,
    *, confidence: float,
) -> Line:  # fmt: skip
    width = text_width(text, height)
    shift = {"r": width, "c": width / 2}
    left = float(x[1:]) - shift[x[0]] if isinstance(x, str) else x
    top, bottom = y - height / 2, y + height / 2
    return Line(
        text=text,
        confidence=confidence if own is None else own,
        quad=((left, top), (left + width, top), (left + width, bottom), (left, bottom)),
    )
