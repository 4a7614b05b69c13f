"""The peers' own environments: made once from pinned, hash-checked packages."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from pipeline.settings import PROJECT

FOLDER = PROJECT / "var" / "bench" / "venvs"
PINS = Path(__file__).parent


class NotInstalled(Exception):
    """A peer could not be installed; pip's own words."""


def python_of(peer: str) -> str:
    """The interpreter of the peer's environment, made where it is missing or pins have changed."""
    pins = PINS / f"{peer}.txt"
    folder = FOLDER / peer
    stamp, made_from = folder / "made-from", sha256(pins.read_bytes()).hexdigest()
    python = folder / "bin" / "python"
    if not stamp.is_file() or stamp.read_text() != made_from:
        print(f"installing the peer {peer}; once, some minutes", flush=True)
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        _run([*pip, "--no-deps", "--require-hashes", "--requirement", str(pins)])
        stamp.write_text(made_from)
    return str(python)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise NotInstalled(f"{' '.join(command[-2:])}: {done.stderr[-2000:]}")
