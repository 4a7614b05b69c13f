"""The fast reader: OpenVINO, with our own way from pixels to text.

What makes it fast, beside OpenVINO's bf16 where the CPU has it: pictures enter the graphs as uint8
NHWC and are normalised there, the detector looks no closer than the text needs (scale.py), the next
pictures are looked at while the last one's map is looked through, and lines of all pictures of a
batch are read together, those of one shape in turn (openvino_recogniser.py). All shapes come from
short lists, so that memory is bounded.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import openvino

from ocr.boxes import Floats, find_boxes
from ocr.cache import alone_in
from ocr.crops import Pixels, cut, is_turned
from ocr.ctc import Reading
from ocr.errors import DeviceError
from ocr.gaps import between, parts
from ocr.models import Models
from ocr.much_text import TextCount
from ocr.openvino_detector import OpenVinoDetector, probabilities
from ocr.openvino_graph import open_core
from ocr.openvino_recogniser import OpenVinoRecogniser
from ocr.page import make_page
from ocr.scale import SIDE_LIMIT, first_side, is_too_small
from ocr.tiles import Tile, tiles, whole_lines
from ocr.timed import Timed, untimed
from postprocess.types import Line, Page, Quad

_WARM_SCREEN = (2400, 1080)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A tile of a picture that is looked at at a longest side of `side` pixels."""

    image: int
    tile: Tile
    pixels: Pixels
    side: int


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
        self._box_threshold = box_threshold
        self._text_threshold = text_threshold
        self._least_side = least_side
        cv2.setNumThreads(threads)
        core = open_core(cache_dir)
        place = _device(core, device)
        with alone_in(cache_dir):
            self._detector = OpenVinoDetector(core, models.detector, place=place, threads=threads)
            self._recogniser = OpenVinoRecogniser(
                core, models.recogniser, place=place, threads=threads
            )
        self._warm_up()

    def read(self, images: Sequence[Pixels]) -> list[Page]:
        """See ocr.reader.Reader."""
        found: list[_Found] = []
        with self._timed("detect"):
            crops = list(self._crops(images, found))
        with self._timed("recognise"):
            readings = self._recogniser.read(crops)
        lines: list[list[Line]] = [[] for _ in images]
        for one, reading in zip(found, readings, strict=True):
            lines[one.image] += self._lines(one, reading)
        return [
            make_page(read, image.shape[:2], self._text_threshold, self.model_version)
            for image, read in zip(images, lines, strict=True)
        ]

    def _lines(self, found: _Found, reading: Reading) -> Iterator[Line]:
        # What stands on its side is never two columns.
        width = 0 if found.is_turned else found.width
        for part in parts(reading, width, self._models.recogniser.height):
            yield Line(
                text=part.reading.text,
                confidence=part.reading.confidence,
                quad=between(found.quad, part.start, part.end),
                characters=part.reading.probabilities,
            )

    def _crops(self, images: Sequence[Pixels], found: list[_Found]) -> Iterator[Pixels]:
        """The lines of all pictures cut out, in the order in which they go into `found`."""
        counts = [TextCount() for _ in images]
        for index, quad, box in self._boxes(images, counts):
            crop = cut(images[index], box, self._models.recogniser.height)
            if crop is not None:
                counts[index].add_width(crop.shape[1])
                found.append(_Found(index, quad, crop.shape[1], is_turned(box)))
                yield crop

    def _boxes(
        self, images: Sequence[Pixels], counts: Sequence[TextCount]
    ) -> Iterator[tuple[int, Quad, Floats]]:
        """The text lines of all pictures, picture by picture: its index, and the same quad twice.

        While one piece's map is looked through, the detector is at the next ones.
        """
        # Like shapes one after the other: another one has to be prepared.
        waiting = deque(sorted(self._pieces(images), key=_shape))
        left = [sum(piece.image == index for piece in waiting) for index in range(len(images))]
        lines: list[list[tuple[Quad, Tile, Floats]]] = [[] for _ in images]
        running: deque[tuple[_Piece, openvino.InferRequest]] = deque()
        while waiting or running:
            while waiting and len(running) < self._detector.DEPTH:
                piece = waiting.popleft()
                running.append((piece, self._detector.start(piece.pixels, piece.side)))
            piece, request = running.popleft()
            size = piece.pixels.shape[0], piece.pixels.shape[1]
            boxes = find_boxes(
                probabilities(request), size, self._models.detector, self._box_threshold
            )
            if is_too_small(boxes, size, piece.side):
                waiting.appendleft(_Piece(piece.image, piece.tile, piece.pixels, SIDE_LIMIT))
                continue
            counts[piece.image].add_lines(len(boxes))
            for box in boxes:
                box[:, 1] += piece.tile.top
                lines[piece.image].append((_quad(box), piece.tile, box))
            left[piece.image] -= 1
            if not left[piece.image]:
                yield from _whole(piece.image, lines[piece.image])

    def _pieces(self, images: Sequence[Pixels]) -> Iterator[_Piece]:
        for index, image in enumerate(images):
            for tile in tiles(*image.shape[:2]):
                pixels = image[tile.top : tile.bottom]
                height, width = pixels.shape[:2]
                yield _Piece(index, tile, pixels, first_side(height, width, self._least_side))

    def _warm_up(self) -> None:
        """Let OpenVINO prepare the shapes that nearly all pictures come to."""
        screen = np.full((*_WARM_SCREEN, 3), 255, np.uint8)
        self.read([screen])
        self._recogniser.warm_up()


def _shape(piece: _Piece) -> tuple[int, ...]:
    return (piece.side, *piece.pixels.shape)


def _whole(
    image: int, lines: list[tuple[Quad, Tile, Floats]]
) -> Iterator[tuple[int, Quad, Floats]]:
    for k in whole_lines([quad for quad, _, _ in lines], [tile for _, tile, _ in lines]):
        quad, _, box = lines[k]
        yield image, quad, box


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


def _quad(box: Floats) -> Quad:
    (a, b), (c, d), (e, f), (g, h) = box.tolist()
    return (a, b), (c, d), (e, f), (g, h)
