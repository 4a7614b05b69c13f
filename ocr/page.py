"""Puts recognised lines in reading order and makes a page of them: every engine's last step."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, hypot, sin

from ocr.ctc import LineText
from postprocess.types import Line, Page, Point, Quad

# Reading order: rows from top to bottom, within a row from left to right.

_SAME_ROW = 0.5
"""Share of the lower line's height that two lines of one row have in common."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A line in the frame of the text: x runs along the rows, whatever the picture's tilt."""

    line: Line
    left: float
    middle: float
    height: float

    def beside(self, other: "_Placed") -> bool:
        top = max(self.middle - self.height / 2, other.middle - other.height / 2)
        bottom = min(self.middle + self.height / 2, other.middle + other.height / 2)
        return bottom - top >= _SAME_ROW * min(self.height, other.height)


def reading_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines as a person reads them; the order they come in does not matter.

    A line belongs to a row when it stands beside every line of it, so that a large number does
    not pull the two small lines next to it into one row.
    """
    tilt = _tilt([line.quad for line in lines]) if (lines := list(lines)) else 0.0
    placed = sorted(
        (_place(line, tilt) for line in lines), key=lambda p: (p.middle, p.left, p.line.text)
    )
    rows: list[list[_Placed]] = []
    for one in placed:
        for row in reversed(rows):
            if all(one.beside(other) for other in row):
                row.append(one)
                break
        else:
            rows.append([one])
    return tuple(one.line for row in rows for one in sorted(row, key=lambda p: p.left))


def _tilt(quads: list[Quad]) -> float:
    """The median angle of the text in radians, each line weighted with its length."""
    angles = []
    for (x0, y0), (x1, y1), (x2, y2), (x3, y3) in quads:
        along = (x1 + x2 - x0 - x3) / 2, (y1 + y2 - y0 - y3) / 2
        angles.append((atan2(along[1], along[0]), hypot(*along)))
    angles.sort()
    half, passed = sum(length for _, length in angles) / 2, 0.0
    for angle, length in angles:
        passed += length
        if passed >= half:
            return angle
    return 0.0


def _place(line: Line, tilt: float) -> _Placed:
    across, along = cos(tilt), sin(tilt)
    xs = [x * across + y * along for x, y in line.quad]
    ys = [y * across - x * along for x, y in line.quad]
    height = (ys[2] + ys[3] - ys[0] - ys[1]) / 2
    return _Placed(line, (xs[0] + xs[3]) / 2, sum(ys) / 4, abs(height))


def make_page(
    lines: Iterable[Line], size: tuple[int, int], text_threshold: float, model_version: str
) -> Page:
    """Drop what is empty or below the recogniser's threshold, and put the rest in order.

    size: the picture's height and width in pixels.
    """
    height, width = size
    sure = [line for line in lines if line.text and line.confidence >= text_threshold]
    return Page(lines=reading_order(sure), width=width, height=height, model_version=model_version)


# Lines that the detector took for one although a gap parts them, such as two columns of a table.
#
# Two numbers read as one line are no number at all, or a wrong one. Where the recogniser saw its
# characters tells where the gap is.

_BETWEEN_DIGITS = 1.4
"""Line heights from one digit's middle to the next one's; within a number they stand half a height
apart, and groups of a card's number one height."""

_ELSEWHERE = 1.9


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """One of the lines that a reading turned out to be. start, end: where, 0–1 along the crop."""

    reading: LineText
    start: float
    end: float


def parts(reading: LineText, width: int, height: int) -> tuple[TextPart, ...]:
    """The reading in as many parts as gaps make of it; nearly always one.

    width, height: pixels of the crop, in which `reading.places` are; width 0: it is not parted.
    """
    if not width:
        return (TextPart(reading=reading, start=0.0, end=1.0),)
    shown = [index for index, character in enumerate(reading.text) if not character.isspace()]
    cuts = [
        (left, right) for left, right in pairwise(shown) if _is_gap(reading, left, right, height)
    ]
    if not cuts:
        return (TextPart(reading=reading, start=0.0, end=1.0),)
    found, begin, start = [], 0, 0.0
    for left, right in [*cuts, (len(reading.text) - 1, len(reading.text))]:
        is_last = right == len(reading.text)
        middle = 1.0 if is_last else (reading.places[left] + reading.places[right]) / 2 / width
        end = max(start, min(middle, 1.0))
        piece = slice(begin, left + 1)
        found.append(
            TextPart(
                reading=LineText(
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


def _is_gap(reading: LineText, left: int, right: int, height: int) -> bool:
    digits = reading.text[left].isdecimal() and reading.text[right].isdecimal()
    limit = _BETWEEN_DIGITS if digits else _ELSEWHERE
    return reading.places[right] - reading.places[left] > limit * height


def _along(begin: Point, end: Point, share: float) -> Point:
    (x0, y0), (x1, y1) = begin, end
    return x0 + (x1 - x0) * share, y0 + (y1 - y0) * share
