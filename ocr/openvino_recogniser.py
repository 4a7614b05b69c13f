"""A CTC recogniser in OpenVINO: crops of lines in, their texts out.

The best class is found in the graph (openvino_head.py), lines are padded to the next of few widths
and not to 320 pixels, and lines of all pictures of a batch are read together.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino
from openvino import properties

from ocr.charset import kept_classes
from ocr.crops import Pixels, padded_width, padded_widths, stack
from ocr.ctc import Reading, decode
from ocr.errors import ModelError
from ocr.models import Recogniser, weights_file
from ocr.openvino_graph import from_bytes, load
from ocr.openvino_head import best_classes

_BATCH_PIXELS = 896
"""Width of all lines of one inference together: more gains nothing, and memory goes with it."""

_BATCHES = (4, 2, 1)
_WARM_TO = 512
"""Pixels: nearly all lines of a screen are narrower."""


class OpenVinoRecogniser:
    """Reads many lines at once, one stream for each thread. Not shared between threads."""

    def __init__(
        self, core: openvino.Core, recogniser: Recogniser, *, place: str, threads: int
    ) -> None:
        self._height = recogniser.height
        graph, keep = _graph(core, recogniser)
        self._characters = tuple(recogniser.characters[index] for index in keep)
        cpu = place == "CPU"
        compiled = core.compile_model(graph, place, _configuration(threads) if cpu else {})
        self._queue = openvino.AsyncInferQueue(compiled, 2 * threads if cpu else 2)

    def read(self, crops: Iterable[Pixels]) -> list[Reading]:
        """What each crop says, in order. crops: (recogniser's height, W, 3) uint8 BGR.

        Reading begins while `crops` still comes up with more.
        """
        read: dict[int, Reading] = {}

        def take(request: openvino.InferRequest, group: tuple[int, list[int]]) -> None:
            width, members = group
            best = request.get_output_tensor(0).data, request.get_output_tensor(1).data
            for index, probabilities, classes in zip(members, *best, strict=True):
                read[index] = decode(classes, probabilities, self._characters, width)

        self._queue.set_callback(take)
        waiting: dict[int, list[tuple[int, Pixels]]] = {}
        for index, crop in enumerate(crops):
            width = padded_width(crop.shape[1])
            same = waiting.setdefault(width, [])
            same.append((index, crop))
            if len(same) == _most(width):
                self._start(width, waiting.pop(width))
        # The longest work comes first, so that all streams end at about the same time.
        for width in sorted(waiting, reverse=True):
            rest = waiting[width]
            while rest:
                count = next(size for size in _BATCHES if size <= len(rest))
                self._start(width, rest[:count])
                rest = rest[count:]
        self._queue.wait_all()
        return [read[index] for index in range(len(read))]

    def warm_up(self) -> None:
        """Let OpenVINO prepare the shapes that nearly all lines come to."""
        self.read(
            np.full((self._height, width, 3), 255, np.uint8)
            for width in padded_widths()
            if width <= _WARM_TO
            for _ in range(sum(size for size in _BATCHES if size <= _most(width)))
        )

    def _start(self, width: int, lines: list[tuple[int, Pixels]]) -> None:
        batch = stack([crop for _, crop in lines], width)
        self._queue.start_async([batch], (width, [index for index, _ in lines]))


def _most(width: int) -> int:
    """How many lines of this width are read in one inference."""
    return next(size for size in _BATCHES if size == 1 or size * width <= _BATCH_PIXELS)


def _configuration(threads: int) -> dict[str, Any]:
    return {
        properties.hint.performance_mode(): properties.hint.PerformanceMode.THROUGHPUT,
        properties.inference_num_threads(): threads,
        properties.num_streams(): threads,
    }


def _graph(
    core: openvino.Core, recogniser: Recogniser
) -> tuple[openvino.Model, npt.NDArray[np.int64]]:
    """(N, H, W, 3) uint8 → see best_classes."""
    path = weights_file(recogniser.folder, "openvino")
    graph = load(core, path)
    classes = graph.output(0).get_partial_shape()[2]
    if classes.is_static and classes.get_length() != len(recogniser.characters):
        raise ModelError(
            f"{path} knows {classes.get_length()} classes, but inference.yml beside it names "
            f"{len(recogniser.characters) - 2} characters, a blank and the space."
        )
    graph, keep = best_classes(graph, kept_classes(recogniser.characters))
    half = (0.5, 0.5, 0.5)
    return from_bytes(graph, half, half), keep
