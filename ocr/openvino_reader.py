"""The fast reader: OpenVINO, with our own way from pixels to text.

What makes it fast, beside OpenVINO's bf16 where the CPU has it: pictures enter the graphs as
uint8 NHWC and are normalised there, the next picture is detected while the last one's map is
looked at, and lines of all pictures of a batch are read together (openvino_recogniser.py). All
shapes come from short lists, so that memory is bounded.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openvino
from openvino import properties

from ocr.boxes import Floats, find_boxes
from ocr.cache import alone_in
from ocr.crops import Pixels, cut
from ocr.errors import DeviceError
from ocr.models import Models, weights_file
from ocr.openvino_graph import from_bytes, load, open_core
from ocr.openvino_recogniser import OpenVinoRecogniser
from ocr.page import make_page
from ocr.tiles import SIDE_LIMIT, Tile, tiles, whole_lines
from postprocess.types import Line, Page, Quad

_STEP = 32
"""The detector halves its input five times, so its sides are multiples of 32 pixels."""

_LONG_SIDES = tuple(range(160, SIDE_LIMIT + 1, 160))
_WARM_SCREEN = (2400, 1080)


@dataclass(frozen=True, slots=True)
class _Found:
    """A text line that the detector found: which picture, where, and its crop."""

    image: int
    quad: Quad
    crop: Pixels


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
        cache_dir: Path | None,
    ) -> None:
        self.model_version = models.version
        self._models = models
        self._box_threshold = box_threshold
        self._text_threshold = text_threshold
        cv2.setNumThreads(threads)
        core = open_core(cache_dir)
        place = _device(core, device)
        cpu = place == "CPU"
        # One picture at a time on all threads: that is as fast as several side by side, and a
        # lone picture does not wait on one core.
        alone = _configuration(threads) if cpu else {}
        with alone_in(cache_dir):
            self._detector = core.compile_model(_detector_graph(core, models), place, alone)
            self._recogniser = OpenVinoRecogniser(
                core, models.recogniser, place=place, threads=threads
            )
        self._detections = [self._detector.create_infer_request() for _ in range(2)]
        self._warm_up()

    def read(self, images: Sequence[Pixels]) -> list[Page]:
        """See ocr.reader.Reader."""
        found = list(self._find(images))
        lines: list[list[Line]] = [[] for _ in images]
        readings = self._recogniser.read([one.crop for one in found])
        for one, what in zip(found, readings, strict=True):
            lines[one.image].append(
                Line(
                    text=what.text,
                    confidence=what.confidence,
                    quad=one.quad,
                    characters=what.probabilities,
                )
            )
        return [
            make_page(read, image.shape[:2], self._text_threshold, self.model_version)
            for image, read in zip(images, lines, strict=True)
        ]

    def _find(self, images: Sequence[Pixels]) -> Iterator[_Found]:
        """The text lines of all pictures, with their crops."""
        pieces = [
            (index, tile) for index, image in enumerate(images) for tile in tiles(*image.shape[:2])
        ]
        maps = self._probabilities([images[i][tile.top : tile.bottom] for i, tile in pieces])
        found: list[list[tuple[Quad, Tile, Floats]]] = [[] for _ in images]
        for (index, tile), probability in zip(pieces, maps, strict=True):
            size = tile.bottom - tile.top, images[index].shape[1]
            for box in find_boxes(probability, size, self._models.detector, self._box_threshold):
                box[:, 1] += tile.top
                found[index].append((_quad(box), tile, box))
        for index, lines in enumerate(found):
            quads, of = [quad for quad, _, _ in lines], [tile for _, tile, _ in lines]
            for k in whole_lines(quads, of):
                crop = cut(images[index], lines[k][2], self._models.recogniser.height)
                if crop is not None:
                    yield _Found(index, quads[k], crop)

    def _probabilities(self, pieces: Sequence[Pixels]) -> Iterator[Floats]:
        """Each piece's map of text probability, (H, W) of the detector's input.

        While one map is looked at, the detector is already at the next piece.
        """
        for index, piece in enumerate([*pieces, None]):
            if piece is not None:
                height, width = _detector_size(*piece.shape[:2])
                request = self._detections[index % 2]
                request.start_async([cv2.resize(piece, (width, height))[np.newaxis]])
            if index:
                request = self._detections[(index - 1) % 2]
                request.wait()
                yield request.get_output_tensor().data[0, 0]

    def _warm_up(self) -> None:
        """Let OpenVINO prepare the shapes that nearly all pictures come to."""
        screen = np.full((*_WARM_SCREEN, 3), 255, np.uint8)
        list(self._probabilities([screen]))
        self._recogniser.warm_up()


def _detector_size(height: int, width: int) -> tuple[int, int]:
    """Height and width at which the detector looks at a piece of this size.

    The longer side becomes one of six lengths, the other follows, to the next multiple of 32:
    some two hundred shapes at most, of which screens use a dozen.
    """
    longest = max(height, width)
    side = next((one for one in _LONG_SIDES if longest <= one), SIDE_LIMIT)
    high, wide = (max(_STEP, round(n * side / longest / _STEP) * _STEP) for n in (height, width))
    return high, wide


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


def _configuration(threads: int) -> dict[str, Any]:
    return {
        properties.hint.performance_mode(): properties.hint.PerformanceMode.LATENCY,
        properties.inference_num_threads(): threads,
        properties.num_streams(): 1,
    }


def _detector_graph(core: openvino.Core, models: Models) -> openvino.Model:
    graph = load(core, weights_file(models.detector.folder, "openvino"))
    return from_bytes(graph, models.detector.mean, models.detector.std)


def _quad(box: Floats) -> Quad:
    (a, b), (c, d), (e, f), (g, h) = box.tolist()
    return (a, b), (c, d), (e, f), (g, h)
