"""Where the parts of a page stand to each other, whatever the order of its lines.

All places are in a frame turned so that the text runs along x, in pixels. Distances are compared
with the height of text, never with pixels, so that the picture's scale does not matter.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace
from itertools import chain
from math import atan2, cos, hypot, isfinite, sin

from postprocess.labels import Role, is_label, role_of
from postprocess.normalize import normalize
from postprocess.numbers import Number
from postprocess.segments import Part, segments
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
_LONG = 1.5
"""Lengths over height from which on a line's angle is sure."""
_SOME = 0.1
"""Share of all lines' length that upright ones have where the page is upright."""
_SAME_ROW = 0.5
"""Share of the lower one's height that two tokens of one row have in common."""
_REACH = 3.0
"""Label heights between a label and a value above or below it, at most."""
_SEAM = 0.45
"""Heights between two pieces of one number or word that were read as two lines, at most."""
_UNIT_SEAM = 1.0
"""Heights between a number and its unit, at most."""
_THINNEST = 1e-3
_PIECES = frozenset("OoQDIl|SBZ.,。'`")
_WHOLE_PLACES = 2
"""Digits behind the point after which a number has ended."""
_ENDS = ("份额", "额", "份", "份数", "数", "余额")
"""Ends of labels of shares that may have been read apart."""
_UNITS = frozenset("份元%¥$€万亿")


@dataclass(slots=True, eq=False)
class Token:
    """A part of a line and the upright box it fills.

    lines: where it was read; two where it was cut. first, last: it begins, ends its line.
    height: never 0. middle: of the box, vertically.
    number: the number that it is. value: the same, where it may belong to a label elsewhere
        because no words stand before it. role: what words say about a number.
    """

    part: Part
    lines: tuple[Line, ...]
    left: float
    right: float
    top: float
    bottom: float
    height: float
    middle: float
    first: bool
    last: bool
    number: Number | None
    value: Number | None
    role: Role


