"""Measures what confidence says about a number, which the thresholds of postprocess.confidence
rest on."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from evals.accuracy.reading import Seen
from evals.screens.screen import Text
from postprocess.numbers import parse
from postprocess.types import Line, Reason

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)

Measure: TypeAlias = Callable[[Line], float]

_RUN = re.compile(r"[0-9][0-9.,]*")
_OF_NUMBERS = frozenset("0123456789.,０１２３４５６７８９．，")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，", "0123456789.,")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A reading with the recogniser's confidence, and whether it is what the screen shows."""

    confidence: float
    right: bool


def mean(line: Line) -> float:
    """Of all characters of the line."""
    return line.confidence


def weakest(line: Line) -> float:
    """Of the digits and points of the line; its mean where the engine tells no characters."""
    if len(line.characters) != len(line.text):
        return line.confidence
    pairs = zip(line.text, line.characters, strict=True)
    return min((sure for c, sure in pairs if c in _OF_NUMBERS), default=line.confidence)


def line_sights(seen: Iterable[Seen], measure: Measure) -> Iterator[Sight]:
    """Every line that shows a code or a share: were its numbers read as they were drawn?

    Whatever the rules say of the page. A drawn text where no line was read is no sight.
    """
    for one in seen:
        for text in one.screen.texts:
            if text.role not in ("code", "share"):
                continue
            drawn = _numbers(text.text)
            lines = [line for line in one.first.lines if _covers(text, line)]
            if drawn and lines:
                read = [number for line in lines for number in _numbers(line.text)]
                yield Sight(
                    confidence=min(measure(line) for line in lines),
                    right=all(number in read for number in drawn),
                )


def value_sights(seen: Iterable[Seen]) -> Iterator[Sight]:
    """Every value that the judged rules take from a first reading, before confidence or a second
    reading refuses it."""
    for one in seen:
        found = one.alone.extraction
        if found.reason not in (None, Reason.LOW_CONFIDENCE):
            continue
        truth = one.screen.truth
        for value, true in (
            (found.fund_codes[0], truth.fund_code),
            (found.hold_shares[0], truth.hold_share),
        ):
            yield Sight(confidence=value.confidence, right=value.value == true)


def passed(sights: Iterable[Sight], threshold: float) -> tuple[int, int]:
    """How many wrong ones a threshold lets through, and how many right ones it refuses."""
    wrong = right = 0
    for sight in sights:
        if sight.confidence >= threshold:
            wrong += not sight.right
        else:
            right += sight.right
    return wrong, right


def _numbers(text: str) -> list[str]:
    runs = (run.rstrip(".,") for run in _RUN.findall(text.translate(_FULL_WIDTH)))
    return [parse(run)[0] or run for run in runs]


def _covers(text: Text, line: Line) -> bool:
    """True where the line's middle is at the text's height, and one lies above the other."""
    left, top, right, bottom = text.box
    xs, ys = zip(*line.quad, strict=True)
    middle = (left + right) / 2
    beside = left <= sum(xs) / 4 <= right or min(xs) <= middle <= max(xs)
    return beside and top <= sum(ys) / 4 <= bottom
