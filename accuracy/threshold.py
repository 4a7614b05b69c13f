"""What confidence says about a number: why LOW_CONFIDENCE stands where it stands."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from accuracy.reading import Seen
from postprocess.numbers import parse
from postprocess.types import Line, Reason
from screens.screen import Text

THRESHOLDS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98)

_RUN = re.compile(r"[0-9][0-9.,]*")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，", "0123456789.,")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One number with the recogniser's confidence, and whether it is what the screen shows."""

    confidence: float
    right: bool


def line_sights(seen: Iterable[Seen]) -> Iterator[Sight]:
    """Every line that shows a code or a share: were its digits read as they were drawn?

    Whatever the rules say of the page. A drawn text where no line was read is no sight.
    """
    for one in seen:
        for text in one.screen.texts:
            if text.role not in ("code", "share"):
                continue
            drawn = _runs(text.text)
            lines = [line for line in one.first.lines if _covers(text, line)]
            if drawn and lines:
                read = [run for line in lines for run in _runs(line.text)]
                yield Sight(
                    confidence=min(line.confidence for line in lines),
                    right=all(run in read for run in drawn),
                )


def value_sights(seen: Iterable[Seen]) -> Iterator[Sight]:
    """Every value that the judged rules take from a first reading, before confidence refuses it."""
    for one in seen:
        _, found = one.alone
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


def _runs(text: str) -> list[str]:
    runs = (run.rstrip(".,") for run in _RUN.findall(text.translate(_FULL_WIDTH)))
    return [parse(run)[0] or run for run in runs]


def _covers(text: Text, line: Line) -> bool:
    """True where the middle of the line or of the text lies in the other one's box."""
    left, top, right, bottom = text.box
    xs, ys = zip(*line.quad, strict=True)
    x, y = sum(xs) / 4, sum(ys) / 4
    height_fits = top <= y <= bottom
    middle = (left + right) / 2
    return height_fits and (left <= x <= right or min(xs) <= middle <= max(xs))
