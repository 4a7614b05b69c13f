"""Ends processes together with the one that started them, however that one ends."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """For a process that has just been started by the process `parent`: Linux ends it as soon as
    that one, or the thread of it that started this one, has gone."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it went before
        os._exit(1)
