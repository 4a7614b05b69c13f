"""A DB detector in OpenVINO: pieces of pictures in, their maps of text probability out."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import openvino
from openvino import properties

from ocr.boxes import Floats
from ocr.crops import Pixels
from ocr.models import Detector, weights_file
from ocr.openvino.graph import from_bytes, load
from ocr.openvino.head import behind_identities, constant
from ocr.scale import detector_size

# The last layers of a DB detector in OpenVINO, made cheaper without changing what they calculate.
#
# Two transposed convolutions of 2 × 2 pixels with stride 2 take a map from a quarter of the
# picture's size to all of it. Each output pixel has one source pixel then, so both are plain
# products at the quarter size, of which a pixel's 16 sub-pixels come as channels. OpenVINO has
# those in bfloat16, and no 24 channels at full size go through memory: a quarter of the detector's
# time (docs/adr/0012).

ops: Any = openvino.opset13
_Floats = npt.NDArray[np.float32]


def from_quarter(graph: openvino.Model) -> openvino.Model:
    """A detector for one picture, (1, 3, H, W) → (1, 1, H, W), that gives the same map.

    A graph that ends otherwise than in a transposed convolution, a bias, ReLU, another of each and
    a sigmoid stays as it is.
    """
    found = _layers(graph)
    if found is None:
        return graph
    source, (first, bias), (second, last_bias) = found
    middle = second.shape[0]
    # Channel c * 4 + s: what channel c is at the sub-pixel s.
    wide = first.transpose(1, 2, 3, 0).reshape(4 * middle, -1, 1, 1)
    quarter = ops.relu(_product(source, wide, np.repeat(bias, 4)))
    # Channel s * 4 + t: at the sub-pixel t of the sub-pixel s.
    narrow = np.zeros((16, 4 * middle, 1, 1), np.float32)
    for part in range(4):
        narrow[4 * part : 4 * part + 4, part::4, 0, 0] = second.reshape(middle, 4).T
    map_parts = ops.sigmoid(_product(quarter, narrow, np.repeat(last_bias, 16)))
    size = ops.gather(ops.shape_of(map_parts), ops.constant([2, 3]), ops.constant(0))
    split = ops.reshape(map_parts, ops.concat([ops.constant([2, 2, 2, 2]), size], 0), False)
    whole = ops.concat([ops.constant([1, 1]), ops.multiply(size, ops.constant([4, 4]))], 0)
    # (row of s, column of s, row of t, column of t, y, x), rows before columns.
    pixels = ops.transpose(split, ops.constant([4, 0, 2, 5, 1, 3]))
    result = ops.reshape(pixels, whole, False)
    return openvino.Model([result.output(0)], graph.get_parameters())


def _product(source: Any, weights: _Floats, bias: _Floats) -> Any:  # noqa: ANN401
    product = ops.convolution(
        source, ops.constant(np.ascontiguousarray(weights)), [1, 1], [0, 0], [0, 0], [1, 1]
    )
    return ops.add(product, ops.constant(bias.reshape(1, -1, 1, 1)))


_Doubling = tuple[_Floats, _Floats]
"""Weights (channels in, channels out, 2, 2) and bias (channels out)."""


def _layers(graph: openvino.Model) -> tuple[Any, _Doubling, _Doubling] | None:
    """What goes into the two layers, and the layers; None where the graph's end is another."""
    end = behind_identities(graph.output(0).get_node().input_value(0))
    if end.get_type_name() != "Sigmoid":
        return None
    second = _doubling(end.input_value(0))
    if second is None:
        return None
    relu = behind_identities(second[0])
    if relu.get_type_name() != "Relu":
        return None
    first = _doubling(relu.input_value(0))
    if first is None or second[1][0].shape[1] != 1:
        return None
    return first[0], first[1], second[1]


def _doubling(output: Any) -> tuple[Any, _Doubling] | None:  # noqa: ANN401
    """A transposed convolution with its bias that ends here, and what goes into it."""
    add = behind_identities(output)
    if add.get_type_name() != "Add":
        return None
    layer, bias = behind_identities(add.input_value(0)), constant(add.input_value(1))
    if layer.get_type_name() != "ConvolutionBackpropData" or bias is None:
        return None
    weights, how = constant(layer.input_value(1)), layer.get_attributes()
    is_plain = (
        layer.get_input_size() == 2
        and weights is not None
        and weights.shape[2:] == (2, 2)
        and bias.size == weights.shape[1]
        and list(how["strides"]) == [2, 2]
        and list(how["dilations"]) == [1, 1]
        and not any([*how["pads_begin"], *how["pads_end"], *how["output_padding"]])
    )
    if not is_plain or weights is None:
        return None
    return layer.input_value(0), (weights, bias.reshape(-1))


_KEPT_PIXELS = 640 * 640
"""Up to so large a look (pixels) its memory is kept for the next one; screens are half of that. A
look of 960 × 960 takes 110 MB."""


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
        self._compiled = core.compile_model(
            graph, place, _configuration(threads) if place == "CPU" else {}
        )
        self._requests = [self._compiled.create_infer_request() for _ in range(self.DEPTH)]
        self._started = 0
        self._largest = 0  # pixels, since memory was given back

    def start(self, piece: Pixels, side: int) -> openvino.InferRequest:
        """Begin to look at a piece, (H, W, 3) uint8 BGR, its longest side made `side` pixels long;
        the one that was started DEPTH starts before must have been waited for.
        """
        request = self._requests[self._started % self.DEPTH]
        self._started += 1
        request.wait()  # where a fault left it running
        height, width = detector_size(piece.shape[0], piece.shape[1], side)
        self._largest = max(self._largest, height * width)
        request.start_async([cv2.resize(piece, (width, height))[np.newaxis]])
        return request

    def rest(self) -> None:
        """Give back what large pieces took; called when the maps of all were looked through."""
        if self._largest <= _KEPT_PIXELS:
            return
        for request in self._requests:
            request.wait()  # where a fault left it running
        self._compiled.release_memory()
        self._largest = 0


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
