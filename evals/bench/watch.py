"""Stands between our reader and OpenVINO: tells which graphs it compiles, and has each inference
begun by whoever watches.

The reader is left as it is: OpenVINO's own calls are replaced, in this process alone.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Protocol

import openvino

KINDS = {
    "det": "detect",
    "first": "first reading",
    "rec": "second reading",
    "second": "confirm",
}
"""What a graph is for, by the folder that its weights are read from: the detector; the light
recogniser, which reads all lines; the one that reads again what decides or is in doubt; the one of
another family, which confirms."""


class Watcher(Protocol):
    """Whoever watches."""

    def compiled(self, model: Any, config: dict[str, Any], kind: str) -> int:
        """A graph is about to be compiled; the number that it is known by from now on."""
        ...

    def run(self, number: int, request: Any, tensor: Any, go: Callable[[], None]) -> None:
        """An inference of graph `number`, whose input is `tensor` (an array, or OpenVINO's), is
        wanted: `go` must be called, which begins it as the reader would.
        """
        ...


def watch(watcher: Watcher) -> None:
    """From now on OpenVINO's Python calls go through the watcher. Nobody unwatches."""
    core, compiled, request = openvino.Core, openvino.CompiledModel, openvino.InferRequest
    read_model, compile_model = core.read_model, core.compile_model
    create = compiled.create_infer_request
    last_read = ""

    @wraps(read_model)
    def reading(self: Any, model: Any, *arguments: Any, **k: Any) -> Any:
        nonlocal last_read
        last_read = Path(model).parent.name
        return read_model(self, model, *arguments, **k)

    @wraps(compile_model)
    def compiling(self: Any, model: Any, device: Any = None, config: Any = None, **k: Any) -> Any:
        number = watcher.compiled(model, dict(config or {}), KINDS[last_read])
        found = compile_model(self, model, device, config, **k)
        found.bench_number = number
        return found

    @wraps(create)
    def creating(self: Any) -> Any:
        found = create(self)
        found.bench_number = self.bench_number
        return found

    def fed(name: str) -> None:
        plain = getattr(request, name)

        @wraps(plain)
        def feeding(self: Any, inputs: Any = None, *arguments: Any, **k: Any) -> None:
            tensor = _only(self, inputs)
            watcher.run(
                self.bench_number, self, tensor, lambda: plain(self, inputs, *arguments, **k)
            )

        setattr(request, name, feeding)

    def queueing(self: Any, *_: Any) -> None:
        raise RuntimeError("the reader uses a queue of OpenVINO's: evals.bench.watch must learn it")

    core.read_model, core.compile_model = reading, compiling
    compiled.create_infer_request = creating
    openvino.AsyncInferQueue.__init__ = queueing
    fed("infer")
    fed("start_async")


def _only(request: Any, inputs: Any) -> Any:
    """What a graph with one input is fed with."""
    if inputs is None:
        given = [request.get_input_tensor(k) for k in range(len(request.input_tensors))]
    elif isinstance(inputs, dict):
        given = list(inputs.values())
    else:
        given = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    if len(given) != 1:
        raise RuntimeError("a graph with several inputs: evals.bench.watch must learn it")
    return given[0]