class Sheet:
    """The tokens of a page, and who stands beside, above and below whom."""

    def __init__(self, page: Page) -> None:
        lines = [line for line in page.lines if _is_placed(line)]
        tilt = _tilt(lines)
        aslant = [line for line in lines if _is_aslant(line, tilt)]
        chrome = [*_status_bar(page, lines), *_side_menu(page, lines)]
        if aslant or chrome:
            apart = {id(line) for line in (*aslant, *chrome)}
            lines = [line for line in lines if id(line) not in apart]
        tokens = [token for line in lines for token in _tokens(line, tilt)]
        tokens.sort(key=lambda t: (t.middle, t.left, t.right, t.part.text))
        self.is_wide = page.width > page.height
        self.watermark = frozenset(
            run for line in aslant for run in re.findall("[0-9]+", normalize(line.text))
        )
        """Digits of the lines that run across the page's own, which take no part in anything."""
        self._hold(_mended(tokens))

    def _hold(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self._middles = [token.middle for token in tokens]
        self._columns: dict[tuple[int, int], Token | None] = {}
        self._tallest = max((token.height for token in tokens), default=0.0)
        self.no_fields: set[int] = set()
        """Tokens, by identity, that are no label and no label's: codes and what names them."""
        self.pairs: object | None = None
        """What postprocess.pairing found here."""

    def of(self, lines: tuple[Line, ...]) -> "Sheet":
        """A part of the page by itself: the tokens of these lines alone."""
        part, inside = copy(self), {id(line) for line in lines}
        part._hold([t for t in self.tokens if all(id(line) in inside for line in t.lines)])
        return part

    def right_of(self, token: Token) -> Token | None:
        """The nearest in the same row to the right; icons and lone units are looked through."""
        edge = token.right - token.height / 2
        return min(
            (t for t in self.row(token) if t.left >= edge and not t.part.noise),
            key=lambda t: (t.left, t.part.start),
            default=None,
        )

    def left_of(self, token: Token) -> Token | None:
        """The nearest in the same row to the left; icons and lone units are looked through."""
        edge = token.left + token.height / 2
        return max(
            (t for t in self.row(token) if t.right <= edge and not t.part.noise),
            key=lambda t: (t.right, t.part.start),
            default=None,
        )

    def below(self, token: Token) -> Token | None:
        """The nearest in the same column below, within reach."""
        return self._nearest(token, 1)

    def above(self, token: Token) -> Token | None:
        """The nearest in the same column above, within reach."""
        return self._nearest(token, -1)

    def row(self, token: Token) -> list[Token]:
        """All others in the same row, in no order."""
        reach = (token.height + self._tallest) / 2
        return [
            other
            for other in self._between(token.middle - reach, token.middle + reach)
            if other is not token and same_row(token, other)
        ]

    def around(self, token: Token, heights: float) -> list[Token]:
        """All others at most so many of its heights above or below, anywhere in the width."""
        reach = heights * token.height
        found = self._between(token.middle - reach, token.middle + reach)
        return [other for other in found if other is not token]

    def _nearest(self, token: Token, side: int) -> Token | None:
        key = id(token), side
        if key not in self._columns:
            self._columns[key] = self._search(token, side)
        return self._columns[key]

    def _search(self, token: Token, side: int) -> Token | None:
        reach = (_REACH + 0.5) * max(token.height, self._tallest) + self._tallest
        low, high = min(0, side * reach), max(0, side * reach)
        found = []
        for other in self._between(token.middle + low, token.middle + high):
            if other.part.noise or other is token or not same_column(token, other):
                continue
            away = gap(token, other)
            small, tall = sorted((token.height, other.height))
            if -_SAME_ROW * small < away <= _REACH * tall:
                found.append((away, other))
        if not found:
            return None
        reach = min(away for away, _ in found) + token.height / 2
        rivals = [other for away, other in found if away <= reach]
        return min(rivals, key=lambda other: (_misfit(token, other), other.left))

    def _between(self, low: float, high: float) -> Iterator[Token]:
        for index in range(bisect_left(self._middles, low), len(self.tokens)):
            if self._middles[index] > high:
                return
            yield self.tokens[index]


def gap(one: Token, other: Token) -> float:
    """Free space between two tokens, vertically; negative where their boxes overlap."""
    return max(one.top, other.top) - min(one.bottom, other.bottom)


def same_row(one: Token, other: Token) -> bool:
    """True where the lower one stands beside the other with half its height."""
    bottom = one.bottom if one.bottom < other.bottom else other.bottom
    top = one.top if one.top > other.top else other.top
    small = one.height if one.height < other.height else other.height
    return bottom - top >= _SAME_ROW * small


def same_column(one: Token, other: Token) -> bool:
    """True where one stands above the other, or both are set flush or centred to each other."""
    right = one.right if one.right < other.right else other.right
    left = one.left if one.left > other.left else other.left
    narrow = min(one.right - one.left, other.right - other.left)
    return right - left >= narrow / 2 or is_flush(one, other)


def is_flush(one: Token, other: Token) -> bool:
    """True where both are set flush left, flush right or centred to each other."""
    return _misfit(one, other) <= min(one.height, other.height)


def _misfit(one: Token, other: Token) -> float:
    """How far they are from being set flush left, flush right or centred to each other."""
    left, right = abs(one.left - other.left), abs(one.right - other.right)
    return min(left, right, abs(one.left + one.right - other.left - other.right) / 2)


def _is_placed(line: Line) -> bool:
    return all(map(isfinite, chain.from_iterable(line.quad))) and bool(line.text.strip())


def _tilt(lines: list[Line]) -> float:
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


def _status_bar(page: Page, lines: list[Line]) -> list[Line]:
    """The clock at the head of a phone's screen and what stands beside it: a battery's bare 88 or
    5G is no number of the page."""
    tops = [(line, line.quad[0][1], line.quad[3][1]) for line in lines]
    head = [one for one in tops if one[2] < _HEAD * page.height and _CHROME.fullmatch(one[0].text)]
    clocks = [one for one in head if _CLOCK.search(one[0].text)]
    return [
        line
        for line, top, bottom in head
        if any(top < clock[2] and clock[1] < bottom for clock in clocks)
    ]


def _side_menu(page: Page, lines: list[Line]) -> list[Line]:
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


def _is_aslant(line: Line, tilt: float) -> bool:
    """Whether a line runs across the page's own: a watermark's. A short one's angle tells
    nothing."""
    angle, length = _direction(line)
    (x0, y0), _, _, (x3, y3) = line.quad
    return abs(angle - tilt) > _ASLANT and length > _LONG * hypot(x3 - x0, y3 - y0)


def _tokens(line: Line, tilt: float) -> Iterator[Token]:
    parts = segments(line.text)
    if not parts:
        return
    lines = (line,)
    xs = [x for x, _ in line.quad]
    ys = [y for _, y in line.quad]
    if tilt:
        across, along = cos(tilt), sin(tilt)
        xs, ys = (
            [x * across + y * along for x, y in line.quad],
            [y * across - x * along for x, y in line.quad],
        )
    left, right = (xs[0] + xs[3]) / 2, (xs[1] + xs[2]) / 2
    top, bottom = (ys[0] + ys[1]) / 2, (ys[2] + ys[3]) / 2
    if right < left:
        left, right = right, left
    if bottom < top:
        top, bottom = bottom, top
    width = right - left
    height, middle, end = max(bottom - top, _THINNEST), (top + bottom) / 2, len(parts) - 1
    for index, part in enumerate(parts):
        yield Token(
            part,
            lines,
            left + part.start * width,
            left + part.end * width,
            top,
            bottom,
            height,
            middle,
            index == 0,
            index == end,
            part.number,
            None if part.bound else part.number,
            part.role,
        )


def _mended(tokens: list[Token]) -> list[Token]:
    """Numbers and labels that were read as two lines beside each other, put together again."""
    gone: set[int] = set()
    for index, token in enumerate(tokens):
        for at in range(index + 1, len(tokens)):
            other = tokens[at]
            if other.middle - token.middle > (token.height + other.height) / 4:
                break
            if id(token) in gone or id(other) in gone or token.lines is other.lines:
                continue
            one, two = (token, other) if token.left <= other.left else (other, token)
            if one.last and two.first and _are_one(one, two):
                gone.add(id(two))
    return [token for token in tokens if id(token) not in gone] if gone else tokens


def _are_one(one: Token, two: Token) -> bool:
    """Put `two` to `one` where they are one thing; False leaves both as they are."""
    small = min(one.height, two.height)
    apart = (two.left - one.right) / small
    if not -1 < apart < _UNIT_SEAM or not same_row(one, two):
        return False
    if one.number is None and two.number is None:
        return apart < _SEAM and _mend_words(one, two)
    if one.number is not None and two.number is not None:
        return apart < _SEAM and _mend_numbers(one, two, one.number, two.number)
    words = two.part.text if one.number is not None else one.part.text
    if apart < _SEAM and words in _PIECES:
        _doubt(one if one.number is not None else two)
        return False
    return words in _UNITS and _mend_unit(one, two)


def _doubt(token: Token) -> None:
    """A letter or a mark touches the number: perhaps a digit of it, misread."""
    assert token.number is not None
    number = replace(token.number, digits=False)
    if number.kind == "sure":
        number = replace(number, kind="ambiguous", value="", candidates=(number.value,))
    _set_part(token, replace(token.part, number=number))


def _mend_numbers(one: Token, two: Token, first: Number, second: Number) -> bool:
    if first.unit or not second.raw[:1].strip("+-¥$€*"):
        return False
    if first.kind == "sure" and first.places >= _WHOLE_PLACES and second.places:
        return False  # each has a point of its own: two columns, close together
    if first.digits and second.raw == first.raw[-1]:
        return False  # the boxes overlap, and the last digit was read twice
    parts = segments(first.raw + second.raw)
    if len(parts) != 1 or parts[0].number is None:
        _doubt(one)
        _doubt(two)
        return False
    number = parts[0].number
    at_separator = first.raw[-1] in ".," or second.raw[0] in ".,"
    doubted = first.touched or second.touched or _is_doubted(one) or _is_doubted(two)
    if number.kind == "sure" and (doubted or not at_separator):
        # A letter may be a digit; and nobody saw whether a point stood at the seam.
        number = replace(number, kind="ambiguous", value="", candidates=(number.value,))
    _extend(one, two, replace(one.part, text=parts[0].text, number=number))
    return True


def _is_doubted(token: Token) -> bool:
    """True for a number put together before at a seam where a point may have stood."""
    return len(token.lines) > 1 and token.number is not None and token.number.kind == "ambiguous"


def _mend_unit(one: Token, two: Token) -> bool:
    text = one.part.text + two.part.text
    parts = segments(text)
    if len(parts) != 1 or parts[0].number is None:
        return False
    bound = one.part.bound or two.part.bound
    _extend(
        one, two, replace(one.part, text=text, number=parts[0].number, noise=False, bound=bound)
    )
    return True


def _mend_words(one: Token, two: Token) -> bool:
    text = one.part.text + two.part.text
    role = role_of(text)
    is_cut = two.part.text in _ENDS and role in (Role.AVAILABLE, Role.HELD, Role.FROZEN)
    if is_label(one.part.text) and is_label(two.part.text) and not is_cut:
        return False
    if role is Role.TEXT and two.role is Role.TEXT:
        return False
    _extend(one, two, replace(one.part, text=text, role=role, noise=False))
    return True


def _extend(one: Token, two: Token, part: Part) -> None:
    _set_part(one, part)
    one.lines += two.lines
    one.left, one.right = min(one.left, two.left), max(one.right, two.right)
    one.top, one.bottom = min(one.top, two.top), max(one.bottom, two.bottom)
    one.height, one.middle = max(one.bottom - one.top, _THINNEST), (one.top + one.bottom) / 2
    one.last = two.last


def _set_part(token: Token, part: Part) -> None:
    token.part, token.number, token.role = part, part.number, part.role
    token.value = None if part.bound else part.number
