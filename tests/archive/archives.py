"""Archives built by archive.sh for a test, and what is inside them."""

import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

from pipeline.settings import PROJECT

NOT_SOURCE = (".*", "weights", "model_store", "var", "build", "__pycache__", "*.egg-info")


def own_environment(**more: str) -> dict[str, str]:
    """The environment without what would reach into the project or its settings."""
    kept = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith(("FUNDOCR_", "PYTHON", "TS_"))
    }
    return kept | more


def archive_sh(
    *arguments: str | Path, project: Path = PROJECT, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run archive.sh as an operator does, from the root folder unless told otherwise."""
    return subprocess.run(
        [project / "archive.sh", *map(str, arguments)],
        cwd=cwd or "/",
        env=own_environment(**environment),
        capture_output=True,
        text=True,
        check=False,
    )


def archive_sh_here(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The program behind archive.sh in this process, which has loaded most of what it needs: for
    what ends before anything is built. What compiled code says by itself is not heard."""
    program = PROJECT / "scripts" / "build_archive.py"
    words = [str(program), *map(str, arguments)]
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    out, err = StringIO(), StringIO()
    with (
        patch.object(sys, "argv", words),
        patch.object(sys, "path", [str(program.parent), *sys.path]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            runpy.run_path(str(program), run_name="__main__")
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def build(store: Path, *arguments: str | Path) -> Path:
    """Build both archives into `store` and return it."""
    done = archive_sh("--output", store, *arguments)
    assert done.returncode == 0, done.stderr
    return store


def unpack(archive: Path, folder: Path) -> Path:
    """The archive's files as TorchServe lays them out for a worker."""
    with zipfile.ZipFile(archive) as mar:
        mar.extractall(folder)
    return folder


def manifest_of(archive: Path) -> dict[str, Any]:
    """Our own manifest inside an archive."""
    with zipfile.ZipFile(archive) as mar:
        return dict(json.loads(mar.read("manifest.json")))


def copy_of_project(folder: Path) -> Path:
    """The project's source at another place, as a clone has it; packages and weights are shared."""
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns(*NOT_SOURCE))
    for name in (".venv", "weights"):
        (folder / name).symlink_to(PROJECT / name)
    return folder
