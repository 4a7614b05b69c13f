"""Whether two machines run the same code."""

from functools import cache
from hashlib import sha256

from pipeline.settings import PROJECT

_PACKAGES = ("bulk", "db", "ocr", "pipeline", "postprocess")


@cache
def code_version() -> str:
    """12 hex digits of all code that a reader runs."""
    digest = sha256()
    for package in _PACKAGES:
        for file in sorted((PROJECT / package).rglob("*.py")):
            digest.update(file.relative_to(PROJECT).as_posix().encode() + b"\0")
            digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
