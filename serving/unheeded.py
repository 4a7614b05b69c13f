"""Finds settings in `models=` that TorchServe ignores because the archive's own YAML wins."""

import json
import zipfile
from typing import TYPE_CHECKING, Any

import yaml

from handlers import manifest
from serving.config import models_of
from serving.failure import Failure

if TYPE_CHECKING:
    from serving.archive import Archive
    from serving.torchserve_process import TorchServe

_KEYS = ("batchSize", "maxBatchDelay", "responseTimeout", "startupTimeout")


def unheeded(server: "TorchServe") -> list[str]:
    """One line for each key that would have another value, and how to get it."""
    models = models_of(server.config, server.properties)
    lines = []
    for chosen in server.chosen:
        named = models.get(chosen.model, {}).get(chosen.version, {})
        written = _yaml(chosen.archive) if set(_KEYS) & set(named) else {}
        lines += [
            f"{key} {named[key]} of {chosen.model} {chosen.version} in {server.config} has no "
            f"effect: its archive says {written[key]}, which wins; {_way(key, named[key])}."
            for key in _KEYS
            if key in named and key in written and named[key] != written[key]
        ]
    return lines


def heeded(server: "TorchServe") -> str:
    """For `fundocr doctor`; Failure with those lines."""
    if lines := unheeded(server):
        raise Failure("\n".join(lines))
    return f"TorchServe heeds all that models= of {server.config} says"


def _way(key: str, value: object) -> str:
    if key == "batchSize":
        return f"build it with `./archive.sh --batch-size {value}`"
    return f"set {key} in handlers/*.yaml and build it with `./archive.sh`"


def _yaml(archive: "Archive") -> dict[str, Any]:
    with zipfile.ZipFile(archive.path) as file:
        told = json.loads(file.read(manifest.TORCHSERVES))
        return dict(yaml.safe_load(file.read(told["model"]["configFile"])) or {})
