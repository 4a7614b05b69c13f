"""How much work it took to read a picture, as a number that is the same on every machine.

The front door weighs callers by it. Seconds would tell of the machine, and of the other pictures of
the batch.
"""

import math
from collections.abc import Iterable
from itertools import starmap

from pipeline.answer import Answer, Stored
from pipeline.errors import ServiceError
from postprocess.types import Quad

HEADER = "X-Fundocr-Work"
"""Of TorchServe's answer. Nothing is said of a picture that was not read."""

_LINE_HEIGHT = 48
_PIXELS = 1000


def work_of(answer: Answer | ServiceError) -> int | None:
    """Pixels of all its lines side by side at the recogniser's height, and a thousandth of those of
    the picture for the detector. A phone's screen comes to 5,000 to 15,000, the most that is read
    of one picture to 170,000. None where nothing was read for this answer.
    """
    if isinstance(answer, ServiceError):
        return None
    if not isinstance(answer, Stored):
        page = answer.page
        return _work(page.width * page.height, (line.quad for line in page.lines))
    if answer.source != "ocr":
        return None
    kept = answer.row.evidence
    return _work(kept["width"] * kept["height"], (line["quad"] for line in kept["lines"]))


def _work(pixels: float, quads: Iterable[Quad]) -> int:
    return round(_LINE_HEIGHT * sum(starmap(_length, quads)) + pixels / _PIXELS)


def _length(a: Iterable[float], b: Iterable[float], _: object, d: Iterable[float]) -> float:
    """Of a line, in its own heights; one on its side too."""
    sides = sorted((math.dist(a, b), math.dist(a, d)))
    return sides[1] / max(sides[0], 1.0)
