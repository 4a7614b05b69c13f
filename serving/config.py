"""Reads from config.properties which versions of the models serve, with how many workers."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.settings import PROJECT
from serving.archive import Archive, read_archive
from serving.failure import Failure
from serving.properties import changed_properties


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One version that TorchServe loads at its start. is_default: answers without a version in
    the path."""

    archive: Archive
    workers: int
    is_default: bool

    @property
    def model(self) -> str:
        """The model's name in TorchServe."""
        return self.archive.model

    @property
    def version(self) -> str:
        """The version's name in TorchServe."""
        return self.archive.version

    @property
    def has_weights(self) -> bool:
        """Whether it reads pictures, with all the cores that takes."""
        return self.archive.weights != "none"


def model_store(config: Path, properties: dict[str, str]) -> Path:
    """The folder of the archives: `model_store`."""
    return named_path(config, properties.get("model_store", "model_store"))


def named_path(config: Path, name: str) -> Path:
    """A path that a config.properties names: beside it, or where nothing is there, of the project:
    a copy in FUNDOCR_HOME means what the original does."""
    own = config.parent / name
    return own if own.exists() else PROJECT / name


def chosen_versions(config: Path, properties: dict[str, str]) -> list[Chosen]:
    """What `load_models` names, every archive read and found sound; else Failure."""
    store = model_store(config, properties)
    names = [name.strip() for name in properties.get("load_models", "").split(",")]
    files = (
        sorted(store.glob("*.mar"))
        if names == ["all"]
        else [store / name.rpartition("=")[2] for name in names if name]
    )
    if not files:
        raise Failure(f"{config}: load_models names no archive.")
    settings = models_of(config, properties)
    chosen = []
    for file in files:
        archive = read_archive(file)
        versions = settings.get(archive.model, {})
        own = versions.get(archive.version, {})
        try:
            workers = int(own.get("minWorkers", 1))
            is_default = bool(own.get("defaultVersion", len(versions) < 2))
        except (AttributeError, TypeError, ValueError):
            raise Failure(_wrong_models(config)) from None
        chosen.append(Chosen(archive=archive, workers=workers, is_default=is_default))
    return chosen


def models_of(config: Path, properties: dict[str, str]) -> dict[str, dict[str, dict[str, Any]]]:
    """`models`: by model and version; Failure where it is no such JSON."""
    try:
        models = json.loads(properties.get("models", "{}"))
    except ValueError:
        raise Failure(_wrong_models(config)) from None
    if not isinstance(models, dict) or not all(isinstance(v, dict) for v in models.values()):
        raise Failure(_wrong_models(config))
    return models


def _wrong_models(config: Path) -> str:
    return (
        f"{config}: models= must be one line of JSON, such as "
        '{"ocr_handler": {"1.0": {"defaultVersion": true, "minWorkers": 1}}}.'
    )


# The metrics file that a config.properties names, as every working folder understands it.

KEY = "metrics_config"
NAME = "metrics.yaml"


def metrics_file(config: Path, properties: dict[str, str]) -> Path:
    """`metrics_config`, found as `model_store` is; the project's where the file, which may be older
    than our metrics, names none. Failure when it is not there:
    TorchServe's workers would not start.
    """
    named = properties.get(KEY)
    file = PROJECT / NAME if named is None else named_path(config, named).resolve()
    if not file.is_file():
        raise Failure(f"{file} is not there, which {KEY} in {config} names; copy {PROJECT / NAME}.")
    return file


def with_metrics_file(config: Path, properties: dict[str, str], folder: str) -> str:
    """A copy of a config.properties in `folder` with the metrics file's whole path: TorchServe
    takes a path from its working folder, and has no option for this one."""
    copy, file = Path(folder) / config.name, metrics_file(config, properties)
    copy.write_text(changed_properties(config, {KEY: str(file)}), encoding="utf-8", newline="")
    return str(copy)
