"""A DB detector in OpenVINO: pieces of pictures in, their maps of text probability out."""

from typing import Any

import cv2
import numpy as np
import openvino
from openvino import properties

from ocr.boxes import Floats
from ocr.crops import Pixels
from ocr.models import Detector, weights_file
from ocr.openvino_graph import from_bytes, load
from ocr.scale import detector_size


class OpenVinoDetector:
    """Looks at several pieces at once. Not shared between threads.

    depth: how many pieces to start before the first is waited for, so that no core waits.
    """

    def __init__(
        self, core: openvino.Core, detector: Detector, *, place: str, threads: int
    ) -> None:
        graph = load(core, weights_file(detector.folder, "openvino"))
        graph = from_bytes(graph, detector.mean, detector.std)
        cpu = place == "CPU"
        self.depth = threads + 1 if cpu else 2
        # A lone picture has all threads to itself; several have one each, which is faster in all,
        # because no thread waits for another.
        alone = core.compile_model(graph, place, _configuration(threads, 1) if cpu else {})
        beside = alone
        if cpu and threads > 1:
            beside = core.compile_model(graph, place, _configuration(threads, threads))
        self._alone = alone.create_infer_request()
        self._beside = [beside.create_infer_request() for _ in range(self.depth)]
        self._started = 0

    def start(self, piece: Pixels, side: int, *, alone: bool = False) -> openvino.InferRequest:
        """Begin to look at a piece, (H, W, 3) uint8 BGR, its longest side made `side` pixels long.

        alone: nothing else is looked at meanwhile. Otherwise wait for the one that was started
        `depth` starts before.
        """
        request = self._alone if alone else self._beside[self._started % self.depth]
        self._started += not alone
        height, width = detector_size(piece.shape[0], piece.shape[1], side)
        request.start_async([cv2.resize(piece, (width, height))[np.newaxis]])
        return request


def probabilities(request: openvino.InferRequest) -> Floats:
    """The map, (H, W) of the detector's input, 0–1; valid until the request is started again."""
    request.wait()
    found: Floats = request.get_output_tensor().data[0, 0]
    return found


def _configuration(threads: int, streams: int) -> dict[str, Any]:
    mode = properties.hint.PerformanceMode
    return {
        properties.hint.performance_mode(): mode.LATENCY if streams == 1 else mode.THROUGHPUT,
        properties.inference_num_threads(): threads,
        properties.num_streams(): streams,
    }
