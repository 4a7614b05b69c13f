"""The parts of the lines as boxes: each line cut into tokens, and what was read apart mended."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import cos, sin

from postprocess.labels import Role, is_label, role_of
from postprocess.numbers import Number
from postprocess.segments import Part, segments
from postprocess.types import Line, Point, Quad

SAME_ROW = 0.5
"""Share of the lower one's height that two tokens of one row have in common."""
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
_UNITS_BELOW = frozenset({"(份)", "(股)", "(元)"})

_TRANSLATED = frozenset({Role.AVAILABLE, Role.HELD})


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


def same_row(one: Token, other: Token) -> bool:
    """True where the lower one stands beside the other with half its height."""
    bottom = one.bottom if one.bottom < other.bottom else other.bottom
    top = one.top if one.top > other.top else other.top
    small = one.height if one.height < other.height else other.height
    return bottom - top >= SAME_ROW * small


def tokens_of(line: Line, tilt: float) -> Iterator[Token]:
    """A line cut into its parts. tilt: of the page (radians)."""
    parts = segments(line.text)
    if not parts:
        return
    lines = (line,)
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = _upright(line.quad, tilt) if tilt else line.quad
    left, right = (x0 + x3) / 2, (x1 + x2) / 2
    top, bottom = (y0 + y1) / 2, (y2 + y3) / 2
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


def _upright(quad: Quad, tilt: float) -> list[Point]:
    """The corners in the frame whose x runs along the page's text."""
    across, along = cos(tilt), sin(tilt)
    return [(x * across + y * along, y * across - x * along) for x, y in quad]


def mended(tokens: list[Token]) -> list[Token]:
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


def without_names(tokens: list[Token], names: tuple[str, ...]) -> None:
    """What a watermark's words were read into is read without them: 张伟353,037.06份 beside its
    label, 张伟持仓成本价. names: of the watermark; its digits are left where they are."""
    cleared: set[int] = set()
    for token in tokens:
        text = token.part.text
        if token.number is not None:
            if token.part.bound and id(token.lines[0]) in cleared and token.last:
                token.value = token.number
            continue
        for name in names:
            rest = text.removeprefix(name).removesuffix(name).strip()
            if rest == text:
                continue
            if not rest:
                token.part = replace(token.part, noise=True)
                if token.first:
                    cleared.add(id(token.lines[0]))
            elif (role := role_of(rest)) is not Role.TEXT:
                token.part, token.role = replace(token.part, text=rest, role=role), role


def without_translations(tokens: list[Token]) -> list[Token]:
    """Without English labels of shares right below the Chinese ones that say the same."""
    labels = [t for t in tokens if t.number is None and t.role in _TRANSLATED]
    said = [t for t in labels if not t.part.text.isascii()]
    gone = {
        id(token)
        for token in labels
        if token.part.text.isascii()
        and not any(t.number is not None and same_row(token, t) for t in tokens)
        and any(_is_right_below(token, t) and t.role is token.role for t in said)
    }
    return [token for token in tokens if id(token) not in gone] if gone else tokens


def with_units(tokens: list[Token]) -> list[Token]:
    """A label's unit that stands alone right below it, 份额 and (份), belongs to the label."""
    units = [t for t in tokens if t.first and t.last and t.part.text.strip() in _UNITS_BELOW]
    gone: set[int] = set()
    for unit in units:
        above = [t for t in tokens if t.number is None and t.last and _is_under(unit, t)]
        for label in above:
            text = label.part.text + unit.part.text.strip()
            if is_label(label.part.text) and is_label(text):
                _set_part(label, replace(label.part, text=text, role=role_of(text)))
                label.bottom = unit.bottom
                gone.add(id(unit))
    return [token for token in tokens if id(token) not in gone] if gone else tokens


def _is_under(unit: Token, label: Token) -> bool:
    """Whether it stands right below, within the label's width."""
    beyond = label.height / 2
    is_within = label.left - beyond < unit.left and unit.right < label.right + beyond
    return is_within and -beyond < unit.top - label.bottom < beyond


def _is_right_below(token: Token, other: Token) -> bool:
    apart = token.top - other.bottom
    near = max(token.height, other.height)
    return -near / 2 < apart < near and abs(token.left - other.left) < near / 2


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
