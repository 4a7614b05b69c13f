"""A CTC recogniser in OpenVINO: crops of lines in, their texts out.

The arg-max over its classes (18,710 of PP-OCRv6) is taken in the graph, lines are padded to the
next of few widths and not to 320 pixels, and lines of all pictures of a batch are read together.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import openvino
from openvino import properties

from ocr.crops import Pixels, padded_width, padded_widths, stack
from ocr.ctc import Reading, decode
from ocr.errors import ModelError
from ocr.models import Recogniser, weights_file
from ocr.openvino_graph import from_bytes, load

_BATCHES = (4, 2, 1)
_WARM_TO = 512
"""Pixels: nearly all lines of a screen are narrower."""


class OpenVinoRecogniser:
    """Reads many lines at once, one stream for each thread. Not shared between threads."""

    def __init__(
        self, core: openvino.Core, recogniser: Recogniser, *, place: str, threads: int
    ) -> None:
        self._recogniser = recogniser
        cpu = place == "CPU"
        self._compiled = core.compile_model(
            _graph(core, recogniser), place, _configuration(threads) if cpu else {}
        )
        self._queue = openvino.AsyncInferQueue(self._compiled, 2 * threads if cpu else 2)

    def read(self, crops: Sequence[Pixels]) -> list[Reading]:
        """What each crop says, in order. crops: (recogniser's height, W, 3) uint8 BGR."""
        read = [Reading(text="", probabilities=())] * len(crops)
        characters = self._recogniser.characters

        def take(request: openvino.InferRequest, members: list[int]) -> None:
            best = request.get_output_tensor(0).data, request.get_output_tensor(1).data
            for index, probabilities, classes in zip(members, *best, strict=True):
                read[index] = decode(classes, probabilities, characters)

        self._queue.set_callback(take)
        for members, width in _groups([crop.shape[1] for crop in crops]):
            batch = stack([crops[index] for index in members], width)
            self._queue.start_async([batch], members)
        self._queue.wait_all()
        return read

    def warm_up(self) -> None:
        """Let OpenVINO prepare the shapes that nearly all lines come to."""
        height = self._recogniser.height
        self.read(
            [
                np.full((height, width, 3), 255, np.uint8)
                for width in padded_widths()
                if width <= _WARM_TO
                for _ in range(sum(_BATCHES))
            ]
        )


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


def _configuration(threads: int) -> dict[str, Any]:
    return {
        properties.hint.performance_mode(): properties.hint.PerformanceMode.THROUGHPUT,
        properties.inference_num_threads(): threads,
        properties.num_streams(): threads,
    }


def _graph(core: openvino.Core, recogniser: Recogniser) -> openvino.Model:
    """(N, H, W, 3) uint8 → the best class's probability and the best class, both (N, T)."""
    path = weights_file(recogniser.folder, "openvino")
    graph = load(core, path)
    classes = graph.output(0).get_partial_shape()[2]
    if classes.is_static and classes.get_length() != len(recogniser.characters):
        raise ModelError(
            f"{path} knows {classes.get_length()} classes, but inference.yml beside it names "
            f"{len(recogniser.characters) - 2} characters, a blank and the space."
        )
    ops: Any = openvino.opset13
    source = graph.output(0).get_node().input_value(0)
    best = ops.topk(source, np.int64(1), 2, "max", "none", index_element_type="i32")
    outputs = [ops.squeeze(best.output(k), np.array([2])).output(0) for k in (0, 1)]
    graph = openvino.Model(outputs, graph.get_parameters())
    half = (0.5, 0.5, 0.5)
    return from_bytes(graph, half, half)
