"""Misreads put into a page, to see whether anybody notices: pure, from a seed."""

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
    """Each kind of misread that an answered page's deciding lines allow.

    A changed digit is any other one, but for a leading 0 in a share; a point is lost where that
    leaves another well-formed number (7.10 → 710), so not in a number with thousands commas.
    """
    code, share = found.fund_code, found.hold_share
    assert code is not None
    assert share is not None
    for kind, of, change in (
        (KINDS[0], code, _other_digit),
        (KINDS[1], share, _other_share_digit),
        (KINDS[2], share, _lost_point),
    ):
        planted = _change(page, of, kind, change(of.value, rng))
        if planted is not None:
            yield planted


def _other_digit(value: str, rng: Random) -> str:
    places = [index for index, character in enumerate(value) if character.isdigit()]
    at = rng.choice(places)
    return value[:at] + rng.choice("0123456789".replace(value[at], "")) + value[at + 1 :]


def _other_share_digit(value: str, rng: Random) -> str:
    while True:
        other = _other_digit(value, rng)
        if other[0] != "0" or other.startswith("0.") or other == "0":
            return other


def _lost_point(value: str, rng: Random) -> str:
    whole = value.replace(".", "")
    return whole if "." in value and (whole[0] != "0") else value


def _change(page: Page, found: Found, kind: str, value: str) -> Planted | None:
    """The page that says `value` where it said `found`; None where that cannot be."""
    if value == found.value:
        return None
    for index, line in enumerate(page.lines):
        # A value read in two pieces has two lines; it is left alone.
        if line.text != found.text or line.quad[0] != found.quad[0]:
            continue
        text = _said(line, found.value, value)
        if text is not None:
            lines = list(page.lines)
            lines[index] = replace(line, text=text)
            return Planted(page=replace(page, lines=tuple(lines)), kind=kind, value=value)
    return None


def _said(line: Line, old: str, new: str) -> str | None:
    text = line.text.translate(_FULL_WIDTH)
    digits = [character for character in old if character.isdigit()]
    run = re.search(rf"(?<!\d){_GAP.join(digits)}(?!\d)", text)
    if run is None:
        return None
    if "." in old and "." not in new:
        return None if "," in run.group() else text[: run.start()] + new + text[run.end() :]
    digits_now = iter(character for character in new if character.isdigit())
    changed = "".join(next(digits_now) if c.isdigit() else c for c in run.group())
    return text[: run.start()] + changed + text[run.end() :]
