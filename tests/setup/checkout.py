"""A small project that the real scripts/setup.sh sets up in seconds and without a network.

Scripts, pip and virtual environment are real; the packages are a few bytes, from a local folder.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from pipeline.settings import PROJECT
from tests.setup.tiny_wheel import write_wheel

_PYPROJECT = """
[build-system]
requires = []
build-backend = "tiny_wheel"
backend-path = ["."]

[project]
name = "fundocr"
version = "0.1.0"
"""


class Checkout:
    """A project in `folder` with four locks; `pin` changes what they ask for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wheels = folder.with_name(f"{folder.name}-wheels")
        self.wheels.mkdir(parents=True)
        shutil.copytree(PROJECT / "scripts", folder / "scripts")
        shutil.copy(Path(__file__).with_name("tiny_wheel.py"), folder)
        (folder / "pyproject.toml").write_text(_PYPROJECT)
        (folder / "requirements").mkdir()
        write_wheel(self.wheels, "torch", "2.13.0")
        self.pin("service", "1.0")
        self.pin("lean", "1.0")
        self.pin("bulk", "1.0")
        self.pin("dev", "1.0")

    def pin(self, group: str, version: str, digest: str | None = None) -> None:
        """Lock the package tiny_<group> at a version; digest: another hash than the wheel has."""
        wheel = write_wheel(self.wheels, f"tiny_{group}", version)
        digest = digest or sha256(wheel.read_bytes()).hexdigest()
        pins = f"tiny_{group}=={version} --hash=sha256:{digest}\n"
        below = {"service": None, "lean": None, "bulk": "service", "dev": "bulk"}[group]
        if below:
            pins += (self.folder / "requirements" / f"{below}.txt").read_text()
        (self.folder / "requirements" / f"{group}.txt").write_text(pins)

    def set_up(
        self, group: str | None = "service", **variables: str | Path
    ) -> subprocess.CompletedProcess[str]:
        """Run setup.sh, without a word where group is None; variables: added to its environment."""
        settings = {
            "PYTHON": sys.executable,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": self.wheels,
            **variables,
        }
        return run_script(self.folder, ["scripts/setup.sh", *([group] if group else [])], settings)

    @property
    def log(self) -> Path:
        """What pip said."""
        return self.folder / ".venv" / "setup.log"

    @property
    def stamp(self) -> Path:
        """Where setup.sh notes what it has finished."""
        return self.folder / ".venv" / "made-from"

    def python(self, code: str) -> str:
        """What code prints in the environment that was made."""
        command = [str(self.folder / ".venv" / "bin" / "python"), "-c", code]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def version_of(self, module: str) -> str:
        """VERSION of an installed package."""
        return self.python(f"import {module}; print({module}.VERSION)")


def run_script(
    folder: Path,
    command: Sequence[str],
    variables: Mapping[str, str | Path] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a script as a fresh shell would: no setting of pip or of the caller's environment."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PIP_CONFIG_FILE": os.devnull,
        **{name: str(value) for name, value in (variables or {}).items()},
    }
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def only_line(text: str) -> str:
    """The one line that text is; the assertion shows the text when it is not."""
    lines = text.splitlines()
    assert len(lines) == 1, text
    return lines[0]


def python_with(folder: Path, code: str, *, hidden: Sequence[str] = ()) -> Path:
    """A Python like ours that runs code when it starts, and that lacks the hidden modules."""
    site = folder / "site"
    site.mkdir(parents=True)
    (site / "sitecustomize.py").write_text(code)
    for name in hidden:
        (site / f"{name}.py").write_text(f"raise ModuleNotFoundError('No module named {name!r}')")
    program = folder / "python"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={site} exec {sys.executable} "$@"\n')
    program.chmod(0o755)
    return program
