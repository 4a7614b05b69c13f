"""`python -m evals.bench.lines`: what a line costs each recogniser, and how many lines are read
twice.

Processor time of lines of several widths, alone and several together, read after the same shape
and after another one, until they are text; then the share of the bench's screens' text, by width,
that the thorough recogniser reads again.
"""

import time
from collections.abc import Sequence
from math import dist
from statistics import median
from unittest.mock import patch

import numpy as np

from cli.recognize import default_extractor
from evals.bench.pictures import FOLDER, usual
from ocr.models import load_bundled
from ocr.openvino.graph import open_core
from ocr.openvino.recogniser import OpenVinoRecogniser
from pipeline.decode.image import decode
from pipeline.doubts import doubtful_lines
from pipeline.settings import PROJECT, load_settings
from postprocess.types import Line

_PRESET = "PP-OCRv6_cascade"
_SHAPES = ((1, 128), (4, 128), (1, 192), (4, 192), (1, 320), (2, 320), (1, 512), (1, 640))
"""Lines read together, and how wide they are."""
_OTHER = (1, 224)
_TIMES = 15


def main() -> int:
    """Print both."""
    models = load_bundled(PROJECT / "weights", _PRESET)
    assert models.first is not None, "the cascade has a light recogniser"
    core = open_core(None)
    for name, model in (("thorough", models.recogniser), ("light", models.first)):
        recogniser = OpenVinoRecogniser(core, model, place="CPU", threads=1)
        for count, width in _SHAPES:
            same, after_another = _costs(recogniser, model.height, count, width)
            print(
                f"{name:9} {count} × {width:3} px: {same:6.2f} ms of processor time, "
                f"{100 * same / count / width:.2f} for 100 px; "
                f"after another shape + {after_another - same:.2f} ms"
            )
    print(f"read again: {100 * _share_read_again():.0f} % of the width")
    return 0


def _costs(
    recogniser: OpenVinoRecogniser, height: int, count: int, width: int
) -> tuple[float, float]:
    """ms of processor time of such lines, the shape as before and another one before."""

    def taken(count: int, width: int) -> float:
        lines = [np.full((height, width, 3), 200, np.uint8)] * count
        begun = time.process_time()
        recogniser.read(lines)
        return 1000 * (time.process_time() - begun)

    taken(count, width)
    same = median(taken(count, width) for _ in range(_TIMES))
    after_another = [taken(count, width) for _ in range(_TIMES) if taken(*_OTHER)]
    return same, median(after_another)


def _share_read_again() -> float:
    """Of the bench's screens."""
    settings = load_settings()
    extractor = default_extractor(settings, _PRESET)
    again: dict[tuple[int, object], float] = {}
    whole = 0.0
    for number, picture in enumerate(usual()):
        image = decode((FOLDER / picture.file).read_bytes(), settings)

        def told(page: object, rules: object, number: int = number) -> Sequence[Line]:
            found = doubtful_lines(page, rules)  # type: ignore[arg-type]
            again.update({(number, line.quad): _width(line) for line in found})
            return found

        with patch("pipeline.extractor.doubtful_lines", told):
            (page,) = extractor.read([image])
        assert not isinstance(page, Exception), page
        whole += sum(map(_width, page.lines))
    return sum(again.values()) / whole


def _width(line: Line) -> float:
    """In heights of the line."""
    left_top, right_top, _, left_bottom = line.quad
    return dist(left_top, right_top) / max(dist(left_top, left_bottom), 1.0)


if __name__ == "__main__":
    raise SystemExit(main())
