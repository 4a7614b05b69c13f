"""Ends processes together with the one that started them, however that one ends.

`python lifeline.py PARENT COMMAND…` becomes the command, and ends with PARENT.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """For a process that has just been started by the process `parent`: Linux ends it as soon as
    that one, or the thread of it that started this one, has gone."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it went before
        os._exit(1)


def with_us() -> tuple[str, ...]:
    """What stands before a command that is to end with this process."""
    return (sys.executable, "-I", "-S", __file__, str(os.getpid()))


if __name__ == "__main__":
    parent, *command = sys.argv[1:]
    end_with(int(parent))
    os.execvp(command[0], command)  # noqa: S606 — a list, no shell
