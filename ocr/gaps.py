"""Lines that the detector took for one although a gap parts them, such as two columns of a table.

Two numbers read as one line are no number at all, or a wrong one. Where the recogniser saw its
characters tells where the gap is.
"""

from dataclasses import dataclass
from itertools import pairwise

from ocr.ctc import Reading
from postprocess.types import Point, Quad

_BETWEEN_DIGITS = 1.4
"""Line heights from one digit's middle to the next one's; within a number they stand half a height
apart, and groups of a card's number one height."""

_ELSEWHERE = 1.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the lines that a reading turned out to be. start, end: where, 0–1 along the crop."""

    reading: Reading
    start: float
    end: float


def parts(reading: Reading, width: int, height: int) -> tuple[Part, ...]:
    """The reading in as many parts as gaps make of it; nearly always one.

    width, height: pixels of the crop, in which `reading.places` are; width 0: it is not parted.
    """
    if not width:
        return (Part(reading=reading, start=0.0, end=1.0),)
    shown = [index for index, character in enumerate(reading.text) if not character.isspace()]
    cuts = [
        (left, right) for left, right in pairwise(shown) if _is_gap(reading, left, right, height)
    ]
    if not cuts:
        return (Part(reading=reading, start=0.0, end=1.0),)
    found, begin, start = [], 0, 0.0
    for left, right in [*cuts, (len(reading.text) - 1, len(reading.text))]:
        is_last = right == len(reading.text)
        middle = 1.0 if is_last else (reading.places[left] + reading.places[right]) / 2 / width
        end = max(start, min(middle, 1.0))
        piece = slice(begin, left + 1)
        found.append(
            Part(
                reading=Reading(
                    text=reading.text[piece],
                    probabilities=reading.probabilities[piece],
                    places=reading.places[piece],
                ),
                start=start,
                end=end,
            )
        )
        begin, start = right, end
    return tuple(found)


def between(quad: Quad, start: float, end: float) -> Quad:
    """The part of a quad from `start` to `end`, 0–1 along its text."""
    top_left, top_right, bottom_right, bottom_left = quad
    return (
        _along(top_left, top_right, start),
        _along(top_left, top_right, end),
        _along(bottom_left, bottom_right, end),
        _along(bottom_left, bottom_right, start),
    )


def _is_gap(reading: Reading, left: int, right: int, height: int) -> bool:
    digits = reading.text[left].isdecimal() and reading.text[right].isdecimal()
    limit = _BETWEEN_DIGITS if digits else _ELSEWHERE
    return reading.places[right] - reading.places[left] > limit * height


def _along(begin: Point, end: Point, share: float) -> Point:
    (x0, y0), (x1, y1) = begin, end
    return x0 + (x1 - x0) * share, y0 + (y1 - y0) * share
