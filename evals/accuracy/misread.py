"""Plants misreads into a page, to see whether they are noticed. Pure, from a seed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from postprocess.types import Extraction, Found, Line, Page

KINDS = ("a digit of the code", "a digit of the share", "the share's point lost")

_GAP = r"[,.，．。\s]{0,2}"
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，", "0123456789.,")  # one for one: places stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A page whose deciding line says something else, well-formed, than its picture.

    kind: one of KINDS. value: what the line says now.
    """

    page: Page
    kind: str
    value: str


def plant(page: Page, found: Extraction, rng: Random) -> Iterator[Planted]:
    """Each kind of misread that the lines of an answer allow; each on a page of its own.

    page, found: the lines that decided and what was said of them, as read once. A changed digit is
    any other one, but for a leading 0 in a share; a point is lost where that leaves another
    well-formed number (7.10 → 710), so not in a number with thousands commas. The recogniser stays
    as sure as it was. A value that was read in two pieces is left alone.
    """
    code, share = found.fund_code, found.hold_share
    if code is None or share is None:
        return
    for kind, of, value in (
        (KINDS[0], code, _other_digit(code.value, rng)),
        (KINDS[1], share, _other_share(share.value, rng)),
        (KINDS[2], share, _without_point(share.value)),
    ):
        line = _saying(of, value) if len(of.lines) == 1 and value != of.value else None
        if line is not None:
            lines = tuple(line if one is of.lines[0] else one for one in page.lines)
            yield Planted(page=replace(page, lines=lines), kind=kind, value=value)


def _other_digit(value: str, rng: Random) -> str:
    at = rng.choice([index for index, character in enumerate(value) if character.isdigit()])
    return value[:at] + rng.choice("0123456789".replace(value[at], "")) + value[at + 1 :]


def _other_share(value: str, rng: Random) -> str:
    while True:
        other = _other_digit(value, rng)
        if other[0] != "0" or other.startswith("0.") or other == "0":
            return other


def _without_point(value: str) -> str:
    """The same value where what is left would be no well-formed number."""
    return value if value[0] == "0" else value.replace(".", "")


def _saying(found: Found, value: str) -> Line | None:
    """The line of a value, saying another; None where it does not stand there as one run."""
    (line,) = found.lines
    text, old = line.text.translate(_FULL_WIDTH), found.value
    run = re.search(rf"(?<!\d){_GAP.join(c for c in old if c.isdigit())}(?!\d)", text)
    if run is None:
        return None
    start, end = run.span()
    if "." in old and "." not in value:
        if run.group() != old:
            return None
        at = start + old.index(".")
        sure = line.characters[:at] + line.characters[at + 1 :]
        return replace(line, text=text[:at] + text[at + 1 :], characters=sure)
    digits = iter(character for character in value if character.isdigit())
    changed = "".join(next(digits) if c.isdigit() else c for c in run.group())
    return replace(line, text=text[:start] + changed + text[end:])
