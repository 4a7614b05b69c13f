"""Processes that the bench starts: each says when it is ready, within a deadline, and is ended by
its own id, at the latest when the bench ends.
"""

import atexit
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType

import psutil

from evals.bench.lifeline import end_with
from pipeline.settings import PROJECT


class ChildFailed(Exception):
    """A process of the bench ended or did not start; its last words."""


MOST_SECONDS = 300.0
"""That a process may take to say its next line, and a load to be answered: nobody who works needs
as long."""

# Those that nobody has ended yet: whoever is interrupted between starting one and entering its
# `with` would leave it behind.
_running: set["Child"] = set()


def end_well() -> None:
    """From here on a bench that is told to end takes its processes along, as after Ctrl-C; which
    counts too where a shell has it ignored, as for what it starts in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _: sys.exit(128 + got))


def end_after(seconds: float) -> None:
    """From here on the bench ends by itself after so long, with its processes, whatever it waits
    for; and with them but without a word to them, where they keep it from ending for a minute.
    """

    def end(*_: object) -> None:
        signal.signal(signal.SIGALRM, lambda *_: os._exit(1))  # what it started ends with it
        signal.alarm(60)
        sys.exit(f"the bench has taken more than {seconds:g} s; it is ended")

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)


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
        self._said: SimpleQueue[str] = SimpleQueue()
        self._is_heard = True
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        """So that it never waits for a reader, and its reader no longer than he likes."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if self._is_heard:
                self._said.put(line)
        self._said.put("")

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

    def hear(self, seconds: float = MOST_SECONDS) -> str:
        """The next line that it writes to its standard output; ChildFailed where it ends, or says
        nothing for so long.
        """
        try:
            line = self._said.get(timeout=seconds)
        except Empty:
            raise self.failure(f"has said nothing for {seconds:g} s") from None
        if not line:
            raise self.failure()
        return line.strip()

    def failure(self, what: str = "ended") -> ChildFailed:
        """Why it is of no use any more, in its own words; it is stopped."""
        self.stop()
        said = self._log.read_text(errors="replace")[-2000:]
        return ChildFailed(f"{self.process.args!r} {what} ({self.process.returncode}):\n{said}")

    def drain(self) -> None:
        """Forget whatever else it writes."""
        self._is_heard = False

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
        self._listener.join(10)
        assert self.process.stdin is not None and self.process.stdout is not None
        with suppress(OSError):
            self.process.stdin.close()
        self.process.stdout.close()


def last_line_of(command: Sequence[str], seconds: float = MOST_SECONDS) -> str:
    """Run a command to its end; the last line that it says. ChildFailed where it fails, or takes
    longer.
    """
    try:
        done = subprocess.run(
            command,
            cwd=PROJECT,
            env=_plain_environment(),
            capture_output=True,
            text=True,
            timeout=seconds,
            preexec_fn=partial(end_with, os.getpid()),
        )
    except subprocess.TimeoutExpired:
        raise ChildFailed(f"{command!r} has not ended within {seconds:g} s") from None
    if done.returncode:
        raise ChildFailed(f"{command!r} ended ({done.returncode}):\n{done.stderr[-2000:]}")
    return done.stdout.splitlines()[-1]


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
