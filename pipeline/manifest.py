"""The archive's list of its own files: written when it is built, checked before it is loaded."""

import json
from hashlib import file_digest
from pathlib import Path
from typing import Any

NAME = "manifest.json"
_IMPORTABLE = (".py", ".pyc", ".so")


class ManifestError(Exception):
    """The archive is not what was built; one sentence names the file."""


def write(folder: Path, **facts: str) -> None:
    """Write manifest.json over all files below `folder`, with `facts` beside the list.

    facts: `model_version` and `home` (the folder that stands for FUNDOCR_HOME when it is not set).
    """
    files = {
        path.relative_to(folder).as_posix(): _sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != NAME
    }
    text = json.dumps({**facts, "files": files}, ensure_ascii=False, indent=1)
    (folder / NAME).write_text(text, encoding="utf-8")


def check(folder: Path) -> dict[str, Any]:
    """Return the manifest's facts; ManifestError unless the files are just those that it lists.

    What a worker may leave in the folder, which it works in, does not count: compiled code, and
    anything beside our own folders that Python cannot import.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / NAME).read_text(encoding="utf-8"))
        files: dict[str, str] = manifest["files"]
    except (OSError, ValueError, KeyError) as error:
        raise ManifestError(f"{NAME} cannot be read; build the archive again") from error
    for name, expected in files.items():
        path = folder / name
        if not path.is_file():
            raise ManifestError(f"{name} is missing from the archive; build it again")
        if _sha256(path) != expected:
            raise ManifestError(f"{name} differs from what was archived; build it again")
    ours = {Path(name).parts[0] for name in files}
    for path in folder.rglob("*"):
        place = path.relative_to(folder)
        if (
            (place.parts[0] in ours or place.suffix in _IMPORTABLE)
            and "__pycache__" not in place.parts
            and place.as_posix() not in files
            and path.is_file()
        ):
            raise ManifestError(f"{place} does not belong to the archive; build it again")
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
