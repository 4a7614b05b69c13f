"""Writes the chosen versions and workers into config.properties, for TorchServe's next start."""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from serving.config import KEY, Chosen, chosen_versions, metrics_file, models_of
from serving.failure import Failure
from serving.properties import changed_properties, read_properties
from serving.torchserve_process import CONFIG


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


def is_default(config: Path, model: str, version: str) -> bool:
    """Whether the file itself says that this version is to answer, by name."""
    models = models_of(config, read_properties(config))
    return bool(models.get(model, {}).get(version, {}).get("defaultVersion"))


@contextmanager
def choice_written(config: Path, home: Path, versions: Sequence[Version]) -> Iterator[Path]:
    """Write `load_models` and `models` anew and leave every other line as it is; what fails inside
    puts the file back as it was.

    A home that goes by the project's file gets one of its own, beside which the model store stays
    where it is. The file is replaced as a whole: a reader sees the old choice or the new one.
    Failure when it cannot be written.
    """
    own = home / CONFIG
    partial, before = _beside(home)
    was_there = own.exists()
    try:
        if was_there:
            shutil.copy2(own, before)  # now: putting it back must need no room on the disk
        partial.write_text(_with_choice(config, own, versions), encoding="utf-8", newline="")
        shutil.copymode(config, partial)
        _on_disk(partial)
        partial.replace(own)
        _on_disk(home)
    except OSError as error:
        with suppress(OSError):
            remove_leftovers(home)
        raise Failure(f"{own} cannot be written: {error.strerror}.") from None
    try:
        yield own
    except BaseException:
        if was_there:
            before.replace(own)
        else:
            own.unlink()
        raise
    before.unlink(missing_ok=True)


def remove_leftovers(home: Path) -> None:
    """Of a command that was killed while it wrote."""
    for left in _beside(home):
        left.unlink(missing_ok=True)


def _beside(home: Path) -> tuple[Path, Path]:
    """Where the file is written before it is put in place, and where the one before is kept."""
    return home / f"{CONFIG}.new", home / f"{CONFIG}.before"


def _on_disk(path: Path) -> None:
    """Return when a file, or the names in a folder, would outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _with_choice(config: Path, own: Path, versions: Sequence[Version]) -> str:
    changed = {
        "load_models": ",".join(version.archive for version in versions),
        "models": json.dumps(_models(config, versions)),
    }
    if own != config:
        properties = read_properties(config)
        store = properties.get("model_store", "model_store")
        changed["model_store"] = str((config.parent / store).resolve())
        if KEY in properties:
            changed[KEY] = str(metrics_file(config, properties))
    return changed_properties(config, changed)


def _models(config: Path, versions: Sequence[Version]) -> dict[str, dict[str, dict[str, object]]]:
    """`models=`: what an operator set besides, such as a batch size, stays with its version."""
    before = json.loads(read_properties(config).get("models", "{}"))
    models: dict[str, dict[str, dict[str, object]]] = {}
    for version in versions:
        known = before.get(version.model, {})
        own = dict(known.get(version.version, {}))
        # A version that is new here takes another one's place, with its workers.
        most = _most_workers(own or next(iter(known.values()), {}), version.workers)
        own |= {
            "defaultVersion": version.is_default,
            "marName": version.archive,
            "minWorkers": version.workers,
            "maxWorkers": most,
        }
        models.setdefault(version.model, {})[version.version] = own
    return models


def _most_workers(own: dict[str, object], workers: int) -> int:
    """An operator's own `maxWorkers`, where it allows more than are started; never fewer than are
    started now, or TorchServe would end some. It starts none beyond `minWorkers` by itself."""
    least, most = own.get("minWorkers", 1), own.get("maxWorkers")
    if isinstance(most, int) and isinstance(least, int) and most > least:
        return max(most, workers)
    return workers
