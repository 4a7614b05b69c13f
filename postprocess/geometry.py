"""How the parts of a page stand to each other: rows, columns, what is beside and below.

All places are in a frame turned so that the text runs along x, in pixels. Distances are compared
with the height of text, never with pixels, so that the picture's scale does not matter.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from copy import copy
from math import isfinite

from postprocess.chrome import is_aslant, side_menu, status_bar, tilt_of, watermark_names
from postprocess.normalize import normalize
from postprocess.tokens import (
    SAME_ROW,
    Token,
    mended,
    same_row,
    tokens_of,
    with_units,
    without_names,
    without_translations,
)
from postprocess.types import Line, Page

_REACH = 3.0
"""Label heights between a label and a value above or below it, at most."""


class TokenGrid:
    """The tokens of a page, and who stands beside, above and below whom."""

    def __init__(self, page: Page) -> None:
        lines = [line for line in page.lines if _is_placed(line)]
        tilt = tilt_of(lines)
        aslant = [line for line in lines if is_aslant(line, tilt)]
        chrome = [*status_bar(page, lines), *side_menu(page, lines)]
        if aslant or chrome:
            apart = {id(line) for line in (*aslant, *chrome)}
            lines = [line for line in lines if id(line) not in apart]
        tokens = [token for line in lines for token in tokens_of(line, tilt)]
        if names := watermark_names(aslant):
            without_names(tokens, names)
        tokens.sort(key=lambda t: (t.middle, t.left, t.right, t.part.text))
        self.width, self.is_wide = page.width, page.width > page.height
        self.watermark = frozenset(
            run for line in aslant for run in re.findall("[0-9]+", normalize(line.text))
        )
        """Digits of the lines that run across the page's own, which take no part in anything."""
        self._hold(with_units(without_translations(mended(tokens))))

    def _hold(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self._middles = [token.middle for token in tokens]
        self._rows: dict[Token, list[Token]] = {}
        self._columns: dict[tuple[Token, int], Token | None] = {}
        self._tallest = max((token.height for token in tokens), default=0.0)
        self.no_fields: set[int] = set()
        """Tokens, by identity, that are no label and no label's: codes and what names them."""
        self.pairs: object | None = None
        """What postprocess.pairing found here."""

    def of(self, lines: tuple[Line, ...]) -> "TokenGrid":
        """A part of the page by itself: the tokens of these lines alone."""
        part, inside = copy(self), {id(line) for line in lines}
        part._hold([t for t in self.tokens if inside.issuperset(map(id, t.lines))])
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
        if token not in self._rows:
            reach = (token.height + self._tallest) / 2
            near = self._between(token.middle - reach, token.middle + reach)
            self._rows[token] = [t for t in near if t is not token and same_row(token, t)]
        return self._rows[token]

    def around(self, token: Token, heights: float) -> list[Token]:
        """All others at most so many of its heights above or below, anywhere in the width."""
        reach = heights * token.height
        found = self._between(token.middle - reach, token.middle + reach)
        return [other for other in found if other is not token]

    def _nearest(self, token: Token, side: int) -> Token | None:
        key = token, side
        if key not in self._columns:
            self._columns[key] = self._search(token, side)
        return self._columns[key]

    def _search(self, token: Token, side: int) -> Token | None:
        reach = (_REACH + 0.5) * max(token.height, self._tallest) + self._tallest
        low, high = min(0, side * reach), max(0, side * reach)
        found = []
        for other in self._between(token.middle + low, token.middle + high):
            if other.part.noise or other is token:
                continue
            away = gap(token, other)
            small, tall = token.height, other.height
            if small > tall:
                small, tall = tall, small
            if -SAME_ROW * small < away <= _REACH * tall and same_column(token, other):
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
    top = other.top if other.top > one.top else one.top
    bottom = other.bottom if other.bottom < one.bottom else one.bottom
    return top - bottom


def same_column(one: Token, other: Token) -> bool:
    """True where one stands above the other, or both are set flush or centred to each other."""
    right = one.right if one.right < other.right else other.right
    left = one.left if one.left > other.left else other.left
    narrow, width = one.right - one.left, other.right - other.left
    if width < narrow:
        narrow = width
    return right - left >= narrow / 2 or is_flush(one, other)


def is_flush(one: Token, other: Token) -> bool:
    """True where both are set flush left, flush right or centred to each other."""
    return _misfit(one, other) <= min(one.height, other.height)


def _misfit(one: Token, other: Token) -> float:
    """How far they are from being set flush left, flush right or centred to each other."""
    left, right = abs(one.left - other.left), abs(one.right - other.right)
    return min(left, right, abs(one.left + one.right - other.left - other.right) / 2)


def _is_placed(line: Line) -> bool:
    a, b, c, d = line.quad
    return all(map(isfinite, (*a, *b, *c, *d))) and bool(line.text.strip())
