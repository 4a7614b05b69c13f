"""Security advisories against the pinned packages: asked of pip-audit, compared with those that we
have judged.

No answer is not a good answer: where the advisories cannot be reached this raises.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from pipeline.settings import PROJECT

# The locks: every package at one version, with the hashes of its files.

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


ACCEPTED = REQUIREMENTS / "advisories.toml"
_ANSWER_SECONDS = 900


class NotAudited(Exception):
    """One sentence: why nobody can say what is known against the packages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """One hole of one package. names: all names of it (PYSEC-…, GHSA-…, CVE-…). mended: the
    versions that do not have it any more."""

    package: str
    version: str
    names: frozenset[str]
    mended: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A hole that does not reach us, and why."""

    package: str
    name: str
    because: str

    def covers(self, advisory: Advisory) -> bool:
        """Whether this is the hole that was looked at."""
        return self.package == advisory.package and self.name in advisory.names


def pins() -> list[str]:
    """`name==version` of each package that this project installs on this machine, each once. The
    bench's peers, programs of others in environments of their own, are not among them."""
    found = {f"torch=={torch()}"}
    for lock in sorted(REQUIREMENTS.glob("*.txt")):
        found |= {f"{one.name}{one.specifier}" for one in requirements(lock, here=True)}
    return sorted(found)


def advisories(wanted: Iterable[str], options: Sequence[str] = ()) -> list[Advisory]:
    """What is known against packages; NotAudited when that is not known of every one of them.

    options: more of pip-audit's, such as another source.
    """
    with tempfile.TemporaryDirectory() as folder:
        asked, told = Path(folder) / "pins.txt", Path(folder) / "told.json"
        asked.write_text("".join(f"{pin}\n" for pin in wanted), encoding="ascii")
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pip_audit", "--strict", "--progress-spinner", "off"),
                # The pins are all there is: nothing is resolved, nothing installed.
                *("--disable-pip", "--no-deps", "--requirement", str(asked)),
                *("--format", "json", "--output", str(told), *options),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ANSWER_SECONDS,
            check=False,
        )
        # It ends with 1 both where it has found something and where it could not look.
        if done.returncode not in (0, 1) or not told.exists():
            raise NotAudited(_why(done.stderr))
        return _found(json.loads(told.read_text(encoding="utf-8")))


def accepted(file: Path = ACCEPTED) -> list[Accepted]:
    """The holes that were looked at."""
    listed = tomllib.loads(file.read_text(encoding="utf-8")).get("advisory", [])
    return [Accepted(**one) for one in listed]


def _found(told: dict[str, Any]) -> list[Advisory]:
    skipped = [one["name"] for one in told["dependencies"] if "skip_reason" in one]
    if skipped:
        raise NotAudited(f"Nothing can be said of {', '.join(skipped)}.")
    return [
        Advisory(
            package=one["name"],
            version=one["version"],
            names=frozenset({hole["id"], *hole["aliases"]}),
            mended=tuple(hole["fix_versions"]),
        )
        for one in told["dependencies"]
        for hole in one["vulns"]
    ]


def _why(said: str) -> str:
    """pip-audit's last word, on one line."""
    errors = re.findall(
        r"^(?:ERROR:[\w.]+:|[\w.]*(?:Error|Exception): )\s*(.+)$", said, re.MULTILINE
    )
    last = (errors or said.strip().splitlines() or ["pip-audit said nothing"])[-1]
    return f"The advisories cannot be reached: {last.strip()[:300]}"
