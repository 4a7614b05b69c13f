"""`make test`: all tests, three processes side by side, and nothing left of them afterwards.

pytest runs in a folder for temporary files of its own and, where the machine has one, a folder in
memory. Whatever it leaves, because it was interrupted, killed or has a fault, is ended and removed
here. A process that is left after a run without failures is a failure too; folders are not, because
some tests end a whole service as a power cut does. Options go to pytest.
"""

import ctypes
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

PROJECT = Path(__file__).resolve().parents[1]
_PYTEST = ("-m", "pytest", "--numprocesses", "3", "--no-loadscope-reorder")
_MOST_SECONDS = 12 * 60
"""What the tests may take on a quiet machine as fast as the one in docs/adr/0022."""
_REFERENCE_SECONDS = 5.0
"""What `reference_loop` takes on that machine."""
_MOST_SECONDS_TO_END = 60
"""For pytest to take down what it has set up, once it is told to end."""
_PYTESTS_FOLDER = "p"
_SUBREAPER = 36  # prctl(2): orphans among our descendants become our children


def main() -> int:
    """Run pytest with these options; its exit code, or 1 where it left a process behind."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    # Short, because sockets are made below it.
    temporary = Path(tempfile.mkdtemp(prefix="ft-"))
    memory = _folder_in_memory()
    environment = {**os.environ, "TMPDIR": str(temporary)}
    # Where it is set, each of some hundred processes compiles all of our code anew.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if memory is not None:
        environment["TESTS_IN_MEMORY"] = str(memory)
    begun = time.monotonic()
    try:
        # Shorter than pytest's own: a socket's path ends at 107 bytes.
        folder = f"--basetemp={temporary / _PYTESTS_FOLDER}"
        code = _run([sys.executable, *_PYTEST, folder, *_options()], environment)
        seconds = time.monotonic() - begun
        processes = _end_all_that_runs()
        files = [*_files_in(temporary), *_files_in(memory)]
    finally:
        for folder in filter(None, (temporary, memory)):
            shutil.rmtree(folder, ignore_errors=True)
    for what in (*processes, *files):
        print(f"make test: left behind and removed: {what}")
    if seconds > _MOST_SECONDS and reference_loop() < 1.15 * _REFERENCE_SECONDS:
        print(
            f"make test: {seconds / 60:.1f} minutes on a machine that is quiet and fast enough for "
            f"{_MOST_SECONDS / 60:.0f}: see above which files cost most."
        )
    return code or (1 if processes else 0)


def _options() -> list[str]:
    """Those that were given; a random order's seed is told, so that it can be had again."""
    options = sys.argv[1:]
    if "--random-order" in options:
        seed = f"--random-order-seed={secrets.randbelow(10_000)}"
        print(f"make test: {seed}", flush=True)
        options.insert(0, seed)  # one of the caller's own wins
    return options


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Ctrl-C reaches pytest's processes by itself, and a SIGTERM as one, so that they end what they
    have begun; those that have not within a minute are killed."""
    # Not Popen.wait: orphans that end have nobody but us to collect them, and who waits for them
    # to be gone would wait for ever.
    pytest = subprocess.Popen(command, cwd=PROJECT, env=environment)

    def interrupt(*_: object) -> None:
        for process in [psutil.Process(pytest.pid), *psutil.Process(pytest.pid).children()]:
            process.send_signal(signal.SIGINT)
        signal.alarm(_MOST_SECONDS_TO_END)

    signal.signal(signal.SIGINT, lambda *_: signal.alarm(_MOST_SECONDS_TO_END) and None)
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGALRM, lambda *_: pytest.kill())
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == pytest.pid:
            pytest.returncode = os.waitstatus_to_exitcode(status)
            return pytest.returncode


def _end_all_that_runs() -> list[str]:
    """Kill every descendant that does not end by itself when pytest has; what they were."""
    told = []
    psutil.wait_procs(psutil.Process().children(recursive=True), timeout=5)
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
    """What stands there beside pytest's own folder."""
    if folder is None:
        return []
    return [str(path) for path in folder.iterdir() if path.name != _PYTESTS_FOLDER]


def _folder_in_memory() -> Path | None:
    shared = Path("/dev/shm")  # noqa: S108, a folder with a random name is made in it
    if not os.access(shared, os.W_OK):
        return None
    return Path(tempfile.mkdtemp(prefix="ft-", dir=shared))


def reference_loop() -> float:
    """Seconds that one core takes for a fixed piece of work."""
    begun = time.perf_counter()
    total = 0
    for number in range(148_000_000):
        total += number & 7
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
