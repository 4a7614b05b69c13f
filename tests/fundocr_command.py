"""`fundocr` as tests run it: in this process, which costs a twentieth of a process of its own.

That every command also works as a process is tried once for each (tests/cli/test_cli_processes.py).
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from typer.testing import CliRunner

from cli.main import app

ROOT = Path(__file__).resolve().parents[1]
Done = subprocess.CompletedProcess


def fundocr(
    *arguments: str | Path,
    home: Path,
    stdin: bytes = b"",
    settings: Mapping[str, str] | None = None,
) -> Done[bytes]:
    """Run one command in this process, from the project's folder; no FUNDOCR_* of the caller's
    reaches it. Not for several threads at once: it stands in for stdin, stdout and the
    environment. What it raises by mistake is raised here.
    """
    caller_s = dict.fromkeys(name for name in os.environ if name.startswith("FUNDOCR_"))
    own = {"FUNDOCR_HOME": str(home), **(settings or {})}
    with contextlib.chdir(ROOT):
        done = CliRunner().invoke(
            app, [str(one) for one in arguments], input=stdin, env={**caller_s, **own}
        )
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    words = ["fundocr", *map(str, arguments)]
    return Done(words, done.exit_code, done.stdout_bytes, done.stderr_bytes)


def fundocr_process(
    *arguments: str | Path,
    home: Path,
    stdin: bytes = b"",
    settings: Mapping[str, str] | None = None,
    seconds: float = 300,
) -> Done[bytes]:
    """The same in a process of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FUNDOCR_")}
    environment |= {"FUNDOCR_HOME": str(home), **(settings or {})}
    return subprocess.run(
        [sys.executable, "-m", "cli", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        input=stdin,
        capture_output=True,
        timeout=seconds,
        check=False,
    )
