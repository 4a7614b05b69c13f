"""The best class of each time step, told in the graph."""

import numpy as np
import numpy.typing as npt
import openvino
import pytest

from ocr.charset import kept_classes
from ocr.openvino_graph import load, open_core
from ocr.openvino_head import best_classes
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


def run(graph: openvino.Model, features: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
    compiled = open_core(None).compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return [np.array(value) for value in compiled([features]).values()]


@pytest.mark.parametrize("kind", ["plain", "transposed"])
def test_the_best_of_the_kept_classes_is_told_with_its_share_among_them(kind: str) -> None:
    graph = tail(kind)
    features = RANDOM.normal(size=(3, 7, 8)).astype(np.float32)
    (soft,) = run(graph, features)
    keep = np.array([0, 3, 4, 11, 25, 39])
    narrowed, told = best_classes(graph, keep)
    probability, place = run(narrowed, features)
    assert told.tolist() == keep.tolist()
    expected = soft[:, :, keep] / soft[:, :, keep].sum(axis=2, keepdims=True)
    assert (place == expected.argmax(axis=2)).all()
    assert probability == pytest.approx(expected.max(axis=2), rel=1e-4)


def test_a_graph_that_ends_otherwise_goes_on_to_tell_apart_all_classes() -> None:
    graph = tail("without bias")
    features = RANDOM.normal(size=(1, 5, 8)).astype(np.float32)
    (soft,) = run(graph, features)
    narrowed, told = best_classes(graph, np.array([0, 1]))
    probability, place = run(narrowed, features)
    assert told.tolist() == list(range(CLASSES))
    assert (place == soft.argmax(axis=2)).all()
    assert probability == pytest.approx(soft.max(axis=2), rel=1e-4)


def test_of_two_equal_classes_the_first_is_told() -> None:
    graph = tail("plain")
    features = np.zeros((1, 1, 8), np.float32)
    keep = np.array([7, 7, 7])
    _, place = run(best_classes(graph, keep)[0], features)
    assert place.tolist() == [[0]]


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
    _, told = best_classes(load(open_core(None), file), keep)
    assert len(told) == len(keep) < len(recogniser.characters)
