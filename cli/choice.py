"""What was chosen, written into config.properties: TorchServe loads it at its next start."""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.chosen import Chosen, chosen_versions
from cli.failure import Failure
from cli.metrics_file import KEY, metrics_file
from cli.torchserve import CONFIG
from front.torchserve import read_properties


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One line of the choice. archive: the file's name in the model store."""

    model: str
    version: str
    archive: str
    workers: int
    is_default: bool


def version_of(chosen: Chosen) -> Version:
    """What config.properties says of a version at present."""
    return Version(
        model=chosen.model,
        version=chosen.version,
        archive=chosen.archive.path.name,
        workers=chosen.workers,
        is_default=chosen.is_default,
    )


def read_choice(config: Path) -> list[Version]:
    """What the file chooses; Failure where an archive of it is missing or damaged."""
    return [version_of(chosen) for chosen in chosen_versions(config, read_properties(config))]


def write_choice(config: Path, home: Path, versions: Sequence[Version]) -> Path:
    """Write `load_models` and `models` anew and leave every other line as it is.

    A home that goes by the project's file gets one of its own, beside which the model store stays
    where it is. The file is replaced as a whole: a reader sees the old choice or the new one.
    Failure when it cannot be written.
    """
    own = home / CONFIG
    new = _with_choice(config, own, versions)
    partial = own.with_suffix(".new")
    try:
        partial.write_text(new, encoding="utf-8")
        shutil.copymode(config, partial)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(own)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise Failure(f"{own} cannot be written: {error.strerror}.") from None
    return own


def _with_choice(config: Path, own: Path, versions: Sequence[Version]) -> str:
    changed = {
        "load_models": ",".join(version.archive for version in versions),
        "models": json.dumps(_models(config, versions)),
    }
    if own != config:
        store = read_properties(config).get("model_store", "model_store")
        changed["model_store"] = str((config.parent / store).resolve())
        if KEY in read_properties(config):
            changed[KEY] = str(metrics_file(config, read_properties(config)))
    lines = []
    for line in config.read_text(encoding="utf-8").splitlines():
        key = line.partition("=")[0].strip()
        lines.append(f"{key}={changed.pop(key)}" if key in changed else line)
    lines += [f"{key}={value}" for key, value in changed.items()]
    return "\n".join(lines) + "\n"


def _models(config: Path, versions: Sequence[Version]) -> dict[str, dict[str, dict[str, object]]]:
    """`models=`: what an operator set besides, such as a batch size, stays with its version."""
    before = json.loads(read_properties(config).get("models", "{}"))
    models: dict[str, dict[str, dict[str, object]]] = {}
    for version in versions:
        own = dict(before.get(version.model, {}).get(version.version, {}))
        own |= {
            "defaultVersion": version.is_default,
            "marName": version.archive,
            "minWorkers": version.workers,
            "maxWorkers": version.workers,
        }
        models.setdefault(version.model, {})[version.version] = own
    return models
