"""The archive's list of its own files: written when it is built, checked before it is loaded.

manifest.json lists every file with its sha256; manifest.sha256, in the form of `sha256sum -c`, has
the sha256 of manifest.json itself and of TorchServe's own manifest, which is made after ours. So no
byte of an archive can change unseen. (Whoever changes an archive on purpose can make both anew.)
"""

import json
from collections.abc import Iterator, Mapping
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

NAME = "manifest.json"
TORCHSERVES = "MAR-INF/MANIFEST.json"
SEAL = "manifest.sha256"
SEALED = (TORCHSERVES, NAME)
_IMPORTABLE = (".py", ".pyc", ".so")
# Python itself writes it before that file can keep it from doing so (handlers/sitecustomize.py).
_COMPILED_FIRST = "__pycache__/sitecustomize."


_SHIPPED = (".py", ".yaml", ".mako")


class ManifestError(Exception):
    """The archive is not what was built; one sentence names the file."""


def shipped(package: Path) -> Iterator[Path]:
    """The files of a package that an archive has: what else lies there (compiled code, .env, a
    note) stays. Links are among them, for whoever wants none."""
    for path in sorted(package.rglob("*")):
        place = path.relative_to(package)
        if "__pycache__" in place.parts or any(part.startswith(".") for part in place.parts):
            continue
        if path.is_symlink() or (path.suffix in _SHIPPED and path.is_file()):
            yield path


def write(folder: Path, **facts: str) -> None:
    """Write manifest.json over all files below `folder`, with `facts` beside the list.

    facts: `model_version` and `home` (the folder that stands for FUNDOCR_HOME when it is not set).
    """
    files = {
        path.relative_to(folder).as_posix(): file_sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != NAME
    }
    text = json.dumps({**facts, "files": files}, ensure_ascii=False, indent=1)
    (folder / NAME).write_text(text, encoding="utf-8")


def seal(contents: Mapping[str, bytes]) -> str:
    """The text of manifest.sha256 over the two manifests, by their names (SEALED)."""
    return "".join(f"{sha256(contents[name]).hexdigest()}  {name}\n" for name in SEALED)


def broken_seal(text: bytes, contents: Mapping[str, bytes]) -> str | None:
    """What does not agree with manifest.sha256, whose content is `text`; None where all does."""
    expected = seal(contents).encode()
    if text == expected:
        return None
    lines = text.splitlines(keepends=True)
    for name, line in zip(SEALED, expected.splitlines(keepends=True), strict=True):
        if line not in lines:
            return f"{name} and {SEAL} do not agree"
    return f"{SEAL} differs from what was archived"


def check(folder: Path) -> dict[str, Any]:
    """Return the manifest's facts; ManifestError unless the files are just those that it lists.

    What a worker may leave in the folder, which it works in, does not count: anything beside our
    own folders that Python cannot import.
    """
    try:
        contents = {name: (folder / name).read_bytes() for name in SEALED}
        broken = broken_seal((folder / SEAL).read_bytes(), contents)
    except OSError as error:
        missing = Path(str(error.filename)).relative_to(folder)
        raise ManifestError(f"{missing} cannot be read; build the archive again") from error
    if broken:
        raise ManifestError(f"{broken}; build it again")
    try:
        manifest: dict[str, Any] = json.loads(contents[NAME])
        files: dict[str, str] = manifest["files"]
    except (ValueError, KeyError, TypeError) as error:
        raise ManifestError(f"{NAME} cannot be read; build the archive again") from error
    for name, expected in files.items():
        path = folder / name
        if not path.is_file():
            raise ManifestError(f"{name} is missing from the archive; build it again")
        if file_sha256(path) != expected:
            raise ManifestError(f"{name} differs from what was archived; build it again")
    ours = {Path(name).parts[0] for name in files}
    for path in folder.rglob("*"):
        place = path.relative_to(folder)
        if (
            (place.parts[0] in ours or place.suffix in _IMPORTABLE)
            and place.as_posix() not in files
            and not place.as_posix().startswith(_COMPILED_FIRST)
            and (path.is_symlink() or not path.is_dir())
        ):
            raise ManifestError(f"{place} does not belong to the archive; build it again")
    return manifest


def file_sha256(path: Path) -> str:
    """Of a file's content, in hex; OSError."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
