"""`python -m evals.bench.record MODELS PICTURES NAMES OUT BATCH`: records what our reader feeds to
its models.

OUT gets every graph as it was compiled (pre-processing and the scores' end in it) and every input
tensor, in order: all that the light recogniser reads, that the other one reads again, and that is
confirmed.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

from evals.bench.watch import watch

_ALONE = "stream", "thread", "hint", "cache", "pin"
"""Properties that say how a graph is run and not what it computes."""


@dataclass(slots=True)
class Recording:
    """What was seen. The number of each compiled graph is its place in `configs` and `kinds`."""

    out: Path
    configs: list[dict[str, str]] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    tensors: list[tuple[int, NDArray[Any]]] = field(default_factory=list)
    on: bool = False

    def compiled(self, model: Any, config: dict[str, Any], kind: str) -> int:
        """Keep a graph that is about to be compiled."""
        number = len(self.configs)
        openvino.save_model(model, self.out / f"graph-{number}.xml", compress_to_fp16=False)
        told = {str(key): str(value) for key, value in config.items()}
        kept = {k: v for k, v in told.items() if not any(part in k.lower() for part in _ALONE)}
        if "INFERENCE_PRECISION_HINT" in told:
            kept["INFERENCE_PRECISION_HINT"] = told["INFERENCE_PRECISION_HINT"]
        self.configs.append(kept)
        self.kinds.append(kind)
        return number

    def run(self, number: int, request: Any, tensor: Any, go: Callable[[], None]) -> None:
        """Keep what a graph is fed with, as it is at this moment."""
        if self.on:
            data = tensor.data if isinstance(tensor, openvino.Tensor) else tensor
            self.tensors.append((number, np.array(data, copy=True)))
        go()

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


def record(models: Path, pictures: Path, names: Iterable[str], out: Path, batch: int) -> int:
    """Read the pictures in batches as the service would; how many tensors it took."""
    out.mkdir(parents=True, exist_ok=True)
    recording = Recording(out)
    watch(recording)
    from ocr.models import load_models
    from pipeline.decode.image import decode
    from pipeline.open_reader import open_extractor
    from pipeline.settings import load_settings

    with tempfile.TemporaryDirectory() as home:
        settings = load_settings(Path(home))
        extractor = open_extractor(settings, load_models(models))
        recording.on = True
        images = [decode((pictures / name).read_bytes(), settings) for name in names]
        for start in range(0, len(images), batch):
            extractor.extract(images[start : start + batch])
    if missing := set(recording.kinds) - {
        recording.kinds[number] for number, _ in recording.tensors
    }:
        raise RuntimeError(
            f"nothing was recorded of {missing}: the reader reads in another way now"
        )
    recording.save(len(images))
    return len(recording.tensors)


if __name__ == "__main__":
    models, pictures, names, out, batch = sys.argv[1:]
    print(record(Path(models), Path(pictures), names.split(","), Path(out), int(batch)))
