"""Cuts the softmax off a recogniser's graph: it ends in the scores of the classes that count.

What stands in the model, a softmax over 18,710 classes to be looked through, took 40 % of a line's
time. OpenVINO's TopK is slow where shapes are not fixed, and each step over floats of all classes
goes through memory again; numpy finds the largest of 16-bit numbers faster than the graph does
(docs/adr/0012).
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import openvino

ops: Any = openvino.opset13
_CLASSES = 2
"""The axis of (N, T, classes)."""


def class_scores(
    graph: openvino.Model, keep: npt.NDArray[np.int64], *, as_bfloat16: bool
) -> tuple[openvino.Model, npt.NDArray[np.int64]]:
    """A graph that ends in (N, T, classes) → the scores of the classes told apart, which come
    along; a softmax makes them probabilities (ocr.ctc).

    keep: the classes to tell apart, ascending. A graph that ends otherwise than in a matrix
    product, a bias and a softmax goes on to tell apart all. as_bfloat16: hand the scores out as
    they are calculated where the processor has bfloat16; no bit is lost, and half are moved.
    """
    probabilities = graph.output(0).get_node().input_value(0)
    scores = _narrowed(probabilities, keep)
    if scores is None:
        scores = ops.log(probabilities).output(0)
        keep = np.arange(probabilities.get_partial_shape()[_CLASSES].get_length())
    if as_bfloat16:
        scores = ops.convert(scores, "bf16").output(0)
    return openvino.Model([scores], graph.get_parameters()), keep


def scores_in(tensor: openvino.Tensor) -> npt.NDArray[Any]:
    """What such a graph put out: float32, or the bits of bfloat16 as int16, which ocr.ctc takes."""
    found: npt.NDArray[Any] = tensor.data
    return found.view(np.int16) if tensor.element_type == openvino.Type.bf16 else found


def _narrowed(probabilities: Any, keep: npt.NDArray[np.int64]) -> Any:  # noqa: ANN401
    """What the softmax is made of, for the kept classes alone; None where the graph's end is
    another."""
    soft = probabilities.get_node()
    if soft.get_type_name() != "Softmax":
        return None
    add = behind_identities(soft.input_value(0))
    if add.get_type_name() != "Add":
        return None
    for product, bias in ((0, 1), (1, 0)):
        matmul = behind_identities(add.input_value(product))
        offsets = constant(add.input_value(bias))
        if matmul.get_type_name() == "MatMul" and offsets is not None:
            weights = constant(matmul.input_value(1))
            break
    else:
        return None
    if weights is None or weights.ndim != 2:
        return None
    how = matmul.get_attributes()
    chosen = weights[keep] if how["transpose_b"] else weights[:, keep]
    narrow = ops.matmul(
        matmul.input_value(0),
        ops.constant(np.ascontiguousarray(chosen)),
        how["transpose_a"],
        how["transpose_b"],
    )
    return ops.add(narrow, ops.constant(offsets.reshape(-1)[keep])).output(0)


def behind_identities(output: Any) -> Any:  # noqa: ANN401
    """The node that an output comes from, those that change nothing left out."""
    node = output.get_node()
    while node.get_type_name() == "Identity":
        node = node.input_value(0).get_node()
    return node


def constant(output: Any) -> npt.NDArray[Any] | None:  # noqa: ANN401
    """The constant that an output is; None where it is something else."""
    node = behind_identities(output)
    return np.asarray(node.get_data()) if node.get_type_name() == "Constant" else None
