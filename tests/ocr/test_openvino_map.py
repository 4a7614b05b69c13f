"""The detector's last layers, calculated at a quarter of the size."""

import cv2
import numpy as np
import numpy.typing as npt
import openvino
import pytest

from ocr.models import weights_file
from ocr.openvino.detector import from_quarter
from ocr.openvino.graph import load, open_core
from tests.conftest import SAMPLES
from tests.ocr.reading import V4, V6, models

ops = openvino.opset13


def run(graph: openvino.Model, pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    compiled = open_core(None).compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.array(compiled([pixels])[0])


def test_the_map_is_the_same() -> None:
    file = weights_file(models(V6).detector.folder, "openvino")
    plain, changed = load(open_core(None), file), from_quarter(load(open_core(None), file))
    names = {node.get_type_name() for node in changed.get_ops()}
    assert "ConvolutionBackpropData" not in names
    screen = cv2.imread(str(SAMPLES / "alipay_light_rows.png"))
    small = cv2.resize(screen, (288, 640)).astype(np.float32) / 127.5 - 1
    pixels = np.ascontiguousarray(small.transpose(2, 0, 1)[np.newaxis])
    expected = run(plain, pixels)
    assert (expected > 0.6).mean() > 0.02  # there is text on it
    assert run(changed, pixels) == pytest.approx(expected, abs=1e-4)


def test_a_detector_with_a_batch_normalisation_there_stays_as_it_is() -> None:
    graph = load(open_core(None), weights_file(models(V4).detector.folder, "openvino"))
    assert from_quarter(graph) is graph


@pytest.mark.parametrize("stride", [1, 2])
def test_another_end_stays_as_it_is(stride: int) -> None:
    source = ops.parameter([1, 3, -1, -1], np.float32)
    weights = ops.constant(np.ones((3, 1, 2, 2), np.float32))
    doubled = ops.convolution_backprop_data(source, weights, [stride] * 2)
    graph = openvino.Model([ops.sigmoid(doubled).output(0)], [source])
    assert from_quarter(graph) is graph
