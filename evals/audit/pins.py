"""The locks: every package at one version, with the hashes of its files."""

import re
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from pipeline.settings import PROJECT

REQUIREMENTS = PROJECT / "requirements"
PEERS = PROJECT / "evals" / "bench" / "peers"
SERVICE = REQUIREMENTS / "service.txt"
_SETUP = PROJECT / "scripts" / "setup.sh"
_PIN = re.compile(
    r"[\w.\[\]-]+==[\w.!+]+\s*(;[^\n]*?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*", re.ASCII
)
_TORCH = re.compile(r"^torch=torch==(\S+)$", re.MULTILINE)


def locks() -> list[Path]:
    """Every file of pinned packages of this project, those of the bench's peers too."""
    return [*sorted(REQUIREMENTS.glob("*.txt")), *sorted(PEERS.glob("*.txt"))]


def entries(lock: Path) -> list[str]:
    """The lock's entries, each with its hashes on one line; no comments."""
    text = re.sub(r"^\s*#.*\n", "", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def unpinned(lock: Path) -> list[str]:
    """The entries that name no single version, or no hash."""
    return [
        entry.split("--hash")[0].strip() for entry in entries(lock) if not _PIN.fullmatch(entry)
    ]


def pinned(lock: Path, *, here: bool = False) -> dict[str, Version]:
    """Package → version. here: only what this Python on this machine installs."""
    return _versions(requirements(lock, here=here))


def requirements(lock: Path, *, here: bool = False) -> list[Requirement]:
    """The lock's packages. here: only what this Python on this machine installs."""
    parsed = [Requirement(entry.split("--hash")[0].strip()) for entry in entries(lock)]
    return [one for one in parsed if not here or one.marker is None or one.marker.evaluate()]


def torch() -> str:
    """The version of torch, which no lock names: its wheels differ from index to index, so no hash
    fits all of them."""
    found = _TORCH.search(_SETUP.read_text(encoding="utf-8"))
    if found is None:
        raise LookupError(f"{_SETUP} does not say which torch it installs")
    return found[1]


def _versions(parsed: Iterable[Requirement]) -> dict[str, Version]:
    return {
        canonicalize_name(one.name): Version(str(one.specifier).removeprefix("=="))
        for one in parsed
    }
