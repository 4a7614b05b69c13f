"""Another recogniser for the lines that decide: what two read alike is hardly misread."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ocr.boxes import Floats
from ocr.crops import Pixels, cut
from ocr.models import Recogniser
from ocr.openvino.graph import alone_in, open_core
from ocr.openvino.recogniser import OpenVinoRecogniser
from postprocess.types import Quad

MARGINS = (0.1, 0.2, 0.0)
"""Of a line's height, read around it, one after the other until the two recognisers agree.

On small pictures boxes are tight, and a cut stroke makes another digit; where the next line is
near, a margin brings a piece of it in. docs/accuracy.md has what each of them confirms.
"""


class SecondReader:
    """Reads single lines with OpenVINO on the CPU, whatever engine the first reading has.

    One for each process, not shared between threads. cache_dir, threads: as for open_reader.
    """

    def __init__(self, recogniser: Recogniser, *, threads: int, cache_dir: Path | None) -> None:
        self._height = recogniser.height
        core = open_core(cache_dir)
        with alone_in(cache_dir):
            self._recogniser = OpenVinoRecogniser(
                core, recogniser, place="CPU", threads=threads, singly=True
            )
        self._recogniser.warm_up()

    def read(self, lines: Sequence[tuple[Pixels, Quad]], margin: float = MARGINS[0]) -> list[str]:
        """The text inside each quad of its picture ((H, W, 3) uint8 BGR), in order; "" for none.

        margin: one of MARGINS.
        """
        crops = [cut(image, _grown(image, quad, margin), self._height) for image, quad in lines]
        there = [crop for crop in crops if crop is not None]
        texts = iter(self._recogniser.read(there))
        return ["" if crop is None else next(texts).text for crop in crops]


def _grown(image: Pixels, quad: Quad, share: float) -> Floats:
    """The quad with its margin, as far as the picture goes."""
    corners = np.array(quad)
    height, width = image.shape[:2]
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    margin = share * float(np.hypot(*down))
    x, y = (margin * side / max(float(np.hypot(*side)), 1.0) for side in (across, down))
    grown = corners + np.array([-x - y, x - y, x + y, -x + y])
    upright = across[1] == 0  # whole pixels can be cut out as they are
    if upright:
        grown = grown.round()
    return np.asarray(np.clip(grown, 0, (width, height)), np.float64)
