"""At which size the detector looks at a piece of a picture: as small as its text allows.

What the detector costs goes with the area that it looks at. A phone's screen is read as well at 640
pixels as at PaddleOCR's 960 (docs/adr/0012); what shows smaller text is looked at once more.
"""

from collections.abc import Sequence
from statistics import median

from ocr.boxes import Floats

SIDE_LIMIT = 960
"""Pixels of the longest side in the detector (PaddleOCR's default for these models)."""

_STEP = 32
"""The detector halves its input five times, so its sides are multiples of 32 pixels."""

_SMALLER = tuple(range(160, SIDE_LIMIT + 1, 160))
LEAST_SIDE = 640
_SIDES = tuple(range(LEAST_SIDE, SIDE_LIMIT + 1, 64))
_LEAST_SHORT_SIDE = 272
"""Detector pixels: a screen of that width shows its usual text about 9 pixels high."""

SMALL_TEXT = 10.0
"""Detector pixels of the middle line's box, which is half as high again as its text."""

_WIDER_THAN_PHONES = 1600
"""Pixels; a phone's screen has 1440 at most."""


def first_side(height: int, width: int, least: int = LEAST_SIDE) -> int:
    """The longest side, in the detector's pixels, at which to look at a piece of this size first.

    A piece of no more than SIDE_LIMIT pixels is not made smaller; its side is one of six lengths.
    least: of larger ones, LEAST_SIDE to SIDE_LIMIT.
    """
    short, longest = sorted((height, width))
    if longest <= SIDE_LIMIT:
        return next(side for side in _SMALLER if longest <= side)
    enough = (s for s in _SIDES if s >= least and s * short >= _LEAST_SHORT_SIDE * longest)
    return next(enough, SIDE_LIMIT)


def is_wide(height: int, width: int) -> bool:
    """Whether a picture of this size is a desktop's rather than a phone's."""
    return width > height or width >= _WIDER_THAN_PHONES


def is_too_small(boxes: Sequence[Floats], size: tuple[int, int], side: int) -> bool:
    """Whether what was found at this side is so small that SIDE_LIMIT may show more.

    boxes: quads in the piece's pixels. size: its height and width. Of a wide one SIDE_LIMIT
    shows too little anyway: see closer.py.
    """
    longest = max(size)
    if side >= min(longest, SIDE_LIMIT) or not boxes or is_wide(*size):
        return False
    return median(text_height(box) for box in boxes) * side / longest < SMALL_TEXT


def text_height(box: Floats) -> float:
    """Pixels of the shorter side of a quad (4, 2): a line on its side is as high as its text."""
    return min(_length(box[3] - box[0]), _length(box[1] - box[0]))


def detector_size(height: int, width: int, side: int) -> tuple[int, int]:
    """Height and width of the detector's input: the longest side is `side`, the other follows, to
    the next multiple of 32. Few shapes come of it, of which screens use a dozen.
    """
    longest = max(height, width)
    high, wide = (max(_STEP, round(n * side / longest / _STEP) * _STEP) for n in (height, width))
    return high, wide


def _length(side: Floats) -> float:
    return float((side[0] ** 2 + side[1] ** 2) ** 0.5)
