"""The fund's name that six digits stand at: in their line, beside, above or below it."""

import re

from postprocess.geometry import TokenGrid, gap, is_flush
from postprocess.labels import FIELDS, role_of
from postprocess.names import (
    HOUSES,
    is_chip,
    is_exchange_traded,
    is_full_name,
    is_name,
    is_short_name,
)
from postprocess.normalize import compact, normalize
from postprocess.tokens import Token

EDGES = " ::|·・-–—/()[]<>【】,.#>"
_KIND = re.compile("型|风险")
_OTHER_CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")
NEAR = 1.6
"""Heights between a code and its name above or below, at most."""
_NAME_LINES = 3


def name_at(grid: TokenGrid, token: Token) -> Token | None:
    """The token with the fund's name: in the code's line, beside, above or below it."""
    before, after = words_around(token)
    for mate in grid.row(token):
        if mate.number is None and mate.lines[0] not in token.lines and is_name(line_of(mate)):
            # Behind a name of its own, it is the next card's.
            return token if mate.left > token.right and is_name(before) else mate
    if is_name(before) or is_full_name(after) or is_exchange_traded(after) or is_short_name(before):
        return token
    near = [t for t in (grid.above(token), grid.below(token)) if t is not None]
    for other in near:
        words = normalize(other.lines[0].text).strip(EDGES)
        if other.first and is_full_name(other.part.text):
            words = other.part.text  # its profit behind it
        if is_name(words) and gap(token, other) <= NEAR * max(token.height, other.height):
            return other
    title = _title_above(grid, token) or _line_of_name_above(grid, token)
    if title is not None:
        return title
    wrapped = _wrapped_name(grid, token)
    if wrapped is not None:
        return wrapped
    beside = [
        before,
        after,
        *(line_of(mate) for mate in grid.row(token) if mate.number is None),
    ]
    has_kind = any(is_chip(words) and _KIND.search(words) for words in beside)
    return token if has_kind else None  # the name is cut off: 011608 混合型


def _title_above(grid: TokenGrid, token: Token) -> Token | None:
    """A fund's whole name in the middle of the row above a code that stands at the left, alone or
    before marks."""
    _, after = words_around(token)
    marks = [after, *(line_of(t) for t in grid.row(token) if t.lines[0] is not token.lines[0])]
    if not token.first or not all(is_chip(words) for words in marks):
        return None
    above = line_above(grid, token)
    if above is None or not is_full_name(line_of(above)):
        return None
    return above if token.left < above.left and gap(token, above) <= 2 * token.height else None


def _line_of_name_above(grid: TokenGrid, token: Token) -> Token | None:
    """A fund's whole name right above a line that begins with the code and goes on with other
    things, as their lines stand."""
    above = line_above(grid, token) if token.first and not token.last else None
    if above is None or not is_full_name(line_of(above)) or gap(token, above) > NEAR * token.height:
        return None
    (left, _), (right, _), *_ = token.lines[0].quad
    (other_left, _), (other_right, _), *_ = above.lines[0].quad
    shared = min(right, other_right) - max(left, other_left)
    return above if shared > min(right - left, other_right - other_left) / 2 else None


def _wrapped_name(grid: TokenGrid, token: Token) -> Token | None:
    """The first line of a name that stands above a code in two or three lines, of which the last
    one may end in front of the code."""
    (words, _), at = words_around(token), token
    is_bare = token.first and token.last
    left = min(mate.left for mate in (token, *grid.row(token)) if mate.lines[0] is token.lines[0])
    for _ in range(_NAME_LINES):
        above = [
            other
            for other in grid.around(at, 2.5)
            if other.first
            and other.middle < at.top
            and gap(other, at) <= 0.9 * max(other.height, at.height)
            and (at is token or is_flush(other, at) or _is_centred(other, at))
            and (
                abs(other.left - left) <= 2 * token.height
                or (is_bare and _is_centred(other, token))
            )
        ]
        if not above:
            return None
        at = max(above, key=lambda other: other.middle)
        mates = (mate for mate in grid.row(at) if mate.lines[0] is not at.lines[0])
        is_label = role_of(line_of(at)) in FIELDS and not is_full_name(line_of(at))
        if is_label or any(mate.role in FIELDS for mate in mates):
            return None
        words = line_of(at) + words
        if compact(words).startswith(HOUSES):
            return at if is_full_name(words) else None
    return None


def _is_centred(other: Token, token: Token) -> bool:
    """Whether a line stands in the middle above another."""
    middles = [sum(x for x, _ in one.lines[0].quad) / 4 for one in (other, token)]
    return abs(middles[0] - middles[1]) <= token.height


def line_of(token: Token) -> str:
    """The normalised line that a token stands in, without marks at its edges."""
    return normalize("".join(line.text for line in token.lines)).strip(EDGES)


def words_around(token: Token) -> tuple[str, str]:
    """The words before digits and behind them, in their line; other digits end the former."""
    line = normalize("".join(line.text for line in token.lines))
    before, _, after = line.partition(token.part.text)
    before = _OTHER_CODE.split(before)[-1]
    return before.strip(EDGES), after.strip(EDGES)


def line_above(grid: TokenGrid, token: Token | None) -> Token | None:
    """The nearest token of words or numbers above, anywhere in the width, within a few heights."""
    if token is None:
        return None
    reach = 4 * token.height
    above = [
        other
        for other in grid.around(token, 4.5)
        if other.bottom <= token.top + 0.3 * token.height
        and token.top - other.bottom <= reach
        and not other.part.noise
    ]
    return max(above, key=lambda other: (other.bottom, -other.left), default=None)
