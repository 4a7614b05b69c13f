"""Stage code, weights and manifest in a private folder and pack them with torch-model-archiver.

Called by archive.sh, which says how. Each archive is built beside its place and moved there as a
whole, so a failed build leaves the model store as it was.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from get_weights import PRESETS, PROJECT, WeightsError, get_weights

from ocr.errors import ModelError
from ocr.models import Models, load_model_pair, load_models
from pipeline import manifest

DEFAULT_VERSION = "1.0"
PACKAGES = ("db", "handlers", "ocr", "pipeline", "postprocess")


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


def main() -> int:
    """Build what the command line asks for; 1 and one line on standard error when it cannot be."""
    options = _options()
    try:
        models = _models(options)
        options.output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".build-", dir=options.output) as folder:
            built = [_build(archive, models, options.version, Path(folder)) for archive in ARCHIVES]
            for path in built:
                path.replace(options.output / path.name)
                print(f"{options.output / path.name}  {models.version}")
    except (ArchiveError, ModelError, WeightsError, OSError) as error:
        print(f"archive.sh: {error}", file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="archive.sh", description=__doc__.splitlines()[0])
    parser.add_argument("--version", help=f"version of both archives; default {DEFAULT_VERSION}")
    names = [preset.name for preset in PRESETS]
    parser.add_argument("--preset", choices=names, default=names[0], help="bundled weights")
    parser.add_argument("--det", type=Path, help="folder of a detector in PaddleOCR's format")
    parser.add_argument("--rec", type=Path, help="folder of a recogniser in PaddleOCR's format")
    parser.add_argument("--output", type=Path, default=PROJECT / "model_store")
    options = parser.parse_args()
    if options.version is not None and not re.fullmatch(r"[0-9]+(\.[0-9]+)*", options.version):
        parser.error(f"--version {options.version!r} is not like 2.0")
    if (options.det is None) != (options.rec is None):
        parser.error("--det and --rec go together")
    return options


def _models(options: argparse.Namespace) -> Models:
    if options.det is not None:
        return load_model_pair(options.det, options.rec)
    get_weights(PROJECT / "weights")
    return load_models(PROJECT / "weights" / options.preset)


def _build(archive: Archive, models: Models, version: str | None, folder: Path) -> Path:
    stage = folder / archive.model
    for package in PACKAGES:
        if package != "ocr" or archive.has_weights:
            shutil.copytree(
                PROJECT / package, stage / package, ignore=shutil.ignore_patterns("__pycache__")
            )
    if archive.has_weights:
        for part, source in (("det", models.detector), ("rec", models.recogniser)):
            shutil.copytree(source.folder, stage / "model" / part)
    handlers = stage / "handlers"
    for name in (f"{archive.handler}.py", f"{archive.handler}.yaml"):
        # The archiver puts these into the root once more; the manifest covers them there too.
        shutil.copy(handlers / name, stage / name)
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
        *("--config-file", str(handlers / f"{archive.handler}.yaml")),
        *("--extra-files", str(stage), "--export-path", str(exported)),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"TMPDIR": str(scratch)}
    )
    if done.returncode:
        raise ArchiveError(f"torch-model-archiver failed: {done.stderr.strip().splitlines()[-1]}")
    suffix = f"-{version}" if version else ""
    path = exported / f"{archive.model}.mar"
    return path.rename(exported / f"{archive.model}{suffix}.mar")


if __name__ == "__main__":
    sys.exit(main())
