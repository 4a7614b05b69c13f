"""What the recogniser's graph ends in: scores, from which classes and probabilities come."""

import numpy as np
import numpy.typing as npt
import openvino
import pytest

from ocr.ctc import kept_classes
from ocr.openvino.graph import load, open_core
from ocr.openvino.head import class_scores, scores_in
from tests.ocr.reading import V4, V6, models

CLASSES = 40
ops = openvino.opset13
RANDOM = np.random.default_rng(3)


def tail(kind: str) -> openvino.Model:
    """The end of a recogniser: features (N, T, 8) → probabilities of 40 classes."""
    features = ops.parameter([-1, -1, 8], np.float32)
    weights = RANDOM.normal(size=(8, CLASSES)).astype(np.float32)
    bias = RANDOM.normal(size=CLASSES).astype(np.float32)
    if kind == "transposed":
        product = ops.matmul(features, ops.constant(weights.T.copy()), False, True)
    else:
        product = ops.matmul(features, ops.constant(weights), False, False)
    scores = product if kind == "without bias" else ops.add(product, ops.constant(bias))
    return openvino.Model([ops.softmax(scores, 2).output(0)], [features])


def run(graph: openvino.Model, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    compiled = open_core(None).compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.array(compiled([features])[0])


def softmax(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    exponents = np.exp(scores - scores.max(axis=2, keepdims=True))
    return exponents / exponents.sum(axis=2, keepdims=True)


@pytest.mark.parametrize("kind", ["plain", "transposed"])
def test_the_kept_classes_keep_their_shares_among_them(kind: str) -> None:
    graph = tail(kind)
    features = RANDOM.normal(size=(3, 7, 8)).astype(np.float32)
    soft = run(graph, features)
    keep = np.array([0, 3, 4, 11, 25, 39])
    narrowed, told = class_scores(graph, keep, as_bfloat16=False)
    assert told.tolist() == keep.tolist()
    expected = soft[:, :, keep] / soft[:, :, keep].sum(axis=2, keepdims=True)
    assert softmax(run(narrowed, features)) == pytest.approx(expected, rel=1e-4)


def test_a_graph_that_ends_otherwise_goes_on_to_tell_apart_all_classes() -> None:
    graph = tail("without bias")
    features = RANDOM.normal(size=(1, 5, 8)).astype(np.float32)
    soft = run(graph, features)
    narrowed, told = class_scores(graph, np.array([0, 1]), as_bfloat16=False)
    assert told.tolist() == list(range(CLASSES))
    assert softmax(run(narrowed, features)) == pytest.approx(soft, rel=1e-4)


def test_scores_come_as_the_bits_of_bfloat16_where_that_is_asked_for() -> None:
    graph = tail("plain")
    features = RANDOM.normal(size=(2, 3, 8)).astype(np.float32)
    exact = run(class_scores(graph, np.arange(CLASSES), as_bfloat16=False)[0], features)
    halves, _ = class_scores(graph, np.arange(CLASSES), as_bfloat16=True)
    compiled = open_core(None).compile_model(halves, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    request.infer([features])
    bits = scores_in(request.get_output_tensor())
    assert bits.dtype == np.int16
    floats = (bits.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    assert floats == pytest.approx(exact, rel=1 / 128)


def test_what_a_fund_app_can_show_stays_and_rare_chinese_characters_go() -> None:
    characters = models(V6).recogniser.characters
    kept = {characters[index] for index in kept_classes(characters)}
    assert set("可用份额持有基金代码赎回转出份額贖回0123456789.,+-%()（），．¥￥元") <= kept
    gone = set(characters) - kept
    assert len(gone) > 7000
    assert all("\u3400" <= character <= "\U0003ffff" for character in gone)
    assert "㐂" in gone
    assert kept_classes(characters)[0] == 0


@pytest.mark.parametrize("name", [V6, V4])
def test_the_bundled_recognisers_are_narrowed(name: str) -> None:
    recogniser = models(name).recogniser
    file = next(f for f in recogniser.folder.iterdir() if f.suffix in (".onnx", ".pdmodel"))
    keep = kept_classes(recogniser.characters)
    _, told = class_scores(load(open_core(None), file), keep, as_bfloat16=True)
    assert len(told) == len(keep) < len(recogniser.characters)
