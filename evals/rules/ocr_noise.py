"""Adds a recogniser's usual misreadings to a page: a true page in, a noisy one out, from a seed.

Noise that leaves the deciding number another well-formed number (`7.10` → `710`) is told apart:
nobody can see it without a check or a second reading.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

from postprocess.types import Line, Page, Quad

_RUN = re.compile(r"[0-9][0-9.,]*[0-9]|[0-9]")
_WELL_FORMED = re.compile(r"(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.[0-9]{1,4})?")
_LABEL = re.compile(r"[\u4e00-\u9fff]{4,}")
_STRANGE = "犇骉猋羴鱻驫麤龘"
"""Characters that no label uses: what a slip of the recogniser leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noisy:
    """A noisy page. turned: its deciding number is another well-formed number now."""

    page: Page
    kinds: tuple[str, ...]
    turned: bool


def noisy(page: Page, code: str, share: str, rng: Random) -> Noisy:
    """One to three kinds of noise; code and share: the true answer, both empty where none is."""
    kinds = rng.sample(sorted(_KINDS), rng.randint(1, 3))
    lines, turned = list(page.lines), False
    for kind in kinds:
        if kind in _ON_RUNS:
            turned |= _change_run(lines, _ON_RUNS[kind], code, share, rng)
        else:
            _ON_LINES[kind](lines, rng)
    return Noisy(page=replace(page, lines=tuple(lines)), kinds=tuple(kinds), turned=turned)


def _change_run(
    lines: list[Line], change: Callable[[str, Random], str], code: str, share: str, rng: Random
) -> bool:
    """Change one run of digits; True where the deciding one became another well-formed number."""
    places = [(index, run) for index, line in enumerate(lines) for run in _RUN.finditer(line.text)]
    # The deciding numbers are hit as often as all others together.
    answers = {_digits(code), _digits(share)} - {""}
    deciding = [place for place in places if _digits(place[1].group()) in answers]
    if deciding and rng.random() < 0.5:
        places = deciding
    if not places:
        return False
    index, run = rng.choice(places)
    before, after = run.group(), change(run.group(), rng)
    text = lines[index].text
    lines[index] = replace(lines[index], text=text[: run.start()] + after + text[run.end() :])
    if _digits(before) not in answers or not _WELL_FORMED.fullmatch(after):
        return False
    value = Decimal(after.replace(",", ""))
    return value not in [Decimal(answer) for answer in (code, share) if answer]


def _digits(number: str) -> str:
    return number.replace(",", "").replace(".", "")


def _drop_separator(run: str, rng: Random) -> str:
    at = _separator(run, rng)
    return run if at is None else run[:at] + run[at + 1 :]


def _double_separator(run: str, rng: Random) -> str:
    at = _separator(run, rng)
    return run if at is None else run[:at] + run[at] + run[at:]


def _swap_separator(run: str, rng: Random) -> str:
    at = _separator(run, rng)
    return run if at is None else run[:at] + (",", ".")[run[at] == ","] + run[at + 1 :]


def _space_beside_separator(run: str, rng: Random) -> str:
    at = _separator(run, rng)
    if at is None:
        return run
    return f"{run[:at]} {run[at:]}" if rng.random() < 0.5 else f"{run[: at + 1]} {run[at + 1 :]}"


def _letter_for_digit(run: str, rng: Random) -> str:
    alike = {"0": "O", "1": "lI|", "5": "S", "8": "B", "2": "Z"}
    places = [index for index, character in enumerate(run) if character in alike]
    if not places:
        return run
    at = rng.choice(places)
    return run[:at] + rng.choice(alike[run[at]]) + run[at + 1 :]


def _separator(run: str, rng: Random) -> int | None:
    places = [index for index, character in enumerate(run) if character in ".,"]
    return rng.choice(places) if places else None


def _shuffle(lines: list[Line], rng: Random) -> None:
    rng.shuffle(lines)


def _jitter(lines: list[Line], rng: Random) -> None:
    for index, line in enumerate(lines):
        height = line.quad[3][1] - line.quad[0][1]
        reach = 0.12 * abs(height)
        a, b, c, d = (
            (x + rng.uniform(-reach, reach), y + rng.uniform(-reach, reach)) for x, y in line.quad
        )
        quad: Quad = (a, b, c, d)
        lines[index] = replace(line, quad=quad)


def _split(lines: list[Line], rng: Random) -> None:
    """One line becomes two that touch."""
    long = [index for index, line in enumerate(lines) if len(line.text) > 1]
    if not long:
        return
    index = rng.choice(long)
    line = lines[index]
    at = rng.randrange(1, len(line.text))
    widths = [1 if character < "\u2e80" else 2 for character in line.text]
    share = sum(widths[:at]) / sum(widths)
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = line.quad
    top = x0 + (x1 - x0) * share, y0 + (y1 - y0) * share
    foot = x3 + (x2 - x3) * share, y3 + (y2 - y3) * share
    lines[index : index + 1] = [
        replace(line, text=line.text[:at], quad=((x0, y0), top, foot, (x3, y3))),
        replace(line, text=line.text[at:], quad=(top, (x1, y1), (x2, y2), foot)),
    ]


def _merge(lines: list[Line], rng: Random) -> None:
    """Two lines of one row become one, with a space or without."""
    pairs = [
        (one, two) for one in lines for two in lines if one is not two and _is_right_of(one, two)
    ]
    if not pairs:
        return
    one, two = rng.choice(pairs)
    glue = rng.choice((" ", ""))
    if one.text[-1].isdigit() and two.text[0].isdigit():
        glue = " "  # without it the two numbers would be one
    joined = replace(
        one, text=one.text + glue + two.text,
        quad=(one.quad[0], two.quad[1], two.quad[2], one.quad[3]),
    )  # fmt: skip
    lines[:] = [line for line in lines if line is not two and line is not one] + [joined]


def _is_right_of(one: Line, two: Line) -> bool:
    """True for the next line of the same row."""
    (_, top), (right, _), (_, bottom), _ = one.quad
    (left, upper), _, (_, lower), _ = two.quad
    height = bottom - top
    return (
        0 < left - right < 6 * height
        and abs((top + bottom) - (upper + lower)) < 0.4 * height
        and bool(one.text and two.text)
    )


def _slip(lines: list[Line], rng: Random) -> None:
    """One character of a label becomes a strange one."""
    places = [(i, run) for i, line in enumerate(lines) for run in _LABEL.finditer(line.text)]
    if not places:
        return
    index, run = rng.choice(places)
    at = rng.randrange(run.start(), run.end())
    text = lines[index].text
    lines[index] = replace(lines[index], text=text[:at] + rng.choice(_STRANGE) + text[at + 1 :])


_ON_RUNS: dict[str, Callable[[str, Random], str]] = {
    "drop separator": _drop_separator,
    "double separator": _double_separator,
    "swap separator": _swap_separator,
    "space beside separator": _space_beside_separator,
    "letter for digit": _letter_for_digit,
}
_ON_LINES: dict[str, Callable[[list[Line], Random], None]] = {
    "shuffle": _shuffle,
    "jitter": _jitter,
    "split": _split,
    "merge": _merge,
    "slip": _slip,
}
_KINDS = {*_ON_RUNS, *_ON_LINES}
