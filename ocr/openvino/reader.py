"""The reader of the engine `openvino`, with our own way from pixels to text.

What makes it fast, beside OpenVINO's bf16 where the CPU has it: pictures enter the graphs as uint8
NHWC and are normalised there, the detector looks no closer than the text needs (ocr/scale.py), the
next pictures are looked at while the last one's map is looked through, and lines of all pictures of
a batch are read together, those of one shape in turn (recogniser.py). All shapes come from short
lists, so that memory is bounded. Where the models bring a light recogniser it reads all lines
first, and the other one those that are left in doubt (docs/adr/0043).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import openvino

from ocr.cascade import Lines, read_in_turn
from ocr.closer import Closer
from ocr.crops import Pixels, cut, is_turned
from ocr.ctc import LineText
from ocr.errors import DeviceError
from ocr.models import Models
from ocr.openvino.detector import OpenVinoDetector
from ocr.openvino.finder import OpenVinoFinder, Sight
from ocr.openvino.graph import alone_in, open_core
from ocr.openvino.recogniser import OpenVinoRecogniser
from ocr.page import between, make_page, parts
from ocr.reader import Doubts, Timed, untimed
from postprocess.types import Line, Page, Quad

_WARM_SCREEN = (2400, 1080)


@dataclass(frozen=True, slots=True)
class _Found:
    """A text line that the detector found: which picture, where, how wide its crop is."""

    image: int
    quad: Quad
    width: int
    is_turned: bool


class OpenVinoReader:
    """Reads with OpenVINO; see ocr.reader.open_reader for the arguments."""

    def __init__(
        self,
        models: Models,
        *,
        device: str,
        threads: int,
        box_threshold: float,
        text_threshold: float,
        least_side: int,
        cache_dir: Path | None,
        timed: Timed = untimed,
    ) -> None:
        self.model_version = models.version
        self._timed = timed
        self._models = models
        self._text_threshold = text_threshold
        cv2.setNumThreads(threads)
        core = open_core(cache_dir)
        place = _device(core, device)
        with alone_in(cache_dir):
            self._finder = OpenVinoFinder(
                OpenVinoDetector(core, models.detector, place=place, threads=threads),
                models.detector,
                box_threshold=box_threshold,
                least_side=least_side,
            )
            self._recogniser = OpenVinoRecogniser(
                core, models.recogniser, place=place, threads=threads
            )
            self._light = (
                OpenVinoRecogniser(core, models.first, place=place, threads=threads)
                if models.first is not None
                else None
            )
        self._warm_up()

    def read(self, images: Sequence[Pixels], doubts: Doubts | None = None) -> list[Page]:
        """See ocr.reader.Reader."""
        pages, sights = self._read(images, None, doubts)
        again: dict[int, Closer] = {}
        for index, (page, sight) in enumerate(zip(pages, sights, strict=True)):
            if not page.lines and (look := sight.closer(nothing_read=True)):
                again[index] = look
        if again:
            closer, _ = self._read([images[index] for index in again], list(again.values()), doubts)
            for index, page in zip(again, closer, strict=True):
                pages[index] = page
        return pages

    def _read(
        self, images: Sequence[Pixels], looks: Sequence[Closer] | None, doubts: Doubts | None
    ) -> tuple[list[Page], list[Sight]]:
        """All pages, and what the detector found for each. looks: see OpenVinoFinder.find."""
        found: list[_Found] = []
        sights: dict[int, Sight] = {}
        with self._timed("detect"):
            crops = list(self._crops(images, looks, found, sights))
        with self._timed("recognise"):
            read = self._read_crops(images, found, crops, doubts)
        lines: list[list[Line]] = [[] for _ in images]
        for one, of_box in zip(found, read, strict=True):
            lines[one.image] += of_box
        pages = [self._page(*one) for one in zip(images, lines, strict=True)]
        return pages, [sights[index] for index in range(len(images))]

    def _read_crops(
        self,
        images: Sequence[Pixels],
        found: Sequence[_Found],
        crops: Sequence[Pixels],
        doubts: Doubts | None,
    ) -> list[Lines]:
        """The lines of each crop."""

        def by(recogniser: OpenVinoRecogniser, which: Sequence[int]) -> list[LineText]:
            return recogniser.read([crops[k] for k in which])

        def lines(which: Sequence[int], readings: Sequence[LineText]) -> list[Lines]:
            pairs = zip(which, readings, strict=True)
            return [self._lines(found[k], reading) for k, reading in pairs]

        every = range(len(crops))
        if self._light is None or doubts is None:
            return lines(every, by(self._recogniser, every))
        first = by(self._light, every)
        return read_in_turn(
            [one.image for one in found],
            lines(every, first),
            [k for k, one in enumerate(first) if one.confidence < self._text_threshold],
            lambda which: lines(which, by(self._recogniser, which)),
            lambda index, of_page: self._page(images[index], of_page),
            doubts,
        )

    def _page(self, image: Pixels, lines: Sequence[Line]) -> Page:
        return make_page(lines, image.shape[:2], self._text_threshold, self.model_version)

    def _lines(self, found: _Found, reading: LineText) -> list[Line]:
        # What stands on its side is never two columns.
        width = 0 if found.is_turned else found.width
        return [
            Line(
                text=part.reading.text,
                confidence=part.reading.confidence,
                quad=between(found.quad, part.start, part.end),
                characters=part.reading.probabilities,
            )
            for part in parts(reading, width, self._models.recogniser.height)
        ]

    def _crops(
        self,
        images: Sequence[Pixels],
        looks: Sequence[Closer] | None,
        found: list[_Found],
        sights: dict[int, Sight],
    ) -> Iterator[Pixels]:
        """The lines of all pictures cut out, in the order in which they go into `found`."""
        for index, sight in self._finder.find(images, looks):
            sights[index] = sight
            for quad, box in zip(sight.quads, sight.boxes, strict=True):
                crop = cut(images[index], box, self._models.recogniser.height)
                if crop is not None:
                    sight.count.add_width(crop.shape[1])
                    found.append(_Found(index, quad, crop.shape[1], is_turned(box)))
                    yield crop

    def _warm_up(self) -> None:
        """Let OpenVINO prepare the shapes that nearly all pictures come to."""
        screen = np.full((*_WARM_SCREEN, 3), 255, np.uint8)
        self.read([screen])
        self._recogniser.warm_up()
        if self._light is not None:
            self._light.warm_up()


def _device(core: openvino.Core, device: str) -> str:
    """OpenVINO's name for `cpu`, `gpu` or `gpu:N`."""
    name = device.upper().replace(":", ".")
    available = core.available_devices
    if not any(one == name or one.startswith(f"{name}.") for one in available):
        raise DeviceError(
            f"OpenVINO has no device {device} here (it has {', '.join(available).lower()}); "
            "it drives Intel GPUs only."
        )
    return name
