"""`python -m evals.bench.record MODELS PICTURES NAMES OUT BATCH`: records what our reader feeds to
its models.

The reader is left as it is: OpenVINO's own calls are watched. OUT gets every graph as it was
compiled (pre-processing and arg-max in it) and every input tensor, in order.
"""

import inspect
import json
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

_ALONE = "stream", "thread", "hint", "cache", "pin"
"""Properties that say how a graph is run and not what it computes."""

_LINE = 64
"""Pixels: no line is higher, no screen is lower."""


@dataclass(slots=True)
class Recording:
    """What was seen. graphs: the number of each compiled graph is its place in `configs`."""

    out: Path
    configs: list[dict[str, str]] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    tensors: list[tuple[int, NDArray[Any]]] = field(default_factory=list)
    on: bool = False

    def graph(self, model: Any, config: dict[str, Any] | None) -> int:
        """Keep a graph that is about to be compiled; its number."""
        number = len(self.configs)
        openvino.save_model(model, self.out / f"graph-{number}.xml", compress_to_fp16=False)
        told = {str(key): str(value) for key, value in (config or {}).items()}
        kept = {k: v for k, v in told.items() if not any(part in k.lower() for part in _ALONE)}
        if "INFERENCE_PRECISION_HINT" in told:
            kept["INFERENCE_PRECISION_HINT"] = told["INFERENCE_PRECISION_HINT"]
        self.configs.append(kept)
        self.kinds.append(_kind(model))
        return number

    def inputs(self, number: int, request: Any, inputs: Any) -> None:
        """Keep what a graph is fed with, as it is at this moment."""
        if not self.on:
            return
        if inputs is None:
            given = [request.get_input_tensor(k) for k in range(len(request.input_tensors))]
        elif isinstance(inputs, dict):
            given = list(inputs.values())
        else:
            given = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        if len(given) != 1:
            raise RuntimeError("a graph with several inputs: evals.bench.record must learn it")
        data = given[0].data if isinstance(given[0], openvino.Tensor) else given[0]
        self.tensors.append((number, np.array(data, copy=True)))

    def save(self, screens: int) -> None:
        """Write the tensors down, and what belongs to what."""
        for index, (_, tensor) in enumerate(self.tensors):
            np.save(self.out / f"tensor-{index:05}.npy", tensor)
        content = {
            "screens": screens,
            "configs": self.configs,
            "kinds": self.kinds,
            "items": [number for number, _ in self.tensors],
            "shapes": [list(tensor.shape) for _, tensor in self.tensors],
        }
        (self.out / "recording.json").write_text(json.dumps(content), encoding="utf-8")


def _kind(model: Any) -> str:
    """What a graph is for: who had it compiled, and which heights it takes, tell it."""
    if any("second" in Path(frame.filename).stem for frame in inspect.stack(0)):
        return "second reading"
    height = model.input().get_partial_shape()[1]
    return "recognise" if height.is_static and height.get_length() <= _LINE else "detect"


def watch(recording: Recording) -> None:
    """From now on OpenVINO's Python calls tell what goes through them."""
    core, compiled = openvino.Core, openvino.CompiledModel
    request, queue = openvino.InferRequest, openvino.AsyncInferQueue

    compile_model = core.compile_model
    create, new_queue = compiled.create_infer_request, queue.__init__

    @wraps(compile_model)
    def compiling(self: Any, model: Any, device: Any = None, config: Any = None, **k: Any) -> Any:
        if isinstance(model, str | Path):
            model = self.read_model(model)
        number = recording.graph(model, config)
        found = compile_model(self, model, device, config, **k)
        found.bench_number = number
        return found

    @wraps(create)
    def creating(self: Any) -> Any:
        found = create(self)
        found.bench_number = self.bench_number
        return found

    @wraps(new_queue)
    def queueing(self: Any, model: Any, *arguments: Any, **k: Any) -> None:
        new_queue(self, model, *arguments, **k)
        self.bench_number = model.bench_number

    def fed(kind: Any, name: str) -> None:
        plain = getattr(kind, name)

        @wraps(plain)
        def feeding(self: Any, inputs: Any = None, *arguments: Any, **k: Any) -> Any:
            source = self
            if kind is queue and inputs is None and recording.on:
                source = self[self.get_idle_request_id()]
            recording.inputs(self.bench_number, source, inputs)
            return plain(self, inputs, *arguments, **k)

        setattr(kind, name, feeding)

    core.compile_model = compiling
    compiled.create_infer_request = creating
    queue.__init__ = queueing
    for kind, name in ((request, "infer"), (request, "start_async"), (queue, "start_async")):
        fed(kind, name)


def record(models: Path, pictures: Path, names: Iterable[str], out: Path, batch: int) -> int:
    """Read the pictures in batches as the service would; how many tensors it took."""
    out.mkdir(parents=True, exist_ok=True)
    recording = Recording(out)
    watch(recording)
    from ocr.models import load_models
    from pipeline.decode.image import decode
    from pipeline.open_reader import open_decider
    from pipeline.settings import load_settings

    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(Path(home))
        decider = open_decider(settings, load_models(models))
        recording.on = True
        images = [decode((pictures / name).read_bytes(), settings) for name in names]
        for start in range(0, len(images), batch):
            decider.decide(images[start : start + batch])
    if not recording.tensors:
        raise RuntimeError("nothing was recorded: the reader reads in another way now")
    recording.save(len(images))
    return len(recording.tensors)


if __name__ == "__main__":
    models, pictures, names, out, batch = sys.argv[1:]
    print(record(Path(models), Path(pictures), names.split(","), Path(out), int(batch)))
