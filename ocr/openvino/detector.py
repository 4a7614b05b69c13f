"""A DB detector in OpenVINO: pieces of pictures in, their maps of text probability out."""

from typing import Any

import cv2
import numpy as np
import openvino
from openvino import properties

from ocr.boxes import Floats
from ocr.crops import Pixels
from ocr.models import Detector, weights_file
from ocr.openvino.graph import from_bytes, load
from ocr.openvino.map import from_quarter
from ocr.scale import detector_size


class OpenVinoDetector:
    """Looks at one piece after the other, on all threads. Not shared between threads.

    That is nearly as fast as several side by side, and needs the memory of one.
    """

    DEPTH = 2
    """How many pieces to start before the first is waited for, so that no core waits."""

    def __init__(
        self, core: openvino.Core, detector: Detector, *, place: str, threads: int
    ) -> None:
        graph = from_quarter(load(core, weights_file(detector.folder, "openvino")))
        graph = from_bytes(graph, detector.mean, detector.std)
        compiled = core.compile_model(
            graph, place, _configuration(threads) if place == "CPU" else {}
        )
        self._requests = [compiled.create_infer_request() for _ in range(self.DEPTH)]
        self._started = 0

    def start(self, piece: Pixels, side: int) -> openvino.InferRequest:
        """Begin to look at a piece, (H, W, 3) uint8 BGR, its longest side made `side` pixels long;
        the one that was started DEPTH starts before must have been waited for.
        """
        request = self._requests[self._started % self.DEPTH]
        self._started += 1
        request.wait()  # where a fault left it running
        height, width = detector_size(piece.shape[0], piece.shape[1], side)
        request.start_async([cv2.resize(piece, (width, height))[np.newaxis]])
        return request


def probabilities(request: openvino.InferRequest) -> Floats:
    """The map, (H, W) of the detector's input, 0–1; valid until the request is started again."""
    request.wait()
    found: Floats = request.get_output_tensor().data[0, 0]
    return found


def _configuration(threads: int) -> dict[str, Any]:
    return {
        properties.hint.performance_mode(): properties.hint.PerformanceMode.LATENCY,
        properties.inference_num_threads(): threads,
        # Pinned, the threads of all workers would share the first cores.
        properties.hint.enable_cpu_pinning(): False,
        properties.num_streams(): 1,
    }
