"""Stage code, weights and manifest in a private folder and pack them with torch-model-archiver.

Called by archive.sh, which says how. Each archive is built beside its place and moved there as a
whole, so a failed build leaves the model store as it was.
"""

import argparse
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
from get_weights import PROJECT, WeightsError, get_weights

from handlers import manifest
from ocr.engines import DEFAULT_ENGINE, ENGINES
from ocr.errors import ModelError, ReaderError
from ocr.models import (
    MODEL_FILES,
    PRESETS,
    Detector,
    Models,
    Recogniser,
    load_bundled,
    load_model_folders,
    second_for,
    weights_file,
)
from ocr.reader import open_reader

DEFAULT_VERSION = "1.0"
PACKAGES = ("db", "handlers", "ocr", "pipeline", "postprocess")
# As many as TorchServe's queue has room for (job_queue_size).
MOST_TOGETHER = 200
LOOKED_FOR_IN_ROOT = "sitecustomize.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """One model as TorchServe knows it. has_weights: whether it reads pictures."""

    model: str
    handler: str
    has_weights: bool


ARCHIVES = (
    Archive(model="ocr_handler", handler="ocr_handler", has_weights=True),
    Archive(model="ocr_info_update", handler="update_handler", has_weights=False),
)


class ArchiveError(Exception):
    """One sentence that says what is wrong and what to do."""


class _OneLine(argparse.ArgumentParser):
    """Says what is wrong with the command line without telling the whole usage."""

    def error(self, message: str) -> NoReturn:
        raise ArchiveError(message)


_BATCH_SIZE = re.compile(r"^batchSize: \d+$", re.MULTILINE)
_STOPS = (signal.SIGTERM, signal.SIGINT)


def _folder_in(output: Path) -> "tempfile.TemporaryDirectory[str]":
    """A folder that goes when it is left. A signal waits until it is known: one that comes between
    making it and knowing it would leave it behind."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    try:
        return tempfile.TemporaryDirectory(prefix=".build-", dir=output)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def main() -> int:
    """Build what the command line asks for; 1 and one line on standard error when it cannot be."""
    # The way out of `with`, so that nothing half built stays.
    for number in _STOPS:
        signal.signal(number, lambda got, _: sys.exit(128 + got))
    try:
        options = _options()
        models = _models(options)
        options.output.mkdir(parents=True, exist_ok=True)
        with _folder_in(options.output) as folder:
            built = [_build(archive, models, options, Path(folder)) for archive in ARCHIVES]
            for path in built:
                path.replace(options.output / path.name)
        for archive, path in zip(ARCHIVES, built, strict=True):
            inside = f"  {models.version}" if archive.has_weights else ""
            print(f"{options.output / path.name}{inside}")
    except (ArchiveError, ModelError, ReaderError, WeightsError, OSError) as error:
        print(f"archive.sh: {error}", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = _OneLine(prog="archive.sh", description=__doc__.splitlines()[0])
    parser.add_argument("--version", help=f"version of both archives; default {DEFAULT_VERSION}")
    names = list(PRESETS)
    parser.add_argument("--preset", choices=names, default=names[0], help="bundled weights")
    parser.add_argument("--det", type=Path, help="folder of a detector in PaddleOCR's format")
    parser.add_argument("--rec", type=Path, help="folder of a recogniser in PaddleOCR's format")
    parser.add_argument(
        "--first",
        type=Path,
        help="folder of a light recogniser that reads all lines before --rec reads what matters",
    )
    parser.add_argument(
        "--batch-size",
        type=int,
        metavar="N",
        help="pictures that a worker reads together; default: as handlers/ocr_handler.yaml says",
    )
    parser.add_argument("--output", type=Path, default=PROJECT / "model_store")
    options = parser.parse_args()
    if options.version is not None and not re.fullmatch(r"[0-9]+(\.[0-9]+)*", options.version):
        raise ArchiveError(f"--version {options.version!r} is not like 2.0")
    if options.batch_size is not None and not 1 <= options.batch_size <= MOST_TOGETHER:
        raise ArchiveError(
            f"--batch-size {options.batch_size} is not between 1 and {MOST_TOGETHER}"
        )
    if (options.det is None) != (options.rec is None):
        raise ArchiveError("--det and --rec go together")
    if options.first is not None and options.det is None:
        raise ArchiveError("--first goes with --det and --rec")
    return options


def _models(options: argparse.Namespace) -> Models:
    """The chosen models, and as their second recogniser a bundled one of another family."""
    weights = PROJECT / "weights"
    get_weights(weights)
    if options.det is not None:
        for named in (options.det, options.rec, options.first):
            if named is not None:
                _require_files(named)
        name = load_model_folders(options.det, options.rec).recogniser.name.removesuffix("_rec")
        second = second_for(name, weights)
        models = load_model_folders(options.det, options.rec, second, options.first)
        _require_readable(models)
        return models
    return load_bundled(weights, options.preset)


def _require_readable(models: Models) -> None:
    """A folder may look right and hold damaged or foreign weights: read one picture with them."""
    folders = [models.detector.folder, models.recogniser.folder]
    if models.first is not None:
        folders.append(models.first.folder)
    engine = next((e for e in ENGINES if _can_load(e, folders)), DEFAULT_ENGINE)
    blank = np.full((64, 320, 3), 255, np.uint8)
    try:
        open_reader(models, engine=engine).read([blank], lambda page: page.lines)
    except (ModelError, ReaderError):
        raise
    except Exception as error:
        reason = str(error).strip().splitlines()[-1]
        raise ArchiveError(
            f"{' and '.join(map(str, folders))} do not read a picture with {engine}: {reason}"
        ) from error


def _can_load(engine: str, folders: Sequence[Path]) -> bool:
    try:
        return all(weights_file(folder, engine) for folder in folders)
    except ModelError:
        return False


def _require_files(folder: Path) -> None:
    """Before anything of a model is read: of the names that are packed none leads elsewhere. (The
    folder itself may be a link: it was named by hand.)"""
    for path in (folder / name for name in MODEL_FILES):
        if path.is_symlink():
            raise ArchiveError(f"{path} is a link; put the file itself there")
        if path.exists() and not path.is_file():
            raise ArchiveError(f"{path} is no file")


def _copy(file: Path, place: Path) -> None:
    """A file of ours or of a model; a link could pack what lies anywhere on this machine."""
    if file.is_symlink():
        raise ArchiveError(f"{file} is a link; put the file itself there")
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, place)


