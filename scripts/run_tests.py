"""`make test`: all tests, two processes side by side, and nothing left of them afterwards.

pytest runs in a folder for temporary files of its own and, where the machine has one, a folder in
memory. Whatever it leaves, because it was interrupted, killed or has a fault, is ended and removed
here; after a run without failures that is a failure too. Options go to pytest.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

PROJECT = Path(__file__).resolve().parents[1]
_PYTEST = ("-m", "pytest", "--numprocesses", "2", "--no-loadscope-reorder")
_MOST_SECONDS = 12 * 60
"""What the tests may take on a quiet machine as fast as the one in docs/adr/0022."""
_REFERENCE_SECONDS = 5.0
"""What `reference_loop` takes on that machine."""
_SUBREAPER = 36  # prctl(2): orphans among our descendants become our children


def main() -> int:
    """Run pytest with these options; its exit code, or 1 where it left something behind."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    # Short, because sockets are made below it.
    temporary = Path(tempfile.mkdtemp(prefix="ft-"))
    memory = _folder_in_memory()
    environment = {**os.environ, "TMPDIR": str(temporary)}
    if memory is not None:
        environment["TESTS_IN_MEMORY"] = str(memory)
    begun = time.monotonic()
    try:
        code = _run([sys.executable, *_PYTEST, *sys.argv[1:]], environment)
        seconds = time.monotonic() - begun
        left = [*_end_all_that_runs(), *_files_in(temporary), *_files_in(memory)]
    finally:
        for folder in filter(None, (temporary, memory)):
            shutil.rmtree(folder, ignore_errors=True)
    for what in left:
        print(f"make test: left behind and removed: {what}")
    if seconds > _MOST_SECONDS and reference_loop() < 1.15 * _REFERENCE_SECONDS:
        print(
            f"make test: {seconds / 60:.1f} minutes on a machine that is quiet and fast enough for "
            f"{_MOST_SECONDS / 60:.0f}: see above which files cost most."
        )
    return code or (1 if left else 0)


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Ctrl-C reaches pytest by itself, and a SIGTERM as one, so that it ends what it has begun."""
    with subprocess.Popen(command, cwd=PROJECT, env=environment) as pytest:
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: pytest.send_signal(signal.SIGINT))
        return pytest.wait()


def _end_all_that_runs() -> list[str]:
    """Kill every descendant; what they were."""
    told = []
    while running := psutil.Process().children(recursive=True):
        for process in running:
            try:
                if process.status() != psutil.STATUS_ZOMBIE:
                    told.append(f"process {process.pid}, {' '.join(process.cmdline())[:120]}")
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(running, timeout=10)
    return told


def _files_in(folder: Path | None) -> list[str]:
    """What stands there beside pytest's own folders, which it keeps for a look at failures."""
    if folder is None:
        return []
    return [str(path) for path in folder.iterdir() if not path.name.startswith("pytest-of-")]


def _folder_in_memory() -> Path | None:
    shared = Path("/dev/shm")  # noqa: S108, a folder with a random name is made in it
    if not os.access(shared, os.W_OK):
        return None
    return Path(tempfile.mkdtemp(prefix="ft-", dir=shared))


def reference_loop() -> float:
    """Seconds that one core takes for a fixed piece of work."""
    begun = time.perf_counter()
    total = 0
    for number in range(62_000_000):
        total += number & 7
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
