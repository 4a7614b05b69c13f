"""Virtual environments beside the project's own, for peers and plots: made once from pinned,
hash-checked packages."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from pipeline.settings import PROJECT

FOLDER = PROJECT / "var" / "bench" / "venvs"
PINS = Path(__file__).parent
_SECONDS = 900


class NotInstalled(Exception):
    """An environment could not be made; pip's own words."""


def python_of(name: str, pins: Path | None = None) -> str:
    """The interpreter of an environment, made where it is missing or its pins have changed.

    pins: the file of its packages; None: the one of the peer of this name.
    """
    pins = pins or PINS / f"{name}.txt"
    folder = FOLDER / name
    stamp, made_from = folder / "made-from", sha256(pins.read_bytes()).hexdigest()
    python = folder / "bin" / "python"
    if not stamp.is_file() or stamp.read_text() != made_from:
        print(f"installing what {name} needs; once, some minutes", flush=True)
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        pip = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        _run([*pip, "--no-deps", "--require-hashes", "--requirement", str(pins)])
        stamp.write_text(made_from)
    return str(python)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS)
    if done.returncode:
        raise NotInstalled(f"{' '.join(command[-2:])}: {done.stderr[-2000:]}")
