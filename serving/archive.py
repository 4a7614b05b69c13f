"""Reads a model archive (.mar) as a file: what it says of itself, and whether it is as it was
built."""

import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from handlers import manifest
from pipeline.settings import PROJECT
from serving.failure import Failure

CODE = ("db", "handlers", "ocr", "pipeline", "postprocess")
# What stands before an entry in a zip file (APPNOTE 4.3.7): flags, method, CRC, packed size, size,
# and the lengths of the name and of the extra field that follow. The flag: the sizes stand behind
# the content, so that a reader searches for its end.
_HEADER = struct.Struct("<4x2xHH4xIIIHH")
_LENGTH_BEHIND = 0x08


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A sound archive.

    model, version: as TorchServe registers it. weights: name and content of its OCR models, as rows
    carry it, or `none`. files: path inside → sha256, in hex.
    """

    path: Path
    model: str
    version: str
    weights: str
    files: Mapping[str, str]


def read_archive(path: Path) -> Archive:
    """Read the archive whole and hold every file against its manifest (26 MB: 0.2 s).

    Failure, in one sentence, when it is not there or not what was built.
    """
    if not path.is_file():
        raise Failure(f"{path} is not there; build it with `make archive`.")
    try:
        with zipfile.ZipFile(path) as file:
            if hidden := _hidden(file):
                raise Failure(_damaged(path, hidden))
            names = set(file.namelist())
            contents = {name: file.read(name) for name in manifest.SEALED}
            if broken := manifest.broken_seal(file.read(manifest.SEAL), contents):
                raise Failure(_damaged(path, broken))
            facts = json.loads(contents[manifest.NAME])
            torchserve = json.loads(contents[manifest.TORCHSERVES])
            if strange := names - set(facts["files"]) - {manifest.SEAL, *manifest.SEALED}:
                raise Failure(_damaged(path, f"{min(strange)} does not belong to it"))
            for name, expected in facts["files"].items():
                if name not in names:
                    raise Failure(_damaged(path, f"{name} is missing in it"))
                with file.open(name) as content:
                    # Reading to the end checks the CRC too.
                    if file_digest(content, "sha256").hexdigest() != expected:  # type: ignore[arg-type]
                        raise Failure(_damaged(path, f"{name} differs from what was archived"))
            return Archive(
                path=path,
                model=str(torchserve["model"]["modelName"]),
                version=str(torchserve["model"]["modelVersion"]),
                weights=str(facts["model_version"]),
                files=facts["files"],
            )
    except zipfile.BadZipFile as error:
        raise Failure(_damaged(path, str(error).rstrip("."))) from None
    except (OSError, EOFError, ValueError, RuntimeError, zlib.error) as error:
        # RuntimeError: a damaged header speaks of a password, or of another compression.
        raise Failure(_damaged(path, str(error) or type(error).__name__)) from None
    except (KeyError, TypeError, AttributeError):
        raise Failure(_damaged(path, "it was not built by archive.sh")) from None


def _hidden(file: zipfile.ZipFile) -> str | None:
    """What TorchServe would unpack and this program would not see: it reads an archive from its
    beginning, entry by entry, where we go by the directory at its end. None: nothing."""
    assert file.fp is not None
    end, seen = 0, set()
    for entry in sorted(file.infolist(), key=lambda entry: entry.header_offset):
        if entry.filename in seen:
            return f"{entry.filename} is in it twice"
        file.fp.seek(entry.header_offset)
        header = file.fp.read(_HEADER.size)
        if entry.header_offset != end or len(header) < _HEADER.size:
            return f"it holds something before {entry.filename} that its directory does not name"
        flags, method, crc, packed, size, *lengths = _HEADER.unpack(header)
        said = (flags, method, crc, packed, size)
        if flags & _LENGTH_BEHIND or said != (
            *(entry.flag_bits, entry.compress_type),
            *(entry.CRC, entry.compress_size, entry.file_size),
        ):
            return f"its directory tells another {entry.filename} than what is there"
        seen.add(entry.filename)
        end += _HEADER.size + sum(lengths) + entry.compress_size
    return None if end == file.start_dir else "it holds something that its directory does not name"


def changed_sources(archive: Archive) -> list[str]:
    """The project's files that the archive has in another form, or lacks, or has too many of."""
    ours = {
        path.relative_to(PROJECT).as_posix(): path
        for package in CODE
        if any(name.startswith(f"{package}/") for name in archive.files)
        for path in manifest.shipped(PROJECT / package)
        if path.is_file()
    }
    theirs = {name for name in archive.files if name.split("/")[0] in CODE}
    return sorted(
        name
        for name in theirs | set(ours)
        if name not in ours or manifest.file_sha256(ours[name]) != archive.files.get(name)
    )


def _damaged(path: Path, why: str) -> str:
    return f"{path} cannot be used: {why}; build it again with `./archive.sh`."
