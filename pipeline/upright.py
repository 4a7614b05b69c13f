"""Finds pictures that are turned sideways or upside down, by how their lines were read.

Each line that is higher than wide the recogniser turns by itself (ocr.crops), so of a picture on
its side the lines are read, well or badly, and what stands beside or below what is lost: the rules
must not see such a page. It is turned and read again, as often as it takes and twice at most.
How sure the lines are is far enough apart: docs/adr/0035.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pipeline.decode.image import Image, Pixels
from postprocess.types import Extraction, Line, Page

# Of the lines of more than one character, which are wide when they lie, as are all usual ones.
_FEWEST_LINES = 3
_MOST_LIE = 0.6
_AS_HIGH_AS_WIDE = 1.5
# How sure (0 to 1) the characters of a page that stands upright are, and those of one that was read
# upside down are not.
_SURE = 0.9


def read_upright(
    page: Page, found: Extraction, image: Image, read: Callable[[Image], Page | None]
) -> tuple[Page, Image]:
    """The page as it reads upright, with the picture that it is read of; the same ones where they
    are upright, or where nothing tells how they would be.

    found: what the rules say of the page. read: a turned picture → its page, None where it fails.
    """
    lies = _lies(page)
    for degrees in _turns(page, found, lies):
        turned = replace(image, pixels=upright(image, degrees))
        again = read(turned)
        if again is not None and not _lies(again) and _sureness(again) >= _SURE:
            return replace(again, turned=degrees), turned
    return (replace(page, on_its_side=True) if lies else page), image


def upright(image: Image, degrees: int) -> Pixels:
    """Its pixels, turned clockwise by 0, 90, 180 or 270 degrees."""
    return np.ascontiguousarray(np.rot90(image.pixels, -degrees // 90))


def _turns(page: Page, found: Extraction, lies: bool) -> tuple[int, ...]:
    """Degrees clockwise that may set it upright, the likeliest first."""
    if lies:
        # A line that lies is turned to the left before it is read.
        return (270, 90) if _sureness(page) >= _SURE else (90, 270)
    has_found = found.fund_codes or found.hold_shares or found.holdings
    if has_found or len(_telling(page)) < _FEWEST_LINES or _sureness(page) >= _SURE:
        return ()
    return (180,)


def _lies(page: Page) -> bool:
    lines = _telling(page)
    high = sum(_is_high(line) for line in lines)
    return len(lines) >= _FEWEST_LINES and high >= _MOST_LIE * len(lines)


def _telling(page: Page) -> list[Line]:
    return [line for line in page.lines if len(line.text) > 1]


def _is_high(line: Line) -> bool:
    first, second, _, last = np.array(line.quad)
    across, down = np.hypot(*(second - first)), np.hypot(*(last - first))
    return bool(down >= _AS_HIGH_AS_WIDE * across)


def _sureness(page: Page) -> float:
    """Mean of all characters' confidence; 0 where there are none."""
    lines = _telling(page)
    characters = sum(len(line.text) for line in lines)
    return sum(line.confidence * len(line.text) for line in lines) / max(characters, 1)
