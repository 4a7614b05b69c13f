"""The last layers of a CTC recogniser in OpenVINO: the best class of each time step, and no more.

What stands in the model, a softmax over 18,710 classes to be looked through outside, took 40 % of
a line's time: OpenVINO's TopK is slow where shapes are not fixed, and floats of all classes go
through memory again and again (docs/adr/0012).
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import openvino

ops: Any = openvino.opset13
_CLASSES = 2
"""The axis of (N, T, classes)."""


def best_classes(
    graph: openvino.Model, keep: npt.NDArray[np.int64]
) -> tuple[openvino.Model, npt.NDArray[np.int64]]:
    """A graph that ends in (N, T, classes) → the best class's probability and its place, (N, T),
    in the classes told apart, which come along.

    keep: the classes to tell apart, ascending. Probabilities are among them alone. A graph that
    ends otherwise than in a matrix product, a bias and a softmax goes on to tell apart all.
    """
    probabilities = graph.output(0).get_node().input_value(0)
    narrow = _narrowed(probabilities, keep)
    if narrow is None:
        narrow = probabilities
        keep = np.arange(probabilities.get_partial_shape()[_CLASSES].get_length())
    axis = ops.constant(np.array([_CLASSES]))
    best = ops.reduce_max(narrow, axis, True)
    # As floats, which the vector units compare at once; whole numbers are exact up to 2^24.
    places = ops.constant(np.arange(len(keep), dtype=np.float32))
    nowhere = ops.constant(np.float32(len(keep)))
    place = ops.reduce_min(ops.select(ops.equal(narrow, best), places, nowhere), axis)
    outputs = [ops.squeeze(best, axis).output(0), ops.convert(place, "i32").output(0)]
    return openvino.Model(outputs, graph.get_parameters()), keep


def _narrowed(probabilities: Any, keep: npt.NDArray[np.int64]) -> Any:  # noqa: ANN401
    """The softmax over the kept classes alone; None where the graph's end is another."""
    soft = probabilities.get_node()
    if soft.get_type_name() != "Softmax":
        return None
    add = _behind_identities(soft.input_value(0))
    if add.get_type_name() != "Add":
        return None
    for product, bias in ((0, 1), (1, 0)):
        matmul = _behind_identities(add.input_value(product))
        offsets = _constant(add.input_value(bias))
        if matmul.get_type_name() == "MatMul" and offsets is not None:
            weights = _constant(matmul.input_value(1))
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
    return ops.softmax(ops.add(narrow, ops.constant(offsets.reshape(-1)[keep])), _CLASSES)


def _behind_identities(output: Any) -> Any:  # noqa: ANN401
    node = output.get_node()
    while node.get_type_name() == "Identity":
        node = node.input_value(0).get_node()
    return node


def _constant(output: Any) -> npt.NDArray[Any] | None:  # noqa: ANN401
    node = _behind_identities(output)
    return np.asarray(node.get_data()) if node.get_type_name() == "Constant" else None
