"""The fast reader: OpenVINO, with our own way from pixels to text.

What makes it fast, beside OpenVINO's bf16 where the CPU has it: pictures enter the graphs as
uint8 NHWC and are normalised there, the arg-max over the recogniser's 18,710 classes is taken in
the graph, lines are padded to the next of few widths and not to 320 pixels, and lines of all
pictures of a batch are read together. All shapes come from short lists, so that memory is bounded.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openvino
from openvino import properties
from openvino.preprocess import PrePostProcessor

from ocr.boxes import Floats, find_boxes
from ocr.cache import alone_in
from ocr.crops import Pixels, cut, padded_width, padded_widths, stack
from ocr.ctc import decode
from ocr.errors import DeviceError, ModelError
from ocr.models import Channels, Models, weights_file
from ocr.page import make_page
from ocr.tiles import SIDE_LIMIT, Tile, tiles, whole_lines
from postprocess.types import Line, Page, Quad

_STEP = 32
"""The detector halves its input five times, so its sides are multiples of 32 pixels."""

_LONG_SIDES = tuple(range(160, SIDE_LIMIT + 1, 160))
_BATCHES = (4, 2, 1)
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
        core = openvino.Core()
        if cache_dir is not None:
            core.set_property({properties.cache_dir(): str(cache_dir)})
        place = _device(core, device)
        cpu = place == "CPU"
        # One picture at a time on all threads: that is as fast as several side by side, and a
        # lone picture does not wait on one core. Lines are many: one stream for each thread.
        alone = _configuration(threads, streams=1) if cpu else {}
        many = _configuration(threads, streams=threads) if cpu else {}
        with alone_in(cache_dir):
            self._detector = core.compile_model(_detector_graph(core, models), place, alone)
            self._recogniser = core.compile_model(_recogniser_graph(core, models), place, many)
        self._detections = [self._detector.create_infer_request() for _ in range(2)]
        self._recognitions = openvino.AsyncInferQueue(self._recogniser, 2 * threads if cpu else 2)
        self._warm_up()

    def read(self, images: Sequence[Pixels]) -> list[Page]:
        """See ocr.reader.Reader."""
        found = list(self._find(images))
        lines: list[list[Line]] = [[] for _ in images]
        for one, (text, confidence) in zip(found, self._recognise(found), strict=True):
            lines[one.image].append(Line(text=text, confidence=confidence, quad=one.quad))
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

    def _recognise(self, found: Sequence[_Found]) -> list[tuple[str, float]]:
        """Text and confidence of each line, in the order of `found`."""
        texts: list[tuple[str, float]] = [("", 0.0)] * len(found)
        characters = self._models.recogniser.characters

        def take(request: openvino.InferRequest, members: list[int]) -> None:
            best = request.get_output_tensor(0).data, request.get_output_tensor(1).data
            for index, probabilities, classes in zip(members, *best, strict=True):
                texts[index] = decode(classes, probabilities, characters)

        self._recognitions.set_callback(take)
        for members, width in _groups([one.crop.shape[1] for one in found]):
            batch = stack([found[index].crop for index in members], width)
            self._recognitions.start_async([batch], members)
        self._recognitions.wait_all()
        return texts

    def _warm_up(self) -> None:
        """Let OpenVINO prepare the shapes that nearly all pictures come to."""
        screen = np.full((*_WARM_SCREEN, 3), 255, np.uint8)
        list(self._probabilities([screen]))
        height = self._models.recogniser.height
        widths = [width for width in padded_widths() if width <= 512]
        lines = [
            _Found(0, _quad(np.zeros((4, 2))), np.full((height, width, 3), 255, np.uint8))
            for width in widths
            for _ in range(sum(_BATCHES))
        ]
        self._recognise(lines)


def _groups(widths: Sequence[int]) -> Iterator[tuple[list[int], int]]:
    """Lines that are read together: indices, and the width they are padded to; widest first.

    The longest work comes first, so that all streams end at about the same time.
    """
    by_width: dict[int, list[int]] = {}
    for index, width in enumerate(widths):
        by_width.setdefault(padded_width(width), []).append(index)
    for width in sorted(by_width, reverse=True):
        rest = by_width[width]
        while rest:
            count = next(size for size in _BATCHES if size <= len(rest))
            yield rest[:count], width
            rest = rest[count:]


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


def _configuration(threads: int, *, streams: int) -> dict[str, Any]:
    mode = properties.hint.PerformanceMode
    return {
        properties.hint.performance_mode(): mode.LATENCY if streams == 1 else mode.THROUGHPUT,
        properties.inference_num_threads(): threads,
        properties.num_streams(): streams,
    }


def _detector_graph(core: openvino.Core, models: Models) -> openvino.Model:
    graph = _load(core, weights_file(models.detector.folder, "openvino"))
    return _from_bytes(graph, models.detector.mean, models.detector.std)


def _recogniser_graph(core: openvino.Core, models: Models) -> openvino.Model:
    """(N, H, W, 3) uint8 → the best class's probability and the best class, both (N, T)."""
    path = weights_file(models.recogniser.folder, "openvino")
    graph = _load(core, path)
    classes = graph.output(0).get_partial_shape()[2]
    if classes.is_static and classes.get_length() != len(models.recogniser.characters):
        raise ModelError(
            f"{path} knows {classes.get_length()} classes, but inference.yml beside it names "
            f"{len(models.recogniser.characters) - 2} characters, a blank and the space."
        )
    ops: Any = openvino.opset13
    source = graph.output(0).get_node().input_value(0)
    best = ops.topk(source, np.int64(1), 2, "max", "none", index_element_type="i32")
    outputs = [ops.squeeze(best.output(k), np.array([2])).output(0) for k in (0, 1)]
    graph = openvino.Model(outputs, graph.get_parameters())
    half = (0.5, 0.5, 0.5)
    return _from_bytes(graph, half, half)


def _load(core: openvino.Core, path: Path) -> openvino.Model:
    try:
        return core.read_model(path)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ModelError(f"{path} cannot be loaded by OpenVINO: {reason}") from None


def _from_bytes(graph: openvino.Model, mean: Channels, std: Channels) -> openvino.Model:
    """Let a graph that takes normalised NCHW floats take uint8 NHWC pictures."""
    steps = PrePostProcessor(graph)
    tensor, model = steps.input().tensor(), steps.input().model()
    tensor.set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    model.set_layout(openvino.Layout("NCHW"))
    floats = steps.input().preprocess().convert_element_type(openvino.Type.f32)
    floats.mean([255 * value for value in mean]).scale([255 * value for value in std])
    return steps.build()


def _quad(box: Floats) -> Quad:
    (a, b), (c, d), (e, f), (g, h) = box.tolist()
    return (a, b), (c, d), (e, f), (g, h)
