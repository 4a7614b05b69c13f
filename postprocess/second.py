"""What a second recogniser read where the answer stands, held against the first.

Two recognisers seldom make the same mistake: where they differ in a digit, a point or a sign, the
number is not sure, whichever of them is right.
"""

import re
from itertools import chain

from postprocess.numbers import Number
from postprocess.segments import segments
from postprocess.tokens import Token

_SIX_DIGITS = re.compile("[0-9]{6}")
_DIGITS_AND_SEPARATORS = re.compile("[0-9.,]+")
_SEVERAL_SEPARATORS = re.compile("[.,][0-9]+[.,][0-9]{1,2}$")
_BEFORE_A_DAY = re.compile(
    "(?<![0-9])([0-9]{6})(?=20[0-9]{2}(?:[年./-][0-9]{1,2}[月./-]|[01][0-9][0-3][0-9](?![0-9])))"
)
"""A code to which a day was joined."""
_SLASH = re.compile("[/|]")
_LIKE_POINT = re.compile("(?<=[0-9])[:：·。](?=[0-9])")
"""A mark between digits: whatever it was taken for, there is one, as the first reading says."""


def other_readings(token: Token, value: str) -> tuple[str, ...] | None:
    """The numbers of the second reading where `value` is not among them.

    None: it agrees, or was not asked. Empty: it sees no number there at all.
    """
    texts = [line.second for line in token.lines if line.second is not None]
    if len(texts) < len(token.lines):
        return None
    is_code = token.number is not None and token.number.digits
    # A number that was cut lies in several lines, from the left.
    together = _LIKE_POINT.sub(".", "".join(texts))
    if is_code:
        together = _BEFORE_A_DAY.sub(r"\1 ", together)
    # 79300/1000: each of both is a number.
    pieces = [together, *(_SLASH.split(together) if _SLASH.search(together) else ())]
    parts = [part for piece in pieces for part in segments(piece)]
    read = [_meanings(part.number, is_code) for part in parts if part.number]
    if (value,) in read:
        return None
    return tuple(other for other in dict.fromkeys(chain.from_iterable(read)) if other != value)


def _meanings(number: Number, is_code: bool) -> tuple[str, ...]:
    if is_code:
        return (number.raw,) if _SIX_DIGITS.fullmatch(number.raw) else ()
    if not number.share:
        return ()
    if number.value:
        return (number.value,)
    raw = number.raw.removesuffix(number.unit).rstrip()
    if _DIGITS_AND_SEPARATORS.fullmatch(raw) and _SEVERAL_SEPARATORS.search(raw):
        # 1.374589.18: the last one is the point, whatever those before it were taken for.
        return number.candidates[:1]
    return number.candidates
