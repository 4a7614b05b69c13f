"""Starts the bench's processes: each says when it is ready, and is ended by its own id, at the
latest when the bench ends."""

import atexit
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType

import psutil

from evals.bench.lifeline import end_with
from pipeline.settings import PROJECT


class ChildFailed(Exception):
    """A process of the bench ended or did not start; its last words."""


# Those that nobody has ended yet: whoever is interrupted between starting one and entering its
# `with` would leave it behind.
_running: set["Child"] = set()


def end_well() -> None:
    """From here on a bench that is told to end takes its processes along, as after Ctrl-C."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _: sys.exit(128 + got))


@atexit.register
def _end_all() -> None:
    for child in tuple(_running):
        child.stop()


class Child:
    """A process in a session of its own; what it says on stderr goes to `log`."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        cwd: Path = PROJECT,
    ) -> None:
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as err:
            self.process = subprocess.Popen(
                command,
                cwd=cwd,
                env={**_plain_environment(), **(environment or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
                start_new_session=True,
                preexec_fn=partial(end_with, os.getpid()),
            )
        _running.add(self)

    def __enter__(self) -> "Child":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Of the process itself; it may have children."""
        return self.process.pid

    def tell(self, line: str) -> None:
        """Write one line to its standard input."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except OSError:
            raise self.failure() from None

    def hear(self) -> str:
        """The next line that it writes to its standard output."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise self.failure()
        return line.strip()

    def failure(self) -> ChildFailed:
        """Why it is of no use any more, in its own words."""
        self.stop()
        said = self._log.read_text(errors="replace")[-2000:]
        return ChildFailed(f"{self.process.args!r} ended ({self.process.returncode}):\n{said}")

    def drain(self) -> None:
        """Read and forget whatever else it writes, so that it never waits for a reader."""

        def read() -> None:
            assert self.process.stdout is not None
            for _ in self.process.stdout:
                pass

        threading.Thread(target=read, daemon=True).start()

    def stop(self) -> None:
        """End it and its children."""
        _running.discard(self)
        family = tree(self.pid)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for one in family:
            if one.pid != self.pid and one.is_running():
                one.kill()


def _plain_environment() -> dict[str, str]:
    """Without settings of the caller's own service."""
    return {name: text for name, text in os.environ.items() if not name.startswith("FUNDOCR_")}


def tree(pid: int) -> list[psutil.Process]:
    """A process and all its descendants; empty when it is gone."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu_seconds(pid: int) -> float:
    """CPU time (s) that one process has used so far, without its children; 0 when it is gone."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
