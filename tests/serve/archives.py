"""Archives that something has happened to."""

import json
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from handlers.manifest import SEAL, TORCHSERVES, seal
from pipeline.settings import PROJECT

STORE = PROJECT / "model_store"
OCR, UPDATE = "ocr_handler.mar", "ocr_info_update.mar"
_VERSION = {"defaultVersion": True, "marName": UPDATE, "minWorkers": 1, "maxWorkers": 1}
CORRECTIONS_ALONE = {
    "load_models": UPDATE,
    "models": json.dumps({"ocr_info_update": {"1.0": _VERSION}}),
}
"""Keys of config.properties of a service that reads no picture; it starts in a third of the time.
Versions, workers and processes of both models are the same code's."""


def store_with(folder: Path, **archives: Path | bytes) -> Path:
    """A model store: the project's archives, in place of which others can be given by model."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (OCR, UPDATE):
        given = archives.get(Path(name).stem, STORE / name)
        (folder / name).write_bytes(given if isinstance(given, bytes) else given.read_bytes())
    return folder


def flipped(archive: Path, member: str) -> bytes:
    """The archive with one bit changed in the middle of a member's stored bytes."""
    content = bytearray(archive.read_bytes())
    with zipfile.ZipFile(archive) as file:
        info = file.getinfo(member)
    content[info.header_offset + info.compress_size // 2] ^= 1
    return bytes(content)


def rewritten(
    archive: Path,
    into: Path,
    changes: Mapping[str, bytes],
    *,
    version: str | None = None,
    resealed: bool = True,
) -> Path:
    """A well-formed archive in which members differ or are added, as somebody would make who edits
    one.

    version: what TorchServe is to call it. resealed: manifest.sha256 fits the two manifests again.
    """
    with zipfile.ZipFile(archive) as old:
        members = {name: old.read(name) for name in old.namelist()} | dict(changes)
    if version:
        facts = json.loads(members[TORCHSERVES])
        facts["model"]["modelVersion"] = version
        members[TORCHSERVES] = json.dumps(facts).encode()
    if resealed:
        members[SEAL] = seal(members).encode()
    with zipfile.ZipFile(into, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)
    return into


def with_other_code(archive: Path, into: Path) -> Path:
    """A sound archive, as it was built when the code was another."""
    name, content = "pipeline/__init__.py", b'"""As it was once."""\n'
    with zipfile.ZipFile(archive) as file:
        facts = json.loads(file.read("manifest.json"))
    facts["files"][name] = sha256(content).hexdigest()
    return rewritten(archive, into, {name: content, "manifest.json": json.dumps(facts).encode()})