def _build(archive: Archive, models: Models, options: argparse.Namespace, folder: Path) -> Path:
    version = options.version
    stage = folder / archive.model
    for package in PACKAGES:  # all of them: the settings of a model without a reader name engines
        for file in manifest.shipped(PROJECT / package):
            _copy(file, stage / file.relative_to(PROJECT))
    if archive.has_weights:
        parts: dict[str, Detector | Recogniser | None] = {"det": models.detector}
        parts |= {"rec": models.recogniser, "second": models.second, "first": models.first}
        for part, source in parts.items():
            if source is None:
                continue
            for name in MODEL_FILES:
                if (source.folder / name).exists():
                    _copy(source.folder / name, stage / "model" / part / name)
    handlers = stage / "handlers"
    for name in (f"{archive.handler}.py", f"{archive.handler}.yaml"):
        # The archiver puts these into the root once more; the manifest covers them there too.
        shutil.copy(handlers / name, stage / name)
    config = stage / f"{archive.handler}.yaml"
    if options.batch_size is not None and archive.has_weights:
        # In the copy that TorchServe reads; handlers/ stays the code that it was built from.
        text = config.read_text(encoding="utf-8")
        size = f"batchSize: {options.batch_size}"
        config.write_text(_BATCH_SIZE.sub(size, text), encoding="utf-8")
    shutil.copy(handlers / LOOKED_FOR_IN_ROOT, stage / LOOKED_FOR_IN_ROOT)
    version_of_model = models.version if archive.has_weights else "none"
    manifest.write(stage, model_version=version_of_model, home=str(PROJECT))

    # The archiver deletes $TMPDIR/<model name>: it gets a folder of its own.
    scratch, exported = folder / "tmp", folder / "exported"
    scratch.mkdir(exist_ok=True)
    exported.mkdir(exist_ok=True)
    command = [
        *(sys.executable, "-m", "model_archiver.model_packaging"),
        *("--model-name", archive.model, "--version", version or DEFAULT_VERSION),
        *("--handler", str(handlers / f"{archive.handler}.py")),
        *("--config-file", str(config)),
        *("--extra-files", str(stage), "--export-path", str(exported)),
        # Weights hardly shrink, and unpacking them would take a second of each start.
        *("--archive-format", "zip-store"),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"TMPDIR": str(scratch)}
    )
    if done.returncode:
        raise ArchiveError(f"torch-model-archiver failed: {done.stderr.strip().splitlines()[-1]}")
    suffix = f"-{version}" if version else ""
    path = exported / f"{archive.model}.mar"
    with zipfile.ZipFile(path, "a") as packed:
        contents = {name: packed.read(name) for name in manifest.SEALED}
        packed.writestr(manifest.SEAL, manifest.seal(contents))
    return path.rename(exported / f"{archive.model}{suffix}.mar")


if __name__ == "__main__":
    sys.exit(main())
