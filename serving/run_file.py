"""The run file says which process is the service of a FUNDOCR_HOME, and is locked as long as that
runs.

A lock ends with its process however that ends, and cannot be mistaken for another process that was
given the same number later.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil

from serving.failure import Failure

SCRATCH = "fundocr-"
"""How the names of the service's folders for temporary files begin."""
_GONE_SECONDS = 20.0
"""How long what was killed is waited for; only what hangs in the kernel takes longer."""


class RunFile:
    """home/var/run/serve.pid: the service's process id, then those of the processes it started.

    A line each; behind one that has a folder of its own for temporary files stands that folder.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._path = home / "var" / "run" / "serve.pid"
        # A bare descriptor: Python would close a file, and so unlock it, before the process ends.
        self._descriptor: int | None = None

    def claim(self) -> None:
        """Be the service of this home from now on; Failure when another process is.

        What a service left running that was killed itself is ended first.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise Failure(
                f"{self._home} cannot be written ({error.strerror}); "
                "make it writable or set FUNDOCR_HOME to a folder that is."
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise Failure(
                f"The service is running already (process {self.running()}); "
                "stop it first with `make stop`."
            ) from None
        self._end_leftovers(self._path.read_text(encoding="ascii"))
        os.ftruncate(descriptor, 0)
        self._descriptor = descriptor
        self.note(os.getpid())

    def note(self, pid: int, scratch: str = "") -> None:
        """Write down a process that belongs to the service, and its folder for temporary files."""
        assert self._descriptor is not None
        os.write(self._descriptor, f"{pid} {scratch}".rstrip().encode() + b"\n")

    def release(self) -> None:
        """The service has ended; the lock itself goes with the process."""
        self._path.unlink(missing_ok=True)

    def running(self) -> int | None:
        """The service's process id; None when no service runs in this home."""
        try:
            with self._path.open(encoding="ascii") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(file.readline())
        except (OSError, ValueError):
            pass
        return None

    def stop(self) -> bool:
        """End the service and return when its process is gone; False when none was running.

        What a service left running that was killed itself is ended.
        """
        try:
            with self._path.open(encoding="ascii") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.kill(int(file.readline()), signal.SIGTERM)
                    fcntl.flock(file, fcntl.LOCK_SH)
                    return True
                self._end_leftovers(file.read())
        except FileNotFoundError:
            return False
        except OSError as error:
            raise Failure(f"The service cannot be stopped: {error.strerror}.") from None
        self.release()
        return False

    def _end_leftovers(self, text: str) -> None:
        """End the process groups of a service that could not do it itself, and remove their folders
        (those of a power cut too, which leaves no process)."""
        for line in text.splitlines()[1:]:
            leader, _, scratch = line.partition(" ")
            if any(map(self._is_ours, group(int(leader)))):
                _kill_group(int(leader))
            if Path(scratch).name.startswith(SCRATCH):
                shutil.rmtree(scratch, ignore_errors=True)

    def _is_ours(self, process: psutil.Process) -> bool:
        """The number may have gone to somebody else by now."""
        with suppress(psutil.Error):
            return bool(process.environ().get("FUNDOCR_HOME") == str(self._home))
        return False


def group(leader: int) -> list[psutil.Process]:
    """The processes of a process group, whether its leader still lives or not."""
    found = []
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, PermissionError):
            if os.getpgid(process.pid) == leader:
                found.append(process)
    return found


def end_group(leader: subprocess.Popen[bytes], first: str | None) -> None:
    """End a process that leads a group, and all of the group: members of the name `first` are asked
    to end, and the others have 20 s to end with them; those left then are killed. None: all are.
    """
    asked = [member for member in group(leader.pid) if first and _name(member) == first]
    for member in asked:
        with suppress(psutil.Error):
            member.send_signal(signal.SIGTERM)
    if asked:
        psutil.wait_procs(group(leader.pid), timeout=20)
    _kill_group(leader.pid)
    leader.wait()


def _kill_group(leader: int) -> None:
    """Kill all of a process group, and return when they are gone.

    One signal to the group reaches those too that are just being started, which a list of its
    members would miss; and a killed one still holds ports and memory for a moment.
    """
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    deadline = time.monotonic() + _GONE_SECONDS
    while any(map(_is_alive, group(leader))) and time.monotonic() < deadline:
        time.sleep(0.02)


def _is_alive(process: psutil.Process) -> bool:
    """Not so a process that waits to be collected; but one of which only the first thread has ended
    says the same of itself, while the others still hold its ports."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1)
    except psutil.Error:
        return False


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.Error:
        return ""
