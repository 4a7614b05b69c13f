"""Estimates where in a line a value's characters stand, by characters' usual widths."""

import re

from postprocess.normalize import normalize
from postprocess.types import Quad

_NUMBER = re.compile(r"[0-9](?:[0-9.,:' ]*[0-9])?")
_NARROW = frozenset(".,:;'|!()[]il1 ")


def value_span(text: str, value: str) -> tuple[float, float]:
    """Where `value` begins and ends in its line, as shares of the line's length (0–1).

    From the first to the last where the line holds it more than once; the whole line where it holds
    no such number, or its signs were counted otherwise.
    """
    plain = normalize(text)
    digits = _digits(value)
    if len(plain) != len(text) or not digits:
        return 0.0, 1.0
    same = [
        found.span()
        for found in _NUMBER.finditer(plain)
        if _digits(found.group()).rstrip("0") == digits.rstrip("0")
    ]
    if same:
        return _shares(plain, same[0][0], same[-1][1])
    at = plain.find(value)
    return _shares(plain, at, plain.rfind(value) + len(value)) if at >= 0 else (0.0, 1.0)


def part_of(quad: Quad, start: float, end: float) -> Quad:
    """The part of a line's quad between two shares of its length."""
    a, b, c, d = quad
    top, bottom = (
        [(p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])) for share in (start, end)]
        for p, q in ((a, b), (d, c))
    )
    return top[0], top[1], bottom[1], bottom[0]


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)


def _shares(text: str, start: int, end: int) -> tuple[float, float]:
    widths = [_width(character) for character in text]
    whole = sum(widths)
    return sum(widths[:start]) / whole, sum(widths[:end]) / whole


def _width(character: str) -> float:
    """Of a character in shares of its height, in the faces of phones."""
    if character in _NARROW and character != "1":
        return 0.3
    return 0.58 if character.isascii() else 1.0
