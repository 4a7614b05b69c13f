"""The archive's list of its own files: written when it is built, checked before it is loaded."""

import json
from hashlib import file_digest
from pathlib import Path
from typing import Any

NAME = "manifest.json"


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
    """Return the manifest's facts after every listed file proved unchanged; else ManifestError."""
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
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
