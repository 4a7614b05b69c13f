"""What on a picture is no part of the page: a phone's status bar, a side menu, a watermark."""

import re
from collections import Counter
from math import atan2, hypot

from postprocess.labels import Role
from postprocess.normalize import normalize
from postprocess.segments import segments
from postprocess.types import Line, Page

_UPRIGHT = 0.003
"""Radians below which a page is taken as straight."""
_MENU = 0.2
"""Share of a wide page's width that a side menu reaches to."""
_MENU_LINES = 4
_NAMES_OF_NUMBERS = frozenset(
    {Role.AVAILABLE, Role.AVAILABLE_IF_SHARES, Role.HELD, Role.NAV, Role.CODE, Role.AMOUNT}
)
_HEAD = 0.06
"""Share of a screen's height that its status bar reaches down to."""
_CHROME = re.compile(r"\s*[0-9A-Za-z:+%./ ]{1,12}\s*")
_CLOCK = re.compile(r"(?<![0-9:.])[0-2]?[0-9]:[0-5][0-9](?![0-9:.])")
_ASLANT = 0.12
"""Radians (7°) between a line and the page's own from which on it is a watermark's."""
_NAME = re.compile("[\u3400-\u9fff]{2,4}")
_OFTEN = 3
"""Lines across the page that make their words a watermark's."""
_LONG = 1.5
"""Lengths over height from which on a line's angle is sure."""
_SOME = 0.1
"""Share of all lines' length that upright ones have where the page is upright."""


def watermark_names(aslant: list[Line]) -> tuple[str, ...]:
    """The words that several lines across the page begin with: whose screen it is. With the pieces
    of them that may be seen elsewhere, the longest first."""
    found = Counter(
        name.group() for line in aslant if (name := _NAME.match(normalize(line.text).strip()))
    )
    names = [
        name
        for name, times in found.items()
        if times >= _OFTEN and all(part.role is Role.TEXT for part in segments(name))
    ]
    pieces = {piece for name in names for piece in (name, name[:2], name[-2:])}
    return tuple(sorted(pieces, key=len, reverse=True))


def tilt_of(lines: list[Line]) -> float:
    """The median angle of the longer lines, each weighted with its length; radians. Of upright ones
    alone where there are some: all others are a watermark's, however many."""
    angles = sorted(_direction(line) for line in lines)
    upright = [one for one in angles if abs(one[0]) < _ASLANT]
    if sum(length for _, length in upright) > _SOME * sum(length for _, length in angles):
        angles = upright
    half, passed = sum(length for _, length in angles) / 2, 0.0
    for angle, length in angles:
        passed += length
        if passed >= half:
            return angle if abs(angle) > _UPRIGHT else 0.0
    return 0.0


def status_bar(page: Page, lines: list[Line]) -> list[Line]:
    """The clock at the head of a phone's screen and what stands beside it: a battery's bare 88 or
    5G is no number of the page."""
    tops = [(line, line.quad[0][1], line.quad[3][1]) for line in lines]
    head = [one for one in tops if one[2] < _HEAD * page.height and _CHROME.fullmatch(one[0].text)]
    clocks = [one for one in head if is_clock(one[0])]
    return [
        line
        for line, top, bottom in head
        if any(top < clock[2] and clock[1] < bottom for clock in clocks)
    ]


def is_clock(line: Line) -> bool:
    """Whether a time of day stands in it."""
    return _CLOCK.search(line.text) is not None


def side_menu(page: Page, lines: list[Line]) -> list[Line]:
    """The words at the left edge of a tablet's or a browser's page, where they are apart from all
    else and none says what a number beside it is."""
    if page.width <= page.height:
        return []
    edge, head = _MENU * page.width, _HEAD * page.height  # clock and day stand above it
    menu = [line for line in lines if line.quad[1][0] < edge and line.quad[0][1] > head]
    if len(menu) < _MENU_LINES or any(re.search("[0-9]", line.text) for line in menu):
        return []
    edge = max(line.quad[1][0] for line in menu)
    heights = sorted(line.quad[3][1] - line.quad[0][1] for line in menu)
    top = min(line.quad[0][1] for line in menu)
    beside = [line for line in lines if line.quad[0][0] < edge + heights[-1] and line not in menu]
    if any(line.quad[3][1] > top + heights[-1] * _MENU_LINES for line in beside):
        return []
    roles = {part.role for line in menu for part in segments(line.text)}
    return [] if roles & _NAMES_OF_NUMBERS else menu


def _direction(line: Line) -> tuple[float, float]:
    """Angle (radians, clockwise) and length (pixels) of a line."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = line.quad
    if y0 == y1 and y2 == y3:
        return 0.0, abs(x1 - x0)
    dx, dy = (x1 + x2 - x0 - x3) / 2, (y1 + y2 - y0 - y3) / 2
    return atan2(dy, dx), hypot(dx, dy)


def is_aslant(line: Line, tilt: float) -> bool:
    """Whether a line runs across the page's own: a watermark's. A short one's angle tells
    nothing."""
    angle, length = _direction(line)
    (x0, y0), _, _, (x3, y3) = line.quad
    return abs(angle - tilt) > _ASLANT and length > _LONG * hypot(x3 - x0, y3 - y0)
