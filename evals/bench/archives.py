"""The archives that are measured: the model store's, and one of the same code with other models."""

from pathlib import Path
from zipfile import ZipFile

from evals.bench.child import ChildFailed, last_line_of
from evals.bench.report import say
from pipeline.settings import PROJECT
from serving.archive import Archive, read_archive
from serving.failure import Failure

STORE = PROJECT / "model_store"
NAME = "ocr_handler.mar"
_BUILT = PROJECT / "var" / "bench" / "model_store"


class WrongArchive(Exception):
    """The model store has other models than those that the bench measures."""


def require(preset: str, store: Path = STORE) -> None:
    """WrongArchive unless the store's archive reads with this preset."""
    weights = read_archive(store / NAME).weights
    if not weights.startswith(f"{preset}@"):
        raise WrongArchive(f"{store / NAME} reads with {weights}; ./archive.sh --preset {preset}")


def store_of(preset: str) -> Path:
    """A model store whose archive has the code of the model store's own, and these models."""
    store = _BUILT / preset
    if not _is_current(store / NAME):
        say(f"building an archive with {preset}")
        last_line_of(["./archive.sh", "--preset", preset, "--output", str(store)])
        if not _is_current(store / NAME):
            raise ChildFailed("model_store/ is older than the code: make archive")
    require(preset, store)
    return store


def _is_current(archive: Path) -> bool:
    try:
        return _code(read_archive(archive)) == _code(read_archive(STORE / NAME))
    except Failure:
        return False


def _code(archive: Archive) -> dict[str, str]:
    return {name: sha for name, sha in archive.files.items() if not name.startswith("model/")}


def unpack(folder: Path) -> Path:
    """Unpack the model store's archive, as TorchServe does; its models are in `model`."""
    with ZipFile(STORE / NAME) as archive:
        archive.extractall(folder)
    return folder
