"""`fundocr` in a process of its own that was forked from one that had loaded it already.

For what needs a real process, such as `serve` with its signals and locks, or a command that is
killed at some stage: it costs a twentieth of what an interpreter costs that loads all of it anew.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cli.main import main
from pipeline.settings import PROJECT

_FORKS = multiprocessing.get_context("forkserver")
# Without these each command would load its own.
_FORKS.set_forkserver_preload(
    ["cli.main", "cli.doctor", "serving.serve", "serving.deploy", __name__]
)


def forked_command(
    *arguments: str,
    environment: Mapping[str, str],
    seconds: float = 300,
    first: Callable[[], object] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, from the project's folder.

    environment: all of it. first: what the process calls before; it must be picklable.
    """
    words = ["fundocr", *arguments]
    with tempfile.TemporaryDirectory(prefix="command-") as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        given = (words, dict(environment), (out, err), first)
        process = _FORKS.Process(target=_command, args=given)
        process.start()
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(words, seconds)
        done = out.read_text("utf-8"), err.read_text("utf-8")
        return subprocess.CompletedProcess(words, process.exitcode, *done)


def _command(
    words: Sequence[str],
    environment: Mapping[str, str],
    output: Sequence[Path],
    first: Callable[[], object] | None,
) -> None:
    for descriptor, path in enumerate(output, start=1):
        file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(file, descriptor)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # where TMPDIR says
    os.chdir(PROJECT)
    if first is not None:
        first()
    sys.argv = list(words)
    main()
